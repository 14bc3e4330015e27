import { u16, u32 } from '../bytes.ts';
import { endsHere } from '../fib/route.ts';
import { findUpperLayer, fragmentOffset, moreFragments } from '../header/extension-headers.ts';
import {
  checkIcmp6,
  ICMP6_ECHO,
  ICMP6_ECHO_REPLY,
  ICMP6_HEADER,
  ICMP6_NEIGHBOUR_ADVERTISEMENT,
  ICMP6_NEIGHBOUR_SOLICITATION,
  ICMP6_PARAMETER,
  ICMP6_TOO_BIG,
  ICMP6_UNREACHABLE,
  isIcmp6Error,
  PARAMETER_OPTION,
  writeIcmp6,
  writeIcmp6Checksum,
} from '../header/icmp6-header.ts';
import {
  IPV6_HEADER,
  IPV6_MIN_MTU,
  ipv6Destination,
  ipv6Source,
  ipv6TrafficClass,
} from '../header/ipv6-header.ts';
import { ErrorLimit } from '../ip/error-limit.ts';
import { attachRelated } from '../ip/icmp.ts';
import type { IcmpFault } from '../ip/icmp-fault.ts';
import { type Ipv6, isLinkLocal6, isLoopback6, isMulticast6 } from '../ipv6.ts';
import type { Netns } from '../netns.ts';
import { PACKET_HOST, type Packet } from '../packet.ts';
import { PROTO_ICMPV6, PROTO_TCP, PROTO_UDP } from '../protocol-numbers.ts';
import { receiveDiscovery } from './neighbour-discovery.ts';
import { selectAddress6 } from './source-address6.ts';

/** ICMPv6 of a namespace (RFC 4443; net/ipv6/icmp.c): answers echo, sends and hears errors, finds neighbours. */
export class Icmp6 {
  readonly #ns: Netns;
  readonly #limit: ErrorLimit;
  /** Its socket is held while it sends: nothing about that can be said (icmpv6_xmit_lock). */
  #isSending = false;

  constructor(ns: Netns) {
    this.#ns = ns;
    this.#limit = new ErrorLimit(ns);
  }

  receive(packet: Packet): void {
    const { bytes, l3, l4, end } = packet;
    const fault = end - l4 < ICMP6_HEADER ? 'PKT_TOO_SMALL' : checkIcmp6(bytes, l3, l4, end);
    if (fault) return this.#ns.drop(packet, fault);
    const type = bytes[l4]!;
    if (type === ICMP6_ECHO) return this.#answer(packet);
    if (type === ICMP6_ECHO_REPLY) return this.#echoReply(packet);
    if (type === ICMP6_NEIGHBOUR_SOLICITATION || type === ICMP6_NEIGHBOUR_ADVERTISEMENT)
      return receiveDiscovery(this.#ns, packet);
    if (type >= ICMP6_UNREACHABLE && type <= ICMP6_PARAMETER) return this.#fault(packet);
    this.#ns.drop(packet, 'UNHANDLED_PROTO');
  }

  /**
   * Reports `packet` to its sender, unless RFC 4443 §2.4 forbids it: never about an ICMPv6 error, nor to a source
   * that is no host, nor about a packet to many, but for its size. `packet` is only read; one that a bridge passes
   * on is reported by the device that leads back.
   */
  sendError(packet: Packet, type: number, code: number, info = 0): void {
    const { bytes, l3 } = packet;
    const target = ipv6Source(bytes, l3);
    if (!mayReport(packet, target, type, code, info) || this.#isShared(target) || !this.#limit.take()) return;
    const quoted = Math.min(packet.end - l3, IPV6_MIN_MTU - IPV6_HEADER - ICMP6_HEADER);
    const error = this.#ns.ip6.allocate(ICMP6_HEADER + quoted);
    error.bytes.set(bytes.subarray(l3, l3 + quoted), error.l4 + ICMP6_HEADER);
    writeIcmp6(error.bytes, error.l4, { type, code, rest: info });
    error.trace = packet.trace;
    attachRelated(error, packet);
    const isByWayBack = packet.bridged !== undefined && packet.route === undefined;
    const source = this.#reporter(packet, isByWayBack ? undefined : target);
    this.#send(error, packet, source, 0, isByWayBack);
  }

  /** An address that several have names no sender. */
  #isShared(address: Ipv6): boolean {
    return this.#ns.fib6.lookupOwn(address)?.type === 'anycast';
  }

  /** Who reports: the address that was meant, else one of the device that the packet came in by. */
  #reporter({ bytes, l3, input, type }: Packet, target: Ipv6 | undefined): Ipv6 | undefined {
    const meant = ipv6Destination(bytes, l3);
    const route = type === PACKET_HOST ? this.#ns.fib6.lookupOwn(meant) : undefined;
    const isNear = (isLinkLocal6(meant) || isLoopback6(meant)) && route?.link !== input;
    if (route !== undefined && endsHere(route) && !isNear) return meant;
    return target === undefined ? undefined : input && selectAddress6(this.#ns, input, target);
  }

  /** Answers `about`: to a neighbour on a link, and from whatever address fits, by the device that it came in by. */
  #send(packet: Packet, about: Packet, source: Ipv6 | undefined, tos: number, isByWayBack = false): void {
    if (this.#isSending) return;
    const target = ipv6Source(about.bytes, about.l3);
    const isByDevice =
      about.input !== undefined && ((source === undefined && !isByWayBack) || isLinkLocal6(target));
    const options = {
      tos,
      ...(source !== undefined && { source }),
      ...(isByDevice && { output: about.input }),
    };
    this.#isSending = true;
    try {
      this.#ns.ip6.send(packet, target, PROTO_ICMPV6, options, (from, to) =>
        writeIcmp6Checksum(packet.bytes, packet.l4, packet.end, from, to),
      );
    } finally {
      this.#isSending = false;
    }
  }

  /** icmpv6_echo_reply: from the address that was asked, or one of ours if others have that too. */
  #answer(request: Packet): void {
    const ns = this.#ns;
    const { bytes, l3, l4, end } = request;
    if (ns.sysctl.number('net.ipv6.icmp.echo_ignore_all')) return ns.drop(request, 'ICMP_INVALID');
    const reply = ns.ip6.allocate(end - l4);
    reply.bytes.set(bytes.subarray(l4, end), reply.l4);
    reply.bytes[reply.l4] = ICMP6_ECHO_REPLY;
    reply.trace = request.trace;
    request.trace?.({ kind: 'socket', ns: ns.name, protocol: 'icmp', detail: 'echo reply' }, request);
    const asked = ipv6Destination(bytes, l3);
    const tos = ipv6TrafficClass(bytes, l3);
    const isOurs = ns.fib6.lookupOwn(asked)?.type === 'local';
    this.#send(reply, request, isOurs ? asked : undefined, tos);
  }

  #echoReply(packet: Packet): void {
    const { bytes, l3, l4, end } = packet;
    const isHeard = this.#ns.echo.heard(u16(bytes, l4 + 4), {
      from: ipv6Source(bytes, l3),
      sequence: u16(bytes, l4 + 6),
      ttl: bytes[l3 + 7]!,
      payload: bytes.subarray(l4 + ICMP6_HEADER, end),
    });
    if (!isHeard) this.#ns.drop(packet, 'ICMP_INVALID');
  }

  /** Hands an error to the socket whose packet it quotes (icmpv6_notify). */
  #fault(packet: Packet): void {
    const { bytes, l3, l4, end } = packet;
    const inner = l4 + ICMP6_HEADER;
    const upper = inner + IPV6_HEADER <= end ? findUpperLayer(bytes, inner, end) : undefined;
    if (upper === undefined || upper.offset + 8 > end) return this.#ns.drop(packet, 'ICMP_INVALID');
    const type = bytes[l4]!;
    const code = bytes[l4 + 1]!;
    const mtu = type === ICMP6_TOO_BIG ? u32(bytes, l4 + 4) : 0;
    const fault: IcmpFault = { type, code, from: ipv6Source(bytes, l3), mtu, errno: errnoOf(type, code) };
    const at = upper.offset;
    const local = { address: ipv6Source(bytes, inner), port: u16(bytes, at) };
    const remote = { address: ipv6Destination(bytes, inner), port: u16(bytes, at + 2) };
    switch (upper.protocol) {
      case PROTO_TCP:
        return this.#ns.tcp.fault(local, remote, u32(bytes, at + 4), fault);
      case PROTO_UDP:
        return this.#ns.udp.fault(local, remote, fault);
      case PROTO_ICMPV6:
        this.#ns.echo.failed(u16(bytes, at + 4), u16(bytes, at + 6), remote.address, fault);
    }
  }
}

/** tab_unreach, net/ipv6/icmp.c. */
const UNREACHABLE_ERRNO: readonly string[] = [
  'ENETUNREACH',
  'EACCES',
  'EHOSTUNREACH',
  'EHOSTUNREACH',
  'ECONNREFUSED',
  'EACCES',
  'EACCES',
];

function errnoOf(type: number, code: number): string {
  if (type === ICMP6_UNREACHABLE) return UNREACHABLE_ERRNO[code] ?? 'EPROTO';
  if (type === ICMP6_TOO_BIG) return 'EMSGSIZE';
  return type === ICMP6_PARAMETER ? 'EPROTO' : 'EHOSTUNREACH';
}

function mayReport(packet: Packet, target: Ipv6, type: number, code: number, info: number): boolean {
  const { bytes, l3, end } = packet;
  if (target === 0n || isMulticast6(target)) return false;
  const isToMany = packet.type !== PACKET_HOST || isMulticast6(ipv6Destination(bytes, l3));
  // RFC 4443 §2.4 (e.3): a packet to many may be reported for its size, and for an option that asks for it.
  const asksForIt =
    type === ICMP6_PARAMETER && code === PARAMETER_OPTION && bytes[l3 + info]! >> 6 === REPORT_ALWAYS;
  if (isToMany && type !== ICMP6_TOO_BIG && !asksForIt) return false;
  const upper = findUpperLayer(bytes, l3, end);
  if (upper?.protocol !== PROTO_ICMPV6) return true;
  if (upper.offset < end) return !isIcmp6Error(bytes[upper.offset]!);
  return (
    upper.fragment !== undefined &&
    (fragmentOffset(bytes, upper.fragment) !== 0 || moreFragments(bytes, upper.fragment))
  );
}

/** The highest bits of an option that wants to be reported by whoever does not know it (RFC 8200 §4.2). */
const REPORT_ALWAYS = 2;
