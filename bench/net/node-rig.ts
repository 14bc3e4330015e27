import { cidr } from '../../agents/netstack/cidr.ts';
import { formatIpv4, type Ipv4, ipv4 } from '../../agents/netstack/ipv4.ts';
import { createBridge, setMaster } from '../../agents/netstack/link/bridge.ts';
import { createVethPair, type VethLink } from '../../agents/netstack/link/veth.ts';
import { type Mac, mac } from '../../agents/netstack/mac.ts';
import { Netns } from '../../agents/netstack/netns.ts';
import { runNodeCommand } from '../../agents/shell/run-node-command.ts';
import { defaultProxyConfig } from '../../controllers/kube-proxy/configuration/parse-proxy-config.ts';
import type { ProxyModeName } from '../../controllers/kube-proxy/configuration/proxy-config.ts';
import { IPV4 } from '../../controllers/kube-proxy/ip-family.ts';
import type { Proxier } from '../../controllers/kube-proxy/proxier.ts';
import { proxyMode } from '../../controllers/kube-proxy/proxy-mode.ts';
import type { ProxiedPort } from '../../controllers/kube-proxy/service-port.ts';
import { systemClock } from '../../platform/clock.ts';
import { seededRng } from '../../platform/rng.ts';

export const POD = ipv4('10.244.1.2');
export const POD_MAC = mac('02:00:00:00:00:02');
export const GATEWAY_MAC = mac('02:00:00:00:00:01');
/** Another subnet of the same node, so that its packets are routed. */
export const PEER = ipv4('10.244.2.2');
const PEER_MAC = mac('02:00:00:00:00:03');

/** The rules that a CNI adds for its pods. */
const FORWARD_RULES = `*filter
-A FORWARD -s 10.244.0.0/16 -j ACCEPT
-A FORWARD -d 10.244.0.0/16 -j ACCEPT
COMMIT
`;

/** A node with a bridge, a pod behind it, and a second pod behind a veth of its own. */
export class NodeRig {
  readonly node: Netns;
  /** The pod's end of its veth: what it transmits comes in at the node's bridge. */
  readonly pod: VethLink;
  /** The other pod's end of its veth, and the node's address there. */
  readonly peer: VethLink;
  /** Frames that reached the other pod. */
  received = 0;
  readonly #proxier: Proxier;

  constructor({ filtered = true, mode = 'iptables' as ProxyModeName } = {}) {
    this.node = netns('node', 1);
    this.node.lo.setUp();
    this.node.sysctl.set('net.ipv4.ip_forward', 1);
    this.node.sysctl.set('net.ipv4.vs.conntrack', 1);
    const cni0 = createBridge(this.node, 'cni0', { mac: GATEWAY_MAC });
    this.pod = this.#podEnd('pod', POD_MAC);
    setMaster(this.pod.peer!, cni0, { hairpin: true });
    this.node.addAddress(cni0, cidr('10.244.1.1/24'));
    cni0.setUp();
    this.node.addNeighbour(cni0, POD, POD_MAC);
    const peer = this.#podEnd('peer', PEER_MAC);
    this.peer = peer;
    peer.ns.flows.enabled = false;
    this.pod.ns.flows.enabled = false;
    this.pod.rxHandler = () => {};
    peer.rxHandler = () => {
      this.received++;
    };
    this.node.addAddress(peer.peer!, cidr('10.244.2.1/24'));
    this.node.addNeighbour(peer.peer!, PEER, PEER_MAC);
    if (filtered) this.node.iptables.restore(FORWARD_RULES, { noflush: true });
    const { newProxier } = proxyMode(defaultProxyConfig({ mode, clusterCidrs: ['10.244.0.0/16'] }), IPV4, {
      serviceCidrs: () => ['10.96.0.0/12'],
      now: () => systemClock.now(),
    });
    this.#proxier = newProxier({
      nodeName: 'node-1',
      nodeIp: '172.18.0.2',
      zone: '',
      shell: { run: (argv, stdin = '') => runNodeCommand(argv, stdin, { ns: this.node } as never) },
    });
  }

  async sync(ports: readonly ProxiedPort[]): Promise<void> {
    await this.#proxier.sync(ports);
  }

  delete(): void {
    this.node.delete();
  }

  #podEnd(name: string, address: Mac): VethLink {
    const ns = netns(name, address & 255);
    const [inside, outside] = createVethPair(
      { ns, name: 'eth0', mac: address },
      { ns: this.node, name: `veth-${name}` },
    );
    inside.setUp();
    outside.setUp();
    return inside;
  }
}

function netns(name: string, seed: number): Netns {
  return new Netns({ name, clock: systemClock, rng: seededRng(seed) });
}

/** Service `index` of many: its address, port 80 and `endpoints` ready endpoints; the first is `PEER`'s. */
export function service(index: number, endpoints = 5, protocol: 'tcp' | 'udp' = 'udp'): ProxiedPort {
  const clusterIp = formatIpv4((ipv4('10.96.0.10') + index) as Ipv4);
  return {
    service: {
      name: `bench/service-${index}:${protocol}`,
      protocol,
      port: 80,
      nodePort: 0,
      clusterIp,
      externalIps: [],
      loadBalancerIps: [],
      loadBalancerSourceRanges: [],
      affinitySeconds: 0,
      externalLocal: false,
      internalLocal: false,
      healthCheckNodePort: 0,
    },
    endpoints: Array.from({ length: endpoints }, (_, n) => ({
      ip: n === 0 ? formatIpv4(PEER) : formatIpv4((ipv4('10.245.0.0') + index * endpoints + n) as Ipv4),
      port: 5353,
      nodeName: n === 0 ? 'node-1' : 'node-2',
      ready: true,
      serving: true,
      terminating: false,
    })),
  };
}

export const serviceAddress = (index: number): Ipv4 => (ipv4('10.96.0.10') + index) as Ipv4;
