/** What a cluster is made of; every field is a flag of `podwire up`. */
export interface ClusterConfig {
  readonly nodes: number;
  /** Port of the API server on 127.0.0.1; 0: any. */
  readonly port: number;
  readonly dnsPort: number;
  /** /24 of loopback addresses through which the machine reaches the nodes: node-1 is .2. */
  readonly hostNetwork: string;
  /** One network, or one of each family with a comma between; IPv4 first. */
  readonly clusterCidr: string;
  /** Of as many families. */
  readonly serviceCidr: string;
  readonly clusterDns: string;
  readonly clusterDomain: string;
  readonly nodePortRange: string;
  /** How kube-proxy programs the nodes. */
  readonly proxyMode: 'iptables' | 'ipvs' | 'nftables';
  readonly nodeMonitorGracePeriod: string;
  readonly nodeLeaseRenewInterval: string;
  readonly notReadyTolerationSeconds: number;
  readonly unreachableTolerationSeconds: number;
}

export const DEFAULT_CONFIG: ClusterConfig = {
  nodes: 3,
  port: 6443,
  dnsPort: 10053,
  hostNetwork: '127.0.18.0/24',
  clusterCidr: '10.244.0.0/16',
  serviceCidr: '10.96.0.0/16',
  clusterDns: '10.96.0.10',
  clusterDomain: 'cluster.local',
  nodePortRange: '30000-32767',
  proxyMode: 'iptables',
  nodeMonitorGracePeriod: '40s',
  nodeLeaseRenewInterval: '10s',
  notReadyTolerationSeconds: 300,
  unreachableTolerationSeconds: 300,
};

/** The nodes' own segment, of each family; the machine is its first address. */
const NODE_NETWORK = { prefix: '172.18.0.', bits: 16 };
const NODE_NETWORK_6 = { prefix: 'fd00:172:18::', bits: 64 };
export const HOST_IP = `${NODE_NETWORK.prefix}1`;

type Networks = Pick<ClusterConfig, 'clusterCidr'>;

export function isDualStack({ clusterCidr }: Networks): boolean {
  return clusterCidr.includes(',');
}

/** The machine on the segment, with prefix lengths. */
export function hostGateways(config: Networks): string[] {
  return segmentAddresses(config, 1);
}

/** The addresses of the segment's host of that number, with prefix lengths. */
function segmentAddresses(config: Networks, host: number): string[] {
  const networks = isDualStack(config) ? [NODE_NETWORK, NODE_NETWORK_6] : [NODE_NETWORK];
  return networks.map(({ prefix, bits }) => {
    const number = prefix.endsWith(':') ? host.toString(16) : String(host);
    return `${prefix}${number}/${bits}`;
  });
}

/** What is wrong with the networks, in a user's words; undefined if nothing is. */
export function networkFault({
  clusterCidr,
  serviceCidr,
}: Pick<ClusterConfig, 'clusterCidr' | 'serviceCidr'>): string | undefined {
  const families = [clusterCidr, serviceCidr].map((text) =>
    text
      .split(',')
      .map((each) => (each.includes(':') ? 'IPv6' : 'IPv4'))
      .join(','),
  );
  if (families[0] !== families[1]) {
    return `the pod network is ${families[0]} and the Services' is ${families[1]}: both need the same families`;
  }
  if (families[0] === 'IPv4' || families[0] === 'IPv4,IPv6') return undefined;
  return `the networks are ${families[0]}: use one of IPv4, or one of IPv4 and one of IPv6 after a comma`;
}
/** More would not fit a /24 of host addresses beside network, host and broadcast. */
export const MOST_NODES = 250;

/** One node's place. */
export interface NodePlace {
  readonly name: string;
  readonly ip: string;
  /** One of each family, with the segment's prefix length. */
  readonly addresses: readonly string[];
  readonly hostAddress: string;
}

/** `node-1` is 172.18.0.2 and, for the machine, 127.0.18.2. */
export function nodePlaces(
  config: Pick<ClusterConfig, 'nodes' | 'hostNetwork' | 'clusterCidr'>,
): NodePlace[] {
  const { nodes, hostNetwork } = config;
  const hostPrefix = hostNetwork.replace(/\.\d+\/\d+$/, '');
  return Array.from({ length: nodes }, (_, index) => {
    const ip = `${NODE_NETWORK.prefix}${index + 2}`;
    return {
      name: `node-${index + 1}`,
      ip,
      addresses: segmentAddresses(config, index + 2),
      hostAddress: `${hostPrefix}.${index + 2}`,
    };
  });
}

/** The first address of the Services' first network: that of the API server inside the cluster. */
export function apiServiceIp({ serviceCidr }: Pick<ClusterConfig, 'serviceCidr'>): string {
  const [network = ''] = serviceCidr.split('/');
  return network.replace(/\d+$/, (last) => String(Number(last) + 1));
}
