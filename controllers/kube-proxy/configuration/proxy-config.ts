export const PROXY_MODES = ['iptables', 'ipvs', 'nftables'] as const;
export type ProxyModeName = (typeof PROXY_MODES)[number];

/** Those of IPVS's schedulers that a node has. */
export const IPVS_SCHEDULERS = [
  'rr',
  'wrr',
  'lc',
  'wlc',
  'lblc',
  'lblcr',
  'sh',
  'mh',
  'sed',
  'nq',
  'dh',
] as const;

/** How often a node's rules are looked at, and how often they may be written. */
export interface SyncPeriods {
  readonly syncMs: number;
  readonly minSyncMs: number;
}

export interface ConntrackConfig {
  /** The most entries for each processor, and at least; 0: whatever the node has. */
  readonly maxPerCore: number;
  readonly min: number;
  readonly tcpBeLiberal: boolean;
  /** Seconds; undefined: whatever the node has. */
  readonly tcpEstablishedSeconds: number | undefined;
  readonly tcpCloseWaitSeconds: number | undefined;
  readonly udpSeconds: number | undefined;
  readonly udpStreamSeconds: number | undefined;
}

export interface IpvsConfig {
  readonly scheduler: (typeof IPVS_SCHEDULERS)[number];
  /** Addresses are only spoken for by the device that has them. */
  readonly strictArp: boolean;
  /** Virtual services in them are others' and stay. */
  readonly excludeCidrs: readonly string[];
  /** Seconds; 0: whatever the node has. */
  readonly timeouts: { readonly tcp: number; readonly tcpFin: number; readonly udp: number };
}

/** What tells traffic of a node's own pods: their networks, their node's, or the device that it comes from. */
export type DetectLocal =
  | { readonly mode: 'ClusterCIDR' | 'NodeCIDR' }
  | { readonly mode: 'BridgeInterface'; readonly bridge: string }
  | { readonly mode: 'InterfaceNamePrefix'; readonly prefix: string };

/** A KubeProxyConfiguration as far as it says how nodes are programmed: that of the mode in force. */
export interface ProxyConfig {
  readonly mode: ProxyModeName;
  /** The pods' networks, one a family at most. */
  readonly clusterCidrs: readonly string[];
  readonly detectLocal: DetectLocal;
  readonly masqueradeAll: boolean;
  /** Which bit of the mark says that a packet is to be masqueraded. */
  readonly masqueradeBit: number;
  readonly localhostNodePorts: boolean;
  /** Networks; `primary`: the node's own address. */
  readonly nodePortAddresses: 'primary' | readonly string[];
  readonly periods: SyncPeriods;
  readonly ipvs: IpvsConfig;
  readonly conntrack: ConntrackConfig;
}
