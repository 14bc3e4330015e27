import type { AccessAttributes, Authorizer } from './authorizer.ts';

/** What one component may do: `<verbs> <resources>`, verbs and resources separated by commas. */
interface Rule {
  readonly verbs: ReadonlySet<string>;
  readonly resources: ReadonlySet<string>;
  /** Undefined: in every namespace. */
  readonly namespace: string | undefined;
}

const READ = 'get,list,watch';
const WRITE = 'create,update,patch,delete';

/** Verb list, resource list, and the only namespace if there is one. Subresources are `pods/status`. */
const roles: Readonly<Record<string, readonly (readonly [string, string, string?])[]>> = {
  'system:kube-controller-manager': [
    [READ, '*'],
    // Namespace deletion and garbage collection reach every kind; their finalizers are taken off by patch.
    ['delete,deletecollection,update,patch', '*'],
    [
      'create',
      'pods,pods/binding,pods/eviction,replicasets.apps,serviceaccounts,configmaps,events,events.events.k8s.io',
    ],
    [
      'update,patch',
      'pods/status,nodes/status,deployments.apps/status,replicasets.apps/status,daemonsets.apps/status',
    ],
    ['update', 'namespaces/finalize,namespaces/status'],
    ['create', 'leases.coordination.k8s.io', 'kube-system'],
  ],
  'system:kube-scheduler': [
    [READ, 'pods,nodes,namespaces,services,replicasets.apps'],
    ['create', 'pods/binding,events,events.events.k8s.io'],
    ['update,patch', 'pods/status,events,events.events.k8s.io'],
    ['delete', 'pods'],
    [`${READ},${WRITE}`, 'leases.coordination.k8s.io', 'kube-system'],
  ],
  'podwire:endpoints': [
    [READ, 'services,pods,nodes,namespaces'],
    [`${READ},${WRITE}`, 'endpoints,endpointslices.discovery.k8s.io'],
    ['create,patch,update', 'events,events.events.k8s.io'],
  ],
  'podwire:service-ip-allocator': [
    [`${READ},update,patch`, 'services'],
    [`${READ},${WRITE}`, 'ipaddresses.networking.k8s.io'],
    [`${READ},${WRITE}`, 'mutatingwebhookconfigurations.admissionregistration.k8s.io'],
    [`${READ},update,patch`, 'servicecidrs.networking.k8s.io,servicecidrs.networking.k8s.io/status'],
    ['create,patch,update', 'events,events.events.k8s.io'],
  ],
  'podwire:cni-ipam': [
    [`${READ},update,patch`, 'nodes'],
    ['update,patch', 'nodes/status'],
    [READ, 'pods'],
    ['create,patch,update', 'events,events.events.k8s.io'],
  ],
  'system:kube-proxy': [
    [READ, 'services,endpointslices.discovery.k8s.io,nodes,servicecidrs.networking.k8s.io'],
    ['create,patch,update', 'events,events.events.k8s.io'],
  ],
  'system:coredns': [[READ, 'services,endpointslices.discovery.k8s.io,pods,namespaces']],
};

const NODE_PREFIX = 'system:node:';
const PUBLIC_PATHS = /^\/(?:api|apis|openapi|version|healthz|livez|readyz)(?:\/|$)/;

const compiled = new Map<string, readonly Rule[]>(
  Object.entries(roles).map(([user, rules]) => [
    user,
    rules.map(([verbs, resources, namespace]) => ({
      verbs: new Set(verbs.split(',')),
      resources: new Set(resources.split(',')),
      namespace,
    })),
  ]),
);

/**
 * The least each component needs, by its user name; `system:masters` may do everything. A node's agent is
 * kept to its own Node and its own pods (as k8s plugin/pkg/auth/authorizer/node does).
 */
export function componentRoles(podNode: (namespace: string, name: string) => string | undefined): Authorizer {
  return {
    authorize(attributes) {
      const { user, resource, path, verb } = attributes;
      if (user.groups.includes('system:masters')) return true;
      // Discovery and health are open to whoever is known.
      if (!resource) return (verb === 'get' || verb === 'head') && PUBLIC_PATHS.test(path);
      if (user.name.startsWith(NODE_PREFIX) && user.groups.includes('system:nodes')) {
        return nodeMay(attributes, user.name.slice(NODE_PREFIX.length), podNode);
      }
      return compiled.get(user.name)?.some((rule) => covers(rule, attributes)) ?? false;
    },
  };
}

type ResourceAttributes = NonNullable<AccessAttributes['resource']>;

function qualifiedName({ group, resource, subresource }: ResourceAttributes): string {
  const name = group === '' ? resource : `${resource}.${group}`;
  return subresource === '' ? name : `${name}/${subresource}`;
}

function covers(rule: Rule, { verb, resource }: AccessAttributes): boolean {
  if (!resource || !rule.verbs.has(verb)) return false;
  if (rule.namespace !== undefined && rule.namespace !== resource.namespace) return false;
  return (
    rule.resources.has(qualifiedName(resource)) || (rule.resources.has('*') && resource.subresource === '')
  );
}

const isRead = (verb: string): boolean => verb === 'get' || verb === 'list' || verb === 'watch';

function nodeMay(
  { verb, resource, fieldSelector }: AccessAttributes,
  node: string,
  podNode: (namespace: string, name: string) => string | undefined,
): boolean {
  if (!resource) return false;
  const { namespace, name } = resource;
  switch (qualifiedName(resource)) {
    case 'nodes':
      return isRead(verb) || verb === 'create' || (name === node && (verb === 'update' || verb === 'patch'));
    case 'nodes/status':
      return name === node && (verb === 'update' || verb === 'patch');
    case 'pods':
      if (verb === 'list' || verb === 'watch')
        return fieldSelector.split(',').includes(`spec.nodeName=${node}`);
      return (verb === 'get' || verb === 'delete') && podNode(namespace, name) === node;
    case 'pods/status':
      return (verb === 'update' || verb === 'patch') && podNode(namespace, name) === node;
    case 'leases.coordination.k8s.io':
      return namespace === 'kube-node-lease' && (name === node || (name === '' && verb === 'create'));
    case 'configmaps':
    case 'secrets':
    case 'serviceaccounts':
      return verb === 'get';
    case 'events':
    case 'events.events.k8s.io':
      return verb === 'create' || verb === 'patch' || verb === 'update';
    case 'services':
      return isRead(verb);
    default:
      return false;
  }
}
