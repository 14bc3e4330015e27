import { IPV4, type IpFamily, inFamily, rangeHolds } from '../ip-family.ts';
import type { LocalDetector } from '../local-traffic.ts';
import type { ProxyConfig } from './proxy-config.ts';

/** Which of a node's addresses have node ports: all, the one that it is known by, or those in networks. */
export type NodePortAddresses = 'all' | 'primary' | readonly string[];

/** What a configuration means for the rules of one family. */
export interface RuleSettings {
  readonly family: IpFamily;
  readonly localDetector: LocalDetector;
  readonly masqueradeAll: boolean;
  readonly masqueradeMark: number;
  /** Whether 127.0.0.1 has node ports. */
  readonly localhostNodePorts: boolean;
  readonly nodePortAddresses: NodePortAddresses;
  /** The node's conntrack calls fewer packets invalid, so those that it does are let be. */
  readonly tcpBeLiberal: boolean;
}

export function ruleSettings(config: ProxyConfig, family: IpFamily): RuleSettings {
  const nodePortAddresses = addressesOf(config, family);
  return {
    family,
    localDetector: localDetector(config, family),
    masqueradeAll: config.masqueradeAll,
    masqueradeMark: 2 ** config.masqueradeBit,
    localhostNodePorts: config.localhostNodePorts && family === IPV4 && holdsLocalhost(nodePortAddresses),
    nodePortAddresses,
    tcpBeLiberal: config.conntrack.tcpBeLiberal,
  };
}

function localDetector({ detectLocal, clusterCidrs }: ProxyConfig, family: IpFamily): LocalDetector {
  switch (detectLocal.mode) {
    case 'ClusterCIDR': {
      const [cidr] = inFamily(family, clusterCidrs);
      return cidr === undefined ? undefined : { kind: 'source', cidr };
    }
    case 'NodeCIDR':
      return 'node-cidr';
    case 'BridgeInterface':
      return { kind: 'interface', name: detectLocal.bridge };
    case 'InterfaceNamePrefix':
      return { kind: 'interface', name: `${detectLocal.prefix}*` };
  }
}

/** As kube-proxy writes a mark: `0x00004000`. */
export function markText(mark: number): string {
  return `0x${mark.toString(16).padStart(8, '0')}`;
}

/** k8s pkg/proxy/util/nodeport_addresses.go: a family that no network is of has node ports everywhere. */
function addressesOf({ nodePortAddresses }: ProxyConfig, family: IpFamily): NodePortAddresses {
  if (nodePortAddresses === 'primary') return 'primary';
  const cidrs = inFamily(family, nodePortAddresses);
  return cidrs.length === 0 || cidrs.some((cidr) => cidr.endsWith('/0')) ? 'all' : cidrs;
}

function holdsLocalhost(addresses: NodePortAddresses): boolean {
  if (typeof addresses === 'string') return addresses === 'all';
  return addresses.some((cidr) => rangeHolds(cidr, '127.0.0.1'));
}
