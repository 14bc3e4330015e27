import type { Namespace } from '../../openapi/generated/types.ts';
import { resources } from '../../openapi/resources.ts';
import { errors } from '../errors.ts';
import type { Registry } from '../registry/registry.ts';
import type { AdmissionRequest, AdmissionStep } from './admission.ts';

const PROTECTED = new Set(['default', 'kube-system', 'kube-public']);

/** Nothing is created in a namespace that is missing or going (k8s plugin/namespace/lifecycle). */
export function namespaceLifecycle(registry: Registry): AdmissionStep {
  return {
    name: 'NamespaceLifecycle',
    mutate({ operation, definition, namespace, name, subresource }: AdmissionRequest) {
      if (operation === 'DELETE' && definition === resources.namespaces && PROTECTED.has(name)) {
        throw errors.forbidden(definition, name, 'this namespace may not be deleted');
      }
      if (operation !== 'CREATE' || !definition.namespaced || subresource !== '') return;
      const found = registry.of(resources.namespaces).cache.get('', namespace);
      if (!found) throw errors.notFound(resources.namespaces, namespace);
      const { metadata, status } = found.object as unknown as Namespace;
      if (metadata.deletionTimestamp === undefined && status?.phase !== 'Terminating') return;
      const why = `unable to create new content in namespace ${namespace} because it is being terminated`;
      throw errors.namespaceTerminating(definition, name, namespace, why);
    },
  };
}
