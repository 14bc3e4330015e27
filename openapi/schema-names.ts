import { type MessageKey, splitMessageKey } from './field-table.ts';
import { customSchemaName } from './resource-definition.ts';

const MACHINERY = new Set(['apis.meta.v1', 'api.resource', 'util.intstr', 'runtime']);
const PACKAGES: Readonly<Record<string, string>> = {
  'apiextensions.v1': 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1',
  'apiregistration.v1': 'io.k8s.kube-aggregator.pkg.apis.apiregistration.v1',
};

/** The name that a message has in OpenAPI documents, such as `io.k8s.api.core.v1.Pod`. */
export function schemaName(message: MessageKey): string {
  const custom = customSchemaName(message);
  if (custom !== undefined) return custom;
  const { pkg, name } = splitMessageKey(message);
  const prefix = MACHINERY.has(pkg)
    ? `io.k8s.apimachinery.pkg.${pkg}`
    : (PACKAGES[pkg] ?? `io.k8s.api.${pkg}`);
  return `${prefix}.${name}`;
}
