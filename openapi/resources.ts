import type { MessageKey } from './field-table.ts';
import type * as api from './generated/types.ts';

/** What every stored object has. */
export interface KubernetesObject {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: api.ObjectMeta;
}

/** A path below an object, such as `status`; its body may be of another kind. */
export interface SubresourceDefinition {
  readonly name: string;
  /** Left out: the kind of the resource itself. */
  readonly kind?: string;
  readonly group?: string;
  readonly version?: string;
  readonly verbs: readonly string[];
  readonly message?: MessageKey;
}

/**
 * Everything that the API's machinery knows of one resource: an entry here is what adds a kind. Discovery,
 * routes, schemas, protobuf and typed clients follow from it.
 */
export interface ResourceDefinition<T extends KubernetesObject = KubernetesObject> {
  readonly group: string;
  readonly version: string;
  /** The plural, as in paths. */
  readonly resource: string;
  readonly singular: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly verbs: readonly string[];
  readonly subresources: readonly SubresourceDefinition[];
  /** The kind's message in the field table. */
  readonly message: MessageKey;
  /** metadata.generation counts the changes of everything but metadata and status. */
  readonly generation: boolean;
  /** Only for the type checker: never set. */
  readonly object?: T;
}

/** The object type of a resource: `ResourceObject<typeof resources.pods>` is `Pod`. */
export type ResourceObject<R extends ResourceDefinition> = R extends ResourceDefinition<infer T> ? T : never;

const ALL_VERBS = [
  'create',
  'delete',
  'deletecollection',
  'get',
  'list',
  'patch',
  'update',
  'watch',
] as const;

const STATUS: SubresourceDefinition = { name: 'status', verbs: ['get', 'patch', 'update'] };
const SCALE: SubresourceDefinition = {
  name: 'scale',
  kind: 'Scale',
  group: 'autoscaling',
  version: 'v1',
  verbs: ['get', 'patch', 'update'],
  message: 'autoscaling.v1.Scale',
};

const POD_SUBRESOURCES: readonly SubresourceDefinition[] = [
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

interface Entry {
  readonly kind: string;
  readonly namespaced?: boolean;
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  readonly subresources?: readonly SubresourceDefinition[];
  readonly generation?: boolean;
}

/** Declares the resources of one group-version; `pkg` is its package in the field table. */
function group(name: string, version: string, pkg: string) {
  return <T extends KubernetesObject>(resource: string, entry: Entry): ResourceDefinition<T> => ({
    group: name,
    version,
    resource,
    singular: entry.kind.toLowerCase(),
    kind: entry.kind,
    namespaced: entry.namespaced ?? true,
    shortNames: entry.shortNames ?? [],
    categories: entry.categories ?? [],
    verbs: ALL_VERBS,
    subresources: entry.subresources ?? [],
    message: `${pkg}.${entry.kind}`,
    generation: entry.generation ?? false,
  });
}

const core = group('', 'v1', 'core.v1');
const apps = group('apps', 'v1', 'apps.v1');
const networking = group('networking.k8s.io', 'v1', 'networking.v1');
const discovery = group('discovery.k8s.io', 'v1', 'discovery.v1');
const coordination = group('coordination.k8s.io', 'v1', 'coordination.v1');
const admissionregistration = group('admissionregistration.k8s.io', 'v1', 'admissionregistration.v1');

/**
 * Every served resource, in discovery order. Typed calls take an entry:
 *
 *     const pod = await client.get(resources.pods, 'web-1', { namespace: 'default' }); // a Pod
 */
export const resources = {
  configmaps: core<api.ConfigMap>('configmaps', { kind: 'ConfigMap', shortNames: ['cm'] }),
  endpoints: core<api.Endpoints>('endpoints', { kind: 'Endpoints', shortNames: ['ep'] }),
  events: core<api.Event>('events', { kind: 'Event', shortNames: ['ev'] }),
  namespaces: core<api.Namespace>('namespaces', {
    kind: 'Namespace',
    namespaced: false,
    shortNames: ['ns'],
    subresources: [{ name: 'finalize', verbs: ['update'] }, STATUS],
  }),
  nodes: core<api.Node>('nodes', {
    kind: 'Node',
    namespaced: false,
    shortNames: ['no'],
    subresources: [STATUS],
  }),
  pods: core<api.Pod>('pods', {
    kind: 'Pod',
    shortNames: ['po'],
    categories: ['all'],
    subresources: POD_SUBRESOURCES,
    generation: true,
  }),
  secrets: core<api.Secret>('secrets', { kind: 'Secret' }),
  serviceaccounts: core<api.ServiceAccount>('serviceaccounts', {
    kind: 'ServiceAccount',
    shortNames: ['sa'],
  }),
  services: core<api.Service>('services', {
    kind: 'Service',
    shortNames: ['svc'],
    categories: ['all'],
    subresources: [STATUS],
  }),
  daemonsets: apps<api.DaemonSet>('daemonsets', {
    kind: 'DaemonSet',
    shortNames: ['ds'],
    categories: ['all'],
    subresources: [STATUS],
    generation: true,
  }),
  deployments: apps<api.Deployment>('deployments', {
    kind: 'Deployment',
    shortNames: ['deploy'],
    categories: ['all'],
    subresources: [SCALE, STATUS],
    generation: true,
  }),
  replicasets: apps<api.ReplicaSet>('replicasets', {
    kind: 'ReplicaSet',
    shortNames: ['rs'],
    categories: ['all'],
    subresources: [SCALE, STATUS],
    generation: true,
  }),
  ingressclasses: networking<api.IngressClass>('ingressclasses', {
    kind: 'IngressClass',
    namespaced: false,
    generation: true,
  }),
  ingresses: networking<api.Ingress>('ingresses', {
    kind: 'Ingress',
    shortNames: ['ing'],
    subresources: [STATUS],
    generation: true,
  }),
  ipaddresses: networking<api.IPAddress>('ipaddresses', {
    kind: 'IPAddress',
    namespaced: false,
    shortNames: ['ip'],
  }),
  networkpolicies: networking<api.NetworkPolicy>('networkpolicies', {
    kind: 'NetworkPolicy',
    shortNames: ['netpol'],
    generation: true,
  }),
  servicecidrs: networking<api.ServiceCIDR>('servicecidrs', {
    kind: 'ServiceCIDR',
    namespaced: false,
    subresources: [STATUS],
  }),
  endpointslices: discovery<api.EndpointSlice>('endpointslices', {
    kind: 'EndpointSlice',
    generation: true,
  }),
  leases: coordination<api.Lease>('leases', { kind: 'Lease' }),
  mutatingwebhookconfigurations: admissionregistration<api.MutatingWebhookConfiguration>(
    'mutatingwebhookconfigurations',
    {
      kind: 'MutatingWebhookConfiguration',
      namespaced: false,
      categories: ['api-extensions'],
      generation: true,
    },
  ),
  validatingwebhookconfigurations: admissionregistration<api.ValidatingWebhookConfiguration>(
    'validatingwebhookconfigurations',
    {
      kind: 'ValidatingWebhookConfiguration',
      namespaced: false,
      categories: ['api-extensions'],
      generation: true,
    },
  ),
} as const;

export const allResources: readonly ResourceDefinition[] = Object.values(resources);

/** `v1` or `apps/v1`. */
export function groupVersion({ group, version }: { group: string; version: string }): string {
  return group === '' ? version : `${group}/${version}`;
}

/** `pods` or `deployments.apps`, as messages name a resource. */
export function groupResource({ group, resource }: { group: string; resource: string }): string {
  return group === '' ? resource : `${resource}.${group}`;
}
