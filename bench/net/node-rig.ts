import { cidr, cidr6 } from '../../agents/netstack/cidr.ts';
import { formatIpv4, type Ipv4, ipv4 } from '../../agents/netstack/ipv4.ts';
import { formatIpv6, type Ipv6, ipv6 } from '../../agents/netstack/ipv6.ts';
import { createBridge, setMaster } from '../../agents/netstack/link/bridge.ts';
import type { Link } from '../../agents/netstack/link/link.ts';
import { createVethPair, type VethLink } from '../../agents/netstack/link/veth.ts';
import { type Mac, mac } from '../../agents/netstack/mac.ts';
import { Netns } from '../../agents/netstack/netns.ts';
import { runNodeCommand } from '../../agents/shell/run-node-command.ts';
import { defaultProxyConfig } from '../../controllers/kube-proxy/configuration/parse-proxy-config.ts';
import type { ProxyModeName } from '../../controllers/kube-proxy/configuration/proxy-config.ts';
import { familyOf, IPV4, IPV6, type IpFamily } from '../../controllers/kube-proxy/ip-family.ts';
import type { Proxier } from '../../controllers/kube-proxy/proxier.ts';
import { proxyMode } from '../../controllers/kube-proxy/proxy-mode.ts';
import type { ProxiedPort } from '../../controllers/kube-proxy/service-port.ts';
import { systemClock } from '../../platform/clock.ts';
import { seededRng } from '../../platform/rng.ts';

export const POD = ipv4('10.244.1.2');
export const POD_6 = ipv6('fd00:10:244:1::2');
export const PEER_6 = ipv6('fd00:10:244:2::2');
export const SERVICE_6: Ipv6 = ipv6('fd00:10:96::a');
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
  readonly #proxiers: ReadonlyMap<IpFamily, Proxier>;

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
    this.#speakIpv6(cni0, peer.peer!);
    if (filtered) this.node.iptables.restore(FORWARD_RULES, { noflush: true });
    this.#proxiers = new Map([IPV4, IPV6].map((family) => [family, this.#proxierOf(mode, family)]));
  }

  /** Each family that has ports is programmed; the other is not told anything. */
  async sync(ports: readonly ProxiedPort[]): Promise<void> {
    const isSix = ports.some(({ service }) => familyOf(service.clusterIp) === IPV6);
    await this.#proxiers.get(isSix ? IPV6 : IPV4)!.sync(ports);
  }

  delete(): void {
    this.node.delete();
  }

  #proxierOf(mode: ProxyModeName, family: IpFamily): Proxier {
    const config = defaultProxyConfig({ mode, clusterCidrs: ['10.244.0.0/16', 'fd00:10:244::/56'] });
    const { newProxier } = proxyMode(config, family, {
      serviceCidrs: () => [family === IPV6 ? 'fd00:10:96::/108' : '10.96.0.0/12'],
      now: () => systemClock.now(),
    });
    return newProxier({
      nodeName: 'node-1',
      nodeIp: family === IPV6 ? 'fd00:172:18::2' : '172.18.0.2',
      zone: '',
      podCidr: '',
      shell: { run: (argv, stdin = '') => runNodeCommand(argv, stdin, { ns: this.node } as never) },
    });
  }

  #speakIpv6(bridge: Link, peer: Link): void {
    const { node } = this;
    node.sysctl.set('net.ipv6.conf.all.forwarding', 1);
    node.addAddress(bridge, cidr6('fd00:10:244:1::1/64'));
    node.addAddress(peer, cidr6('fd00:10:244:2::1/64'));
    node.addNeighbour(bridge, POD_6, POD_MAC);
    node.addNeighbour(peer, PEER_6, PEER_MAC);
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

/** A Service of IPv6 with one endpoint, `PEER_6`. */
export function service6(): ProxiedPort {
  const { service: base, endpoints } = service(0, 1);
  return {
    service: { ...base, clusterIp: formatIpv6(SERVICE_6) },
    endpoints: [{ ...endpoints[0]!, ip: formatIpv6(PEER_6) }],
  };
}

export const serviceAddress = (index: number): Ipv4 => (ipv4('10.96.0.10') + index) as Ipv4;
