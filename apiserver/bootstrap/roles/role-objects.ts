import type { ClusterRole, Role, RoleBinding } from '../../../openapi/generated/types.ts';
import { type KubernetesObject, type ResourceDefinition, resources } from '../../../openapi/resources.ts';
import { clusterRoles } from './cluster-roles.ts';
import { componentRoles } from './component-roles.ts';
import { controllerRoles } from './controller-roles.ts';
import type { DefaultRole } from './default-role.ts';
import { namespacedRoles } from './namespaced-roles.ts';

/** What a default role or binding has: `kubectl auth reconcile` and the next start of a server go by it. */
const METADATA = {
  annotations: { 'rbac.authorization.kubernetes.io/autoupdate': 'true' },
  labels: { 'kubernetes.io/bootstrapping': 'rbac-defaults' },
} as const;

export interface RoleObject {
  readonly definition: ResourceDefinition;
  readonly object: KubernetesObject;
}

/** All default roles, then their bindings. */
export function roleObjects(): RoleObject[] {
  const all = [...clusterRoles, ...controllerRoles, ...componentRoles, ...namespacedRoles];
  return [...all.map(roleOf), ...all.filter(({ subjects = [] }) => subjects.length > 0).map(bindingOf)];
}

function metadataOf(name: string, { namespace, labels }: DefaultRole): Role['metadata'] {
  return {
    name,
    ...(namespace === undefined ? {} : { namespace }),
    annotations: { ...METADATA.annotations },
    labels: { ...METADATA.labels, ...labels },
  };
}

function roleOf(role: DefaultRole): RoleObject {
  const { namespace, rules, aggregates } = role;
  const object: ClusterRole = {
    metadata: metadataOf(role.name, role),
    ...(aggregates === undefined
      ? { rules: [...rules] }
      : { aggregationRule: { clusterRoleSelectors: [{ matchLabels: { [aggregates]: 'true' } }] } }),
  };
  return { definition: namespace === undefined ? resources.clusterroles : resources.roles, object };
}

function bindingOf(role: DefaultRole): RoleObject {
  const { namespace, binding, subjects = [] } = role;
  const object: RoleBinding = {
    metadata: metadataOf(binding ?? role.name, { ...role, labels: {} }),
    subjects: [...subjects],
    roleRef: {
      apiGroup: 'rbac.authorization.k8s.io',
      kind: namespace === undefined ? 'ClusterRole' : 'Role',
      name: role.name,
    },
  };
  return {
    definition: namespace === undefined ? resources.clusterrolebindings : resources.rolebindings,
    object,
  };
}
