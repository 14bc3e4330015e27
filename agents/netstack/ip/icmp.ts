import { u16, u32 } from '../bytes.ts';
import {
  checkIcmp,
  ICMP_ECHO,
  ICMP_ECHO_REPLY,
  ICMP_HEADER,
  ICMP_PARAMETER,
  ICMP_REDIRECT,
  ICMP_TIME_EXCEEDED,
  ICMP_UNREACHABLE,
  UNREACH_FRAG_NEEDED,
  writeIcmp,
} from '../header/icmp-header.ts';
import {
  ipv4Destination,
  ipv4FragmentOffset,
  ipv4HeaderLength,
  ipv4Protocol,
  ipv4Source,
} from '../header/ipv4-header.ts';
import { BROADCAST_IPV4, type Ipv4, isMulticast } from '../ipv4.ts';
import type { Netns } from '../netns.ts';
import { CT_RELATED, PACKET_HOST, type Packet } from '../packet.ts';
import { PROTO_ICMP, PROTO_TCP, PROTO_UDP } from '../protocol-numbers.ts';
import { ErrorLimit } from './error-limit.ts';
import type { IcmpFault } from './icmp-fault.ts';
import type { SendOptions } from './ip-protocol.ts';

/** An ICMP error is at most this long, so that it passes everywhere (RFC 1812 §4.3.2.3). */
const MAX_ERROR = 576;
/** include/uapi/linux/ip.h. */
const IPTOS_TOS_MASK = 0x1e;
const IPTOS_PREC_INTERNETCONTROL = 0xc0;

/** ICMP of a namespace (RFC 792; net/ipv4/icmp.c): answers echo, sends and hears errors, pings. */
export class Icmp {
  readonly #ns: Netns;
  readonly #limit: ErrorLimit;
  /** Its socket is held while it sends: nothing about that can be said (icmp_xmit_lock). */
  #isSending = false;

  constructor(ns: Netns) {
    this.#ns = ns;
    this.#limit = new ErrorLimit(ns);
  }

  receive(packet: Packet): void {
    const { bytes, l4, end } = packet;
    const fault = checkIcmp(bytes, l4, end);
    if (fault) return this.#ns.drop(packet, fault);
    const type = bytes[l4]!;
    if (type === ICMP_ECHO) return this.#answer(packet);
    if (type === ICMP_ECHO_REPLY) return this.#echoReply(packet);
    if (type === ICMP_UNREACHABLE || type === ICMP_TIME_EXCEEDED || type === ICMP_PARAMETER)
      return this.#fault(packet);
    this.#ns.drop(packet, type === ICMP_REDIRECT ? 'ICMP_INVALID' : 'UNHANDLED_PROTO');
  }

  /**
   * Reports `packet` to its sender, unless RFC 1122 §3.2.2 forbids it: never about an ICMP error, a broadcast,
   * a later fragment or a source that is no host. `packet` is only read; one that is refused before it is known
   * where it goes may be to many.
   */
  sendError(packet: Packet, type: number, code: number, info = 0, isUnrouted = false): void {
    const { bytes, l3 } = packet;
    const target = ipv4Source(bytes, l3);
    if (!this.#mayReport(packet, target, isUnrouted) || !this.#limit.take()) return;
    const quoted = Math.min(packet.end - l3, MAX_ERROR - 20 - ICMP_HEADER);
    const error = this.#ns.ip.allocate(ICMP_HEADER + quoted);
    error.bytes.set(bytes.subarray(l3, l3 + quoted), error.l4 + ICMP_HEADER);
    writeIcmp(error.bytes, error.l4, error.end, { type, code, rest: info });
    error.trace = packet.trace;
    attachRelated(error, packet);
    const received = ipv4Destination(bytes, l3);
    // Before routing, what counts is the way back (nf_reject_fill_skb_dst).
    const towards = isUnrouted ? target : received;
    const isLocal = !isPassing(packet) && this.#ns.fib.lookupOwn(towards)?.type === 'local';
    const source = isLocal ? received : undefined;
    const tos = (bytes[l3 + 1]! & IPTOS_TOS_MASK) | IPTOS_PREC_INTERNETCONTROL;
    this.#send(error, target, { tos, ...(source === undefined ? {} : { source }) });
  }

  #mayReport(packet: Packet, target: Ipv4, isUnrouted: boolean): boolean {
    const { bytes, l3, l4 } = packet;
    if (packet.type !== PACKET_HOST || target === 0 || target === BROADCAST_IPV4 || isMulticast(target))
      return false;
    const isRouted = !isUnrouted && !isPassing(packet);
    if (isRouted && this.#isToMany(ipv4Destination(bytes, l3))) return false;
    if (ipv4FragmentOffset(bytes, l3) !== 0) return false;
    return !(ipv4Protocol(bytes, l3) === PROTO_ICMP && (l4 >= packet.end || !QUERIES.has(bytes[l4]!)));
  }

  #isToMany(address: Ipv4): boolean {
    if (isMulticast(address) || address === BROADCAST_IPV4) return true;
    return this.#ns.fib.lookupOwn(address)?.type === 'broadcast';
  }

  #answer(request: Packet): void {
    const ns = this.#ns;
    const { bytes, l3, l4, end } = request;
    const isToMany = request.route?.type === 'broadcast';
    if (isToMany || ns.sysctl.number('net.ipv4.icmp_echo_ignore_all'))
      return ns.drop(request, 'ICMP_INVALID');
    const reply = ns.ip.allocate(end - l4);
    reply.bytes.set(bytes.subarray(l4, end), reply.l4);
    const rest = u32(bytes, l4 + 4);
    writeIcmp(reply.bytes, reply.l4, reply.end, { type: ICMP_ECHO_REPLY, code: bytes[l4 + 1]!, rest });
    reply.trace = request.trace;
    request.trace?.({ kind: 'socket', ns: ns.name, protocol: 'icmp', detail: 'echo reply' }, request);
    this.#send(reply, ipv4Source(bytes, l3), { source: ipv4Destination(bytes, l3), tos: bytes[l3 + 1]! });
  }

  #send(packet: Packet, target: Ipv4, options: SendOptions): void {
    if (this.#isSending) return;
    this.#isSending = true;
    try {
      this.#ns.ip.send(packet, target, PROTO_ICMP, options);
    } finally {
      this.#isSending = false;
    }
  }

  #echoReply(packet: Packet): void {
    const { bytes, l3, l4, end } = packet;
    const isHeard = this.#ns.echo.heard(u16(bytes, l4 + 4), {
      from: ipv4Source(bytes, l3),
      sequence: u16(bytes, l4 + 6),
      ttl: bytes[l3 + 8]!,
      payload: bytes.subarray(l4 + ICMP_HEADER, end),
    });
    if (!isHeard) this.#ns.drop(packet, 'ICMP_INVALID');
  }

  /** Hands an error to the socket whose packet it quotes (icmp_unreach, icmp_socket_deliver). */
  #fault(packet: Packet): void {
    const { bytes, l3, l4, end } = packet;
    const inner = l4 + ICMP_HEADER;
    if (inner + 20 > end || inner + ipv4HeaderLength(bytes, inner) + 8 > end)
      return this.#ns.drop(packet, 'ICMP_INVALID');
    const innerL4 = inner + ipv4HeaderLength(bytes, inner);
    const type = bytes[l4]!;
    const code = bytes[l4 + 1]!;
    const mtu = type === ICMP_UNREACHABLE && code === UNREACH_FRAG_NEEDED ? u16(bytes, l4 + 6) : 0;
    const errno = (type === ICMP_UNREACHABLE ? UNREACHABLE_ERRNO[code] : undefined) ?? 'EHOSTUNREACH';
    const fault: IcmpFault = { type, code, from: ipv4Source(bytes, l3), mtu, errno };
    const local = { address: ipv4Source(bytes, inner), port: u16(bytes, innerL4) };
    const remote = { address: ipv4Destination(bytes, inner), port: u16(bytes, innerL4 + 2) };
    switch (ipv4Protocol(bytes, inner)) {
      case PROTO_TCP:
        return this.#ns.tcp.fault(local, remote, u32(bytes, innerL4 + 4), fault);
      case PROTO_UDP:
        return this.#ns.udp.fault(local, remote, fault);
      case PROTO_ICMP:
        this.#ns.echo.failed(u16(bytes, innerL4 + 4), u16(bytes, innerL4 + 6), remote.address, fault);
    }
  }
}

/** What a socket hears of each code of unreachability (icmp_err_convert, net/ipv4/icmp.c). */
const UNREACHABLE_ERRNO: readonly string[] = [
  'ENETUNREACH',
  'EHOSTUNREACH',
  'ENOPROTOOPT',
  'ECONNREFUSED',
  'EMSGSIZE',
  'EOPNOTSUPP',
  'ENETUNREACH',
  'EHOSTDOWN',
  'ENONET',
  'ENETUNREACH',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EHOSTUNREACH',
  'EHOSTUNREACH',
];

/** Echo, timestamp, information and address mask; all others are taken for errors (icmp_pointers). */
const QUERIES: ReadonlySet<number> = new Set([0, 8, 13, 14, 15, 16, 17, 18]);

/**
 * An error belongs to the connection of the packet that it is about, in the other direction (nf_ct_attach): on
 * its way out NAT puts the quoted packet back as its sender sent it.
 */
export function attachRelated(error: Packet, { connection, ctReply }: Packet): void {
  if (connection === undefined) return;
  error.connection = connection;
  error.ctInfo = CT_RELATED;
  error.ctReply = !ctReply;
}

/** Whether it goes from one port of a bridge to another, which asks no route for its addresses. */
function isPassing({ route, bridged }: Packet): boolean {
  return route === undefined && bridged?.physicalOutput !== undefined;
}
