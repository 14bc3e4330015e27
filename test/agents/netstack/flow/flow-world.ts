import { cidr, cidr6 } from '../../../../agents/netstack/cidr.ts';
import {
  ARP_LENGTH,
  ARP_REPLY,
  ARP_REQUEST,
  parseArp,
  writeArp,
} from '../../../../agents/netstack/header/arp.ts';
import { writeEthernet } from '../../../../agents/netstack/header/ethernet.ts';
import { writeIpv4Header } from '../../../../agents/netstack/header/ipv4-header.ts';
import {
  ipv6Destination,
  ipv6Source,
  writeIpv6Header,
} from '../../../../agents/netstack/header/ipv6-header.ts';
import { writeTcp, writeTcpChecksum } from '../../../../agents/netstack/header/tcp-header.ts';
import { writeUdp, writeUdpChecksum } from '../../../../agents/netstack/header/udp-header.ts';
import { type IpAddress, isIpv6, parseIp } from '../../../../agents/netstack/ip-address.ts';
import { type Ipv4, ipv4 } from '../../../../agents/netstack/ipv4.ts';
import { type Ipv6, ipv6 } from '../../../../agents/netstack/ipv6.ts';
import { type Bridge, createBridge, setMaster } from '../../../../agents/netstack/link/bridge.ts';
import { EthernetDevice } from '../../../../agents/netstack/link/ethernet-device.ts';
import { createVxlan } from '../../../../agents/netstack/link/vxlan.ts';
import { type Mac, mac, readMac } from '../../../../agents/netstack/mac.ts';
import { Netns } from '../../../../agents/netstack/netns.ts';
import { seededRng } from '../../../../platform/rng.ts';
import { VirtualClock } from '../../../../platform/virtual-clock.ts';
import { kubeRules } from '../kube-rules.ts';
import type { SegmentNumbers } from './conversation.ts';

export type Port = 'pod2' | 'pod3' | 'eth0';

/** The hosts behind each device, by address. */
export const HOSTS: Readonly<Record<Port, Readonly<Record<string, Mac>>>> = {
  pod2: { '10.244.1.2': mac('02:00:00:00:01:02') },
  pod3: { '10.244.1.3': mac('02:00:00:00:01:03') },
  eth0: { '172.18.0.3': mac('02:00:00:00:12:03'), '172.18.0.100': mac('02:00:00:00:12:64') },
};

/** The same hosts by their addresses of IPv6, for nodes that have it. */
export const HOSTS_6: typeof HOSTS = {
  pod2: { 'fd00:10:244:1::2': mac('02:00:00:00:01:02') },
  pod3: { 'fd00:10:244:1::3': mac('02:00:00:00:01:03') },
  eth0: { 'fd00:172:18::3': mac('02:00:00:00:12:03'), 'fd00:172:18::64': mac('02:00:00:00:12:64') },
};

const POD_MACS: Readonly<Record<string, Mac>> = {
  ...HOSTS.pod2,
  ...HOSTS.pod3,
  ...HOSTS_6.pod2,
  ...HOSTS_6.pod3,
};

const NODE = '172.18.0.2';
const RULES = kubeRules({
  endpoints: ['10.244.1.3:8080', '10.244.2.2:8080', '10.244.1.2:8080'],
  nodeIndex: 1,
  flannelMasquerade: true,
});

/** Of IPv6: a Service on this node, one elsewhere, a node port, and what leaves the cluster. */
const RULES_6 = `*nat
-A PREROUTING -d fd00:10:96::a/128 -p tcp -m tcp --dport 80 -j DNAT --to-destination [fd00:10:244:1::3]:8080
-A PREROUTING -d fd00:10:96::a/128 -p udp -m udp --dport 80 -j DNAT --to-destination [fd00:10:244:2::2]:8080
-A PREROUTING -d fd00:172:18::2/128 -p tcp -m tcp --dport 30080 -j DNAT --to-destination [fd00:10:244:1::2]:8080
-A POSTROUTING -s fd00:10:244::/56 ! -d fd00:10:244::/56 -j MASQUERADE --random-fully
COMMIT
*filter
-A FORWARD -m conntrack --ctstate INVALID -j DROP
-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
COMMIT
`;

/** What a frame of a test says; the rest is filled in, with right checksums. */
export interface FrameSpec {
  readonly protocol: 'tcp' | 'udp';
  readonly source: string;
  readonly destination: string;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly flags: number;
  readonly ttl: number;
  readonly payload: number;
  readonly dontFragment: boolean;
  /** Of TCP; without them every segment has the same. */
  readonly numbers?: SegmentNumbers;
}

/** One node with two pods, a tunnel and an uplink whose far ends are the test itself. */
export class FlowWorld {
  readonly clock = new VirtualClock();
  readonly ns: Netns;
  readonly cni0: Bridge;
  readonly devices: Readonly<Record<Port, EthernetDevice>>;
  /** Frames that left since last asked, as `device hex`. */
  #left: { port: Port; frame: Uint8Array }[] = [];

  constructor({ enabled = true, rules = RULES } = {}) {
    this.ns = new Netns({ name: 'node-1', clock: this.clock, rng: seededRng(1) });
    const { ns } = this;
    ns.flows.enabled = enabled;
    ns.lo.setUp();
    ns.sysctl.set('net.ipv4.ip_forward', 1);
    this.devices = { pod2: this.#device('pod2'), pod3: this.#device('pod3'), eth0: this.#device('eth0') };
    const { pod2, pod3, eth0 } = this.devices;
    this.cni0 = createBridge(ns, 'cni0', { mtu: 1450, mac: mac('02:00:00:00:01:01') });
    for (const port of [pod2, pod3]) setMaster(port, this.cni0, { hairpin: true });
    ns.addAddress(this.cni0, cidr('10.244.1.1/24'));
    this.cni0.setUp();
    ns.addAddress(eth0, cidr(`${NODE}/16`));
    for (const device of [pod2, pod3, eth0]) device.setUp();
    ns.addRoute({ destination: cidr('0.0.0.0/0'), gateway: ipv4('172.18.0.100') });
    const flannel = createVxlan(ns, 'flannel.1', {
      vni: 1,
      local: ipv4(NODE),
      device: eth0,
      learning: false,
      mac: mac('02:00:00:00:f1:01'),
    });
    ns.addAddress(flannel, cidr('10.244.1.0/32'));
    flannel.setUp();
    ns.addNeighbour(flannel, ipv4('10.244.2.0'), mac('02:00:00:00:f1:02'));
    flannel.fdbAppend(mac('02:00:00:00:f1:02'), ipv4('172.18.0.3'));
    ns.addRoute({
      destination: cidr('10.244.2.0/24'),
      gateway: ipv4('10.244.2.0'),
      link: flannel,
      onlink: true,
    });
    const result = ns.iptables.restore(rules, { noflush: true });
    if (!result.ok) throw new Error(result.error);
  }

  /** Gives the node IPv6 too, with the same shape; who its neighbours are it knows. */
  speakIpv6(rules = RULES_6): void {
    const { ns, cni0, devices } = this;
    ns.sysctl.set('net.ipv6.conf.all.forwarding', 1);
    // The bridge's ports have no IPv6 of their own: Linux would announce it.
    for (const pod of ['pod2', 'pod3'] as const) ns.sysctl.set(`net.ipv6.conf.${pod}.disable_ipv6`, 1);
    ns.addAddress(cni0, cidr6('fd00:10:244:1::1/64'));
    ns.addAddress(devices.eth0, cidr6('fd00:172:18::2/64'));
    ns.addRoute({ destination: cidr6('::/0'), gateway: ipv6('fd00:172:18::64') });
    const far = ipv6('fd00:10:244:2::');
    const farMac = mac('02:00:00:00:f1:62');
    const flannel = createVxlan(ns, 'flannel-v6.1', {
      vni: 1,
      local: ipv6('fd00:172:18::2'),
      device: devices.eth0,
      learning: false,
      mac: mac('02:00:00:00:f1:61'),
    });
    ns.addAddress(flannel, cidr6('fd00:10:244:1::/128'));
    flannel.setUp();
    ns.addNeighbour(flannel, far, farMac);
    flannel.fdbAppend(farMac, ipv6('fd00:172:18::3'));
    ns.addRoute({ destination: cidr6('fd00:10:244:2::/64'), gateway: far, link: flannel, onlink: true });
    for (const [port, hosts] of Object.entries(HOSTS_6)) {
      const link = port === 'eth0' ? devices.eth0 : cni0;
      for (const [address, host] of Object.entries(hosts)) ns.addNeighbour(link, ipv6(address), host);
    }
    const result = ns.ip6tables.restore(rules, { noflush: true });
    if (!result.ok) throw new Error(result.error);
  }

  /** What the far ends got since the last call; ARP requests among it are answered. */
  async take(): Promise<{ port: Port; frame: Uint8Array }[]> {
    const all: { port: Port; frame: Uint8Array }[] = [];
    for (;;) {
      await this.clock.runUntil(() => false, 0);
      const left = this.#left;
      this.#left = [];
      if (left.length === 0) return all;
      all.push(...left);
      for (const { port, frame } of left) this.#answerArp(port, frame);
    }
  }

  send(port: Port, frame: Uint8Array): void {
    this.devices[port].receive(frame.slice());
  }

  /** All that the node would tell about itself, for comparison. */
  state(): unknown {
    const { ns } = this;
    const node = (each: {
      source: IpAddress;
      destination: IpAddress;
      sourcePort: number;
      destinationPort: number;
    }) => [each.source, each.destination, each.sourcePort, each.destinationPort].join(' ');
    return {
      rules: [ns.iptables, ns.ip6tables].map((each) => each.save({ counters: true }).replace(/^#.*$/gm, '')),
      walked: [ns.iptables, ns.ip6tables].flatMap((each) =>
        each.tables().map((table) => table.evaluator.walked),
      ),
      connections: ns.conntrack
        .list()
        .map((each) => [
          node(each.original),
          node(each.reply),
          each.status,
          each.mark,
          each.tcp,
          each.sctp,
          each.expiresAt,
        ]),
      balanced: ns.ipvs
        .connections()
        .map((each) => [
          each.clientAddress,
          each.clientPort,
          each.destination.address,
          each.state,
          each.expiresAt,
        ]),
      balancers: ns.ipvs
        .services()
        .map(({ stats, destinations }) => [stats, destinations.map((each) => each.stats)]),
      sets: ns.ipsets.all().map(({ set }) => set.elements(0)),
      links: ns.links().map(({ name, up, mtu, stats }) => ({ name, up, mtu, ...stats })),
      drops: [...ns.drops.entries()],
      // Old entries too: to look for them now would take them out, and tell every flow.
      fdb: this.cni0.fdb.list(0).map((entry) => [entry.mac, entry.port?.link.name, entry.updatedAt]),
      neighbours: ns.neighbours.list().map((each) => [each.address, each.mac, each.state, each.usedAt]),
    };
  }

  #device(name: Port): EthernetDevice {
    return new EthernetDevice(this.ns, name, {
      mac: mac(`02:00:00:00:00:0${name === 'eth0' ? 1 : name.slice(-1)}`),
      transmit: (frame) => {
        this.#left.push({ port: name, frame: frame.slice() });
      },
    });
  }

  #answerArp(port: Port, frame: Uint8Array): void {
    if (frame[12] !== 0x08 || frame[13] !== 0x06) return;
    const request = parseArp(frame, 14, frame.length);
    if (typeof request === 'string' || request.operation !== ARP_REQUEST) return;
    const found = Object.entries(HOSTS[port]).find(([address]) => ipv4(address) === request.targetAddress);
    if (!found) return;
    const reply = new Uint8Array(14 + ARP_LENGTH);
    writeEthernet(reply, 0, request.senderMac, found[1], 0x0806);
    writeArp(reply, 14, {
      operation: ARP_REPLY,
      senderMac: found[1],
      senderAddress: request.targetAddress,
      targetMac: request.senderMac,
      targetAddress: request.senderAddress,
    });
    this.send(port, reply);
  }
}

/** A frame of a host behind `port`, to the node or to its neighbour on the bridge. */
export function frameOf(port: Port, spec: FrameSpec): Uint8Array {
  const neighbour = port === 'eth0' ? undefined : POD_MACS[spec.destination];
  const gateway = port === 'eth0' ? mac('02:00:00:00:00:01') : mac('02:00:00:00:01:01');
  return write({
    ...spec,
    from: HOSTS[port][spec.source] ?? HOSTS_6[port][spec.source] ?? mac('02:00:00:00:99:99'),
    to: neighbour ?? gateway,
    source: parseIp(spec.source)!,
    destination: parseIp(spec.destination)!,
  });
}

/** The answer to a frame that left: addresses and ports exchanged. Undefined for what nobody answers. */
export function replyTo(
  frame: Uint8Array,
  spec: Pick<FrameSpec, 'flags' | 'payload' | 'ttl' | 'numbers'>,
): Uint8Array | undefined {
  const isSix = frame[12] === 0x86 && frame[13] === 0xdd;
  if (!isSix && (frame[12] !== 0x08 || frame[13] !== 0x00 || frame[14] !== 0x45)) return undefined;
  const protocol = frame[isSix ? 20 : 23];
  if (protocol !== 6 && protocol !== 17) return undefined;
  const view = new DataView(frame.buffer, frame.byteOffset);
  const transport = isSix ? 54 : 34;
  return write({
    ...spec,
    protocol: protocol === 6 ? 'tcp' : 'udp',
    from: readMac(frame, 0),
    to: readMac(frame, 6),
    source: isSix ? ipv6Destination(frame, 14) : (view.getUint32(30) as Ipv4),
    destination: isSix ? ipv6Source(frame, 14) : (view.getUint32(26) as Ipv4),
    sourcePort: view.getUint16(transport + 2),
    destinationPort: view.getUint16(transport),
    dontFragment: false,
  });
}

const SAME_NUMBERS: SegmentNumbers = {
  sequence: 1,
  acknowledgment: 1,
  window: 1000,
  options: new Uint8Array(),
};

interface Written extends Omit<FrameSpec, 'source' | 'destination'> {
  readonly from: Mac;
  readonly to: Mac;
  readonly source: IpAddress;
  readonly destination: IpAddress;
}

function write(spec: Written): Uint8Array {
  const { source, destination, sourcePort, destinationPort, payload } = spec;
  const isTcp = spec.protocol === 'tcp';
  const { options, ...numbers } = spec.numbers ?? SAME_NUMBERS;
  const l4 = isIpv6(source) ? 54 : 34;
  const length = (isTcp ? 20 + options.length : 8) + payload;
  const bytes = new Uint8Array(l4 + length);
  writeEthernet(bytes, 0, spec.to, spec.from, isIpv6(source) ? 0x86dd : 0x0800);
  for (let i = 0; i < payload; i++) bytes[bytes.length - 1 - i] = (i * 31 + payload) & 255;
  writeIpHeader(bytes, spec, length);
  if (isTcp) {
    writeTcp(bytes, l4, { sourcePort, destinationPort, flags: spec.flags, ...numbers });
    bytes[l4 + 12] = ((20 + options.length) >> 2) << 4;
    bytes.set(options, l4 + 20);
    writeTcpChecksum(bytes, l4, bytes.length, source, destination);
  } else {
    writeUdp(bytes, l4, { sourcePort, destinationPort, length: 8 + payload });
    writeUdpChecksum(bytes, l4, source, destination);
  }
  return bytes;
}

function writeIpHeader(bytes: Uint8Array, spec: Written, length: number): void {
  const { source, destination, payload, ttl } = spec;
  const protocol = spec.protocol === 'tcp' ? 6 : 17;
  if (isIpv6(source)) {
    writeIpv6Header(bytes, 14, {
      source,
      destination: destination as Ipv6,
      nextHeader: protocol,
      payloadLength: length,
      trafficClass: 0,
      hopLimit: ttl,
    });
    return;
  }
  writeIpv4Header(bytes, 14, {
    source,
    destination: destination as Ipv4,
    protocol,
    totalLength: 20 + length,
    tos: 0,
    ttl,
    id: payload,
    fragment: spec.dontFragment ? 0x4000 : 0,
  });
}
