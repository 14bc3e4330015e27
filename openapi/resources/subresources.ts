import type { SubresourceDefinition } from '../resource-definition.ts';

export const STATUS: SubresourceDefinition = { name: 'status', verbs: ['get', 'patch', 'update'] };

export const SCALE: SubresourceDefinition = {
  name: 'scale',
  kind: 'Scale',
  group: 'autoscaling',
  version: 'v1',
  verbs: ['get', 'patch', 'update'],
  message: 'autoscaling.v1.Scale',
};

export const POD_SUBRESOURCES: readonly SubresourceDefinition[] = [
  { name: 'attach', kind: 'PodAttachOptions', verbs: ['create', 'get'] },
  { name: 'binding', kind: 'Binding', verbs: ['create'], message: 'core.v1.Binding' },
  { name: 'ephemeralcontainers', verbs: ['get', 'patch', 'update'] },
  {
    name: 'eviction',
    kind: 'Eviction',
    group: 'policy',
    version: 'v1',
    verbs: ['create'],
    message: 'policy.v1.Eviction',
  },
  { name: 'exec', kind: 'PodExecOptions', verbs: ['create', 'get'] },
  { name: 'log', verbs: ['get'] },
  { name: 'portforward', kind: 'PodPortForwardOptions', verbs: ['create', 'get'] },
  { name: 'proxy', kind: 'PodProxyOptions', verbs: ['create', 'delete', 'get', 'patch', 'update'] },
  STATUS,
];

/** How a client gets a token for a service account (KEP-1205). */
export const TOKEN: SubresourceDefinition = {
  name: 'token',
  kind: 'TokenRequest',
  group: 'authentication.k8s.io',
  version: 'v1',
  verbs: ['create'],
  message: 'authentication.v1.TokenRequest',
};

export const APPROVAL: SubresourceDefinition = { name: 'approval', verbs: ['get', 'patch', 'update'] };
