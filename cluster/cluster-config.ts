/** What a cluster is made of; every field is a flag of `podwire up`. */
export interface ClusterConfig {
  readonly nodes: number;
  /** Port of the API server on 127.0.0.1; 0: any. */
  readonly port: number;
  readonly dnsPort: number;
  /** /24 of loopback addresses through which the machine reaches the nodes: node-1 is .2. */
  readonly hostNetwork: string;
  readonly clusterCidr: string;
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

/** The nodes' own segment; the machine is its first address. */
const NODE_NETWORK = { prefix: '172.18', bits: 16 };
export const HOST_IP = `${NODE_NETWORK.prefix}.0.1`;
export const HOST_GATEWAY = `${HOST_IP}/${NODE_NETWORK.bits}`;
/** More would not fit a /24 of host addresses beside network, host and broadcast. */
export const MOST_NODES = 250;

/** One node's place. */
export interface NodePlace {
  readonly name: string;
  readonly ip: string;
  /** With the segment's prefix length. */
  readonly address: string;
  readonly hostAddress: string;
}

/** `node-1` is 172.18.0.2 and, for the machine, 127.0.18.2. */
export function nodePlaces({
  nodes,
  hostNetwork,
}: Pick<ClusterConfig, 'nodes' | 'hostNetwork'>): NodePlace[] {
  const hostPrefix = hostNetwork.replace(/\.\d+\/\d+$/, '');
  return Array.from({ length: nodes }, (_, index) => {
    const ip = `${NODE_NETWORK.prefix}.0.${index + 2}`;
    return {
      name: `node-${index + 1}`,
      ip,
      address: `${ip}/${NODE_NETWORK.bits}`,
      hostAddress: `${hostPrefix}.${index + 2}`,
    };
  });
}

/** The first address of the Services' network: that of the API server inside the cluster. */
export function apiServiceIp({ serviceCidr }: Pick<ClusterConfig, 'serviceCidr'>): string {
  const [network = ''] = serviceCidr.split('/');
  return network.replace(/\d+$/, (last) => String(Number(last) + 1));
}
