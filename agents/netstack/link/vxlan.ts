import { u16, u32 } from '../bytes.ts';
import { ETHERNET_HEADER } from '../header/ethernet.ts';
import { findUpperLayer } from '../header/extension-headers.ts';
import { classOf, ipSource } from '../header/ip-header.ts';
import { IPV4_HEADER, ipv4HeaderLength, ipv4Protocol, writeIpv4Header } from '../header/ipv4-header.ts';
import { IPV6_HEADER, writeIpv6Header } from '../header/ipv6-header.ts';
import { UDP_HEADER, writeUdp, writeUdpChecksum } from '../header/udp-header.ts';
import { parseVxlan, VXLAN_HEADER, writeVxlan } from '../header/vxlan-header.ts';
import { type IpAddress, isIpv6 } from '../ip-address.ts';
import type { Ipv4 } from '../ipv4.ts';
import type { Ipv6 } from '../ipv6.ts';
import { isGroupMac, type Mac, randomMac, readMac, ZERO_MAC } from '../mac.ts';
import { NetError } from '../net-error.ts';
import type { Netns } from '../netns.ts';
import type { Packet } from '../packet.ts';
import { ETH_IPV4, ETH_IPV6, PROTO_TCP, PROTO_UDP } from '../protocol-numbers.ts';
import { Link } from './link.ts';
import { ECN_MASK, outerTos, tellCongestion } from './tunnel-ecn.ts';

/** Addresses one VXLAN device knows; a further one is refused with ENOSPC. */
const MAX_FDB = 16_384;
/** FDB_AGE_DEFAULT. */
const AGEING_MS = 300_000;

export interface VxlanOptions {
  readonly vni: number;
  /** UDP port; Linux's 8472 by default, not IANA's 4789. */
  readonly port?: number;
  /** The outer source address. */
  readonly local: IpAddress;
  /** The device that the tunnel's packets are meant to leave by; it bounds nothing here. */
  readonly device?: Link;
  /** Learn addresses from what comes in; flannel turns it off. */
  readonly learning?: boolean;
  readonly mac?: Mac;
  readonly mtu?: number;
}

/** A VXLAN tunnel endpoint (RFC 7348; drivers/net/vxlan). Its FDB maps inner MACs to outer addresses. */
export class VxlanLink extends Link {
  readonly kind = 'vxlan';
  readonly vni: number;
  readonly port: number;
  readonly local: IpAddress;
  readonly device: Link | undefined;
  readonly learning: boolean;
  readonly #fdb = new Map<Mac, IpAddress[]>();
  /** What was learnt, and when; what is not here was put in by a command. */
  readonly #learnt = new Map<Mac, number>();

  constructor(ns: Netns, name: string, options: VxlanOptions & { mac: Mac; mtu: number }) {
    super(ns, name, options);
    this.vni = options.vni;
    this.port = options.port ?? 8472;
    this.local = options.local;
    this.device = options.device;
    this.learning = options.learning ?? true;
    ns.udp.registerVxlan(this);
  }

  /** The first remote for `mac` (`bridge fdb add`). */
  fdbAdd(mac: Mac, remote: IpAddress): void {
    if (this.#fdb.has(mac)) throw new NetError('EEXIST', 'File exists');
    this.fdbAppend(mac, remote);
  }

  /** Adds one more remote for `mac` (`bridge fdb append`); the zero MAC is the default for unknown ones. */
  fdbAppend(mac: Mac, remote: IpAddress): void {
    const remotes = this.#fdb.get(mac) ?? [];
    this.#learnt.delete(mac);
    // One host is in one place (vxlan_fdb_update_existing).
    if (remotes.includes(remote) || (remotes.length > 0 && !isForMany(mac))) return;
    if (!this.#fdb.has(mac) && this.#fdb.size >= MAX_FDB)
      throw new NetError('ENOSPC', 'No space left on device');
    this.#fdb.set(mac, [...remotes, remote]);
  }

  /** Makes `remote` the only one (`bridge fdb replace`). */
  fdbReplace(mac: Mac, remote: IpAddress): void {
    if (this.#fdb.has(mac) && isForMany(mac)) throw new NetError('EOPNOTSUPP', 'Operation not supported');
    this.#learnt.delete(mac);
    this.#fdb.set(mac, [remote]);
  }

  /** ENOENT if it is not there; without `remote`, all of the address. */
  fdbDelete(mac: Mac, remote?: IpAddress): void {
    const remotes = this.#fdb.get(mac);
    if (!remotes) throw new NetError('ENOENT', 'No such file or directory');
    if (remote !== undefined && !remotes.includes(remote)) return;
    const rest = remote === undefined ? [] : remotes.filter((other) => other !== remote);
    if (rest.length > 0) this.#fdb.set(mac, rest);
    else this.#forget(mac);
  }

  fdbList(): { mac: Mac; remote: IpAddress; isLearnt: boolean }[] {
    for (const mac of [...this.#learnt.keys()]) this.#remotes(mac);
    return [...this.#fdb].flatMap(([mac, remotes]) =>
      remotes.map((remote) => ({ mac, remote, isLearnt: this.#learnt.has(mac) })),
    );
  }

  /** What was learnt a while ago is not known any more (vxlan_cleanup). */
  #remotes(mac: Mac): readonly IpAddress[] | undefined {
    const learntAt = this.#learnt.size === 0 ? undefined : this.#learnt.get(mac);
    if (learntAt !== undefined && this.ns.softirq.now - learntAt > AGEING_MS) this.#forget(mac);
    return this.#fdb.get(mac);
  }

  #forget(mac: Mac): void {
    this.#fdb.delete(mac);
    this.#learnt.delete(mac);
  }

  /** vxlan_snoop; false for a source that is none, or elsewhere as a command says. */
  #learn(mac: Mac, remote: IpAddress): boolean {
    if (isForMany(mac)) return false;
    const known = this.#fdb.get(mac);
    if (known !== undefined && !this.#learnt.has(mac)) return known[0] === remote;
    if (known === undefined && this.#fdb.size >= MAX_FDB) return true;
    if (known?.[0] !== remote) this.#fdb.set(mac, [remote]);
    this.#learnt.set(mac, this.ns.softirq.now);
    return true;
  }

  /** vxlan_xmit. */
  protected override xmit(packet: Packet): void {
    const remotes = this.#remotes(readMac(packet.bytes, packet.start)) ?? this.#remotes(ZERO_MAC);
    if (!remotes) {
      this.stats.txDropped++;
      return this.ns.drop(packet, 'VXLAN_NO_REMOTE');
    }
    for (let i = 0; i < remotes.length - 1; i++) this.#encapsulate(packet.clone(), remotes[i]!);
    this.#encapsulate(packet, remotes[remotes.length - 1]!);
  }

  /** vxlan_rcv; `packet` is the outer one, its l4 at the UDP header. */
  decapsulate(packet: Packet): void {
    const inner = packet.l4 + UDP_HEADER + VXLAN_HEADER;
    if (packet.end - inner < ETHERNET_HEADER) return this.ns.drop(packet, 'PKT_TOO_SMALL');
    const outerSource = ipSource(packet.bytes, packet.l3);
    const outer = classOf(packet.bytes, packet.l3) & ECN_MASK;
    packet.start = inner;
    packet.l3 = inner + ETHERNET_HEADER;
    packet.scrub(false);
    const source = readMac(packet.bytes, inner + 6);
    if (source === this.mac) return this.ns.drop(packet, 'VXLAN_INVALID_HDR');
    if (this.learning && !this.#learn(source, outerSource)) return this.ns.drop(packet, 'VXLAN_SOURCE');
    if (outer !== 0 && !tellCongestion(packet, outer)) return this.ns.drop(packet, 'IP_TUNNEL_ECN');
    this.ns.softirq.enqueue(this, packet);
  }

  override onDelete(): void {
    this.ns.udp.unregisterVxlan(this);
  }

  #encapsulate(packet: Packet, remote: IpAddress): void {
    const { ns } = this;
    const sourcePort = flowPort(ns, packet);
    const tos = outerTos(packet);
    packet.scrub(false);
    packet.push(VXLAN_HEADER);
    writeVxlan(packet.bytes, packet.start, this.vni);
    packet.push(UDP_HEADER);
    packet.l4 = packet.start;
    const length = packet.end - packet.start;
    writeUdp(packet.bytes, packet.start, { sourcePort, destinationPort: this.port, length });
    const key = { source: this.local, mark: packet.mark };
    const route = ns.ipFor(remote).routeSent(packet, remote, PROTO_UDP, key);
    if (typeof route === 'string' || route.link === this) {
      this.stats.txDropped++;
      return ns.drop(packet, 'IP_OUTNOROUTES');
    }
    packet.input = undefined;
    packet.fragments = undefined;
    if (isIpv6(remote)) this.#writeOuter6(packet, remote as Ipv6, tos);
    else this.#writeOuter4(packet, remote, tos);
    ns.ipFor(remote).localOut(packet, route);
  }

  /** The outer UDP checksum stays 0, as Linux's default for IPv4 (RFC 7348 §4.2 allows it). */
  #writeOuter4(packet: Packet, destination: Ipv4, tos: number): void {
    packet.push(IPV4_HEADER);
    packet.l3 = packet.start;
    writeIpv4Header(packet.bytes, packet.l3, {
      source: this.local as Ipv4,
      destination,
      protocol: PROTO_UDP,
      totalLength: packet.end - packet.l3,
      tos,
      ttl: 64,
      id: this.ns.ip.takeId(),
      fragment: 0,
    });
  }

  #writeOuter6(packet: Packet, destination: Ipv6, trafficClass: number): void {
    writeUdpChecksum(packet.bytes, packet.l4, this.local, destination);
    const payloadLength = packet.end - packet.start;
    packet.push(IPV6_HEADER);
    packet.l3 = packet.start;
    packet.l4 = packet.start + IPV6_HEADER;
    packet.nextHeader = PROTO_UDP;
    writeIpv6Header(packet.bytes, packet.l3, {
      source: this.local as Ipv6,
      destination,
      nextHeader: PROTO_UDP,
      payloadLength,
      trafficClass,
      hopLimit: 64,
    });
  }
}

/** A group's address, or that of whoever is not known. */
const isForMany = (mac: Mac): boolean => mac === ZERO_MAC || isGroupMac(mac);

/** udp_flow_src_port: a port of the local range that is the same for all packets of an inner flow. */
function flowPort(ns: Netns, { bytes, start, end }: Packet): number {
  let hash = 0x9e3779b9;
  const mix = (word: number) => {
    hash = Math.imul(hash ^ word, 0x85ebca6b);
    hash ^= hash >>> 13;
  };
  const l3 = start + ETHERNET_HEADER;
  const etherType = u16(bytes, start + 12);
  if (etherType === ETH_IPV6) {
    const upper = findUpperLayer(bytes, l3, end);
    for (let at = l3 + 8; at < l3 + IPV6_HEADER; at += 4) mix(u32(bytes, at));
    mix(upper?.protocol ?? 0);
    if (upper?.protocol === PROTO_TCP || upper?.protocol === PROTO_UDP) mix(u32(bytes, upper.offset));
  } else if (etherType === ETH_IPV4) {
    const protocol = ipv4Protocol(bytes, l3);
    mix(u32(bytes, l3 + 12));
    mix(u32(bytes, l3 + 16));
    mix(protocol);
    if (protocol === PROTO_TCP || protocol === PROTO_UDP) mix(u32(bytes, l3 + ipv4HeaderLength(bytes, l3)));
  } else {
    mix(u32(bytes, start + 2));
    mix(u32(bytes, start + 8));
  }
  const [low, high] = ns.sysctl.portRange();
  return low + ((hash >>> 0) % (high - low + 1));
}

/** A tunnel endpoint, down; its MTU leaves room for the outer headers. EEXIST if the namespace has the VNI on that port. */
export function createVxlan(ns: Netns, name: string, options: VxlanOptions): VxlanLink {
  // Ethernet, IP, UDP and VXLAN.
  const overhead = isIpv6(options.local) ? 70 : 50;
  return new VxlanLink(ns, name, {
    ...options,
    mac: options.mac ?? randomMac(ns.rng),
    mtu: options.mtu ?? (options.device ? options.device.mtu - overhead : 1500 - overhead),
  });
}

/** The VNI of an outer packet, for the socket that takes it in. */
export function vniOf(packet: Packet): number | undefined {
  const vni = parseVxlan(packet.bytes, packet.l4 + UDP_HEADER, packet.end);
  return typeof vni === 'number' ? vni : undefined;
}
