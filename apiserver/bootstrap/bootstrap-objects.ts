import type {
  ConfigMap,
  EndpointSlice,
  Endpoints,
  IPAddress,
  Namespace,
  PriorityClass,
  Service,
  ServiceCIDR,
} from '../../openapi/generated/types.ts';
import { type KubernetesObject, type ResourceDefinition, resources } from '../../openapi/resources.ts';
import { roleObjects } from './roles/role-objects.ts';

export interface BootstrapOptions {
  /** One of each family; the first is the cluster's own. */
  readonly serviceCidrs: readonly string[];
  /** Where pods reach this API server through the `kubernetes` Service. */
  readonly advertiseAddress: string;
  readonly advertisePort: number;
  /** What client certificates are checked against, PEM; controllers that serve requests read it too. */
  readonly clientCa?: string | undefined;
}

export interface BootstrapObject {
  readonly definition: ResourceDefinition;
  readonly object: KubernetesObject;
}

/** What the cluster itself cannot be without (k8s pkg/apis/scheduling/v1/helpers.go). */
const PRIORITY_CLASSES: readonly PriorityClass[] = [
  {
    metadata: { name: 'system-node-critical' },
    value: 2_000_001_000,
    description: 'Used for system critical pods that must not be moved from their current node.',
  },
  {
    metadata: { name: 'system-cluster-critical' },
    value: 2_000_000_000,
    description:
      'Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.',
  },
];

const NAMESPACES = ['default', 'kube-system', 'kube-public', 'kube-node-lease'] as const;

/** The objects that the API server itself makes sure of, in the order they are made. */
export function bootstrapObjects(options: BootstrapOptions): BootstrapObject[] {
  const clusterIp = firstAddress(options.serviceCidrs[0] ?? '');
  return [
    ...NAMESPACES.map((name) => entry<Namespace>(resources.namespaces, { metadata: { name } })),
    ...(options.clientCa === undefined
      ? []
      : [entry<ConfigMap>(resources.configmaps, authentication(options.clientCa))]),
    ...roleObjects(),
    ...PRIORITY_CLASSES.map((object) => entry<PriorityClass>(resources.priorityclasses, object)),
    entry<ServiceCIDR>(resources.servicecidrs, {
      metadata: { name: 'kubernetes' },
      spec: { cidrs: [...options.serviceCidrs] },
    }),
    entry<IPAddress>(resources.ipaddresses, kubernetesAddress(clusterIp)),
    entry<Service>(resources.services, kubernetesService(clusterIp, options.advertisePort)),
    entry<Endpoints>(resources.endpoints, kubernetesEndpoints(options)),
    entry<EndpointSlice>(resources.endpointslices, kubernetesSlice(options)),
  ];
}

/** Where a server that trusts this one's users finds how to (k8s pkg/controlplane/controller/clusterauthenticationtrust). */
function authentication(clientCa: string): ConfigMap {
  return {
    metadata: { name: 'extension-apiserver-authentication', namespace: 'kube-system' },
    data: { 'client-ca-file': clientCa },
  };
}

function entry<T extends KubernetesObject>(definition: ResourceDefinition<T>, object: T): BootstrapObject {
  return { definition, object };
}

/** The network's first host, which the `kubernetes` Service always has. */
function firstAddress(cidr: string): string {
  const [network = ''] = cidr.split('/');
  if (network.includes(':')) return `${network}1`;
  const octets = network.split('.').map(Number);
  octets[3] = (octets[3] ?? 0) + 1;
  return octets.join('.');
}

const METADATA = { name: 'kubernetes', namespace: 'default' } as const;

function kubernetesAddress(clusterIp: string): IPAddress {
  return {
    metadata: {
      name: clusterIp,
      labels: {
        'ipaddress.kubernetes.io/ip-family': clusterIp.includes(':') ? 'IPv6' : 'IPv4',
        'ipaddress.kubernetes.io/managed-by': 'ipallocator.k8s.io',
      },
    },
    spec: { parentRef: { group: '', resource: 'services', ...METADATA } },
  };
}

function kubernetesService(clusterIp: string, targetPort: number): Service {
  return {
    metadata: { ...METADATA, labels: { component: 'apiserver', provider: 'kubernetes' } },
    spec: {
      type: 'ClusterIP',
      clusterIP: clusterIp,
      clusterIPs: [clusterIp],
      ipFamilies: [clusterIp.includes(':') ? 'IPv6' : 'IPv4'],
      ipFamilyPolicy: 'SingleStack',
      sessionAffinity: 'None',
      ports: [{ name: 'https', protocol: 'TCP', port: 443, targetPort }],
    },
  };
}

function kubernetesEndpoints({ advertiseAddress, advertisePort }: BootstrapOptions): Endpoints {
  return {
    metadata: { ...METADATA, labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' } },
    subsets: [
      {
        addresses: [{ ip: advertiseAddress }],
        ports: [{ name: 'https', port: advertisePort, protocol: 'TCP' }],
      },
    ],
  };
}

function kubernetesSlice({ advertiseAddress, advertisePort }: BootstrapOptions): EndpointSlice {
  return {
    metadata: { ...METADATA, labels: { 'kubernetes.io/service-name': 'kubernetes' } },
    addressType: advertiseAddress.includes(':') ? 'IPv6' : 'IPv4',
    endpoints: [{ addresses: [advertiseAddress], conditions: { ready: true } }],
    ports: [{ name: 'https', port: advertisePort, protocol: 'TCP' }],
  };
}
