import {
  ICMP_UNREACHABLE,
  UNREACH_ADMIN_PROHIBITED,
  UNREACH_HOST,
  UNREACH_HOST_PROHIBITED,
  UNREACH_NET,
  UNREACH_NET_PROHIBITED,
  UNREACH_PORT,
  UNREACH_PROTOCOL,
} from '../header/icmp-header.ts';
import {
  ICMP6_UNREACHABLE,
  UNREACH6_ADDRESS,
  UNREACH6_NO_ROUTE,
  UNREACH6_POLICY,
  UNREACH6_PORT,
  UNREACH6_PROHIBITED,
  UNREACH6_REJECT_ROUTE,
} from '../header/icmp6-header.ts';
import { ipDestination, ipSource, isVersion6, transportOf } from '../header/ip-header.ts';
import {
  parseTcp,
  TCP_ACK,
  TCP_FIN,
  TCP_HEADER,
  TCP_RST,
  TCP_SYN,
  tcpHeaderLength,
  writeTcp,
  writeTcpChecksum,
} from '../header/tcp-header.ts';
import type { Netns } from '../netns.ts';
import { CT_ESTABLISHED, type Packet } from '../packet.ts';
import { PROTO_TCP } from '../protocol-numbers.ts';
import type { RejectType } from './rule.ts';

/** Of each version's "destination unreachable". */
const CODES: Readonly<Record<Exclude<RejectType, 'tcp-reset'>, number>> = {
  'icmp6-no-route': UNREACH6_NO_ROUTE,
  'icmp6-adm-prohibited': UNREACH6_PROHIBITED,
  'icmp6-addr-unreachable': UNREACH6_ADDRESS,
  'icmp6-port-unreachable': UNREACH6_PORT,
  'icmp6-policy-fail': UNREACH6_POLICY,
  'icmp6-reject-route': UNREACH6_REJECT_ROUTE,
  'icmp-net-unreachable': UNREACH_NET,
  'icmp-host-unreachable': UNREACH_HOST,
  'icmp-proto-unreachable': UNREACH_PROTOCOL,
  'icmp-port-unreachable': UNREACH_PORT,
  'icmp-net-prohibited': UNREACH_NET_PROHIBITED,
  'icmp-host-prohibited': UNREACH_HOST_PROHIBITED,
  'icmp-admin-prohibited': UNREACH_ADMIN_PROHIBITED,
};

/** The REJECT target's answer (nf_reject_ipv4.c, nf_reject_ipv6.c); the caller drops the packet. */
export function reject(ns: Netns, packet: Packet, type: RejectType): void {
  if (type === 'tcp-reset') sendReset(ns, packet);
  else if (isVersion6(packet.bytes, packet.l3)) ns.icmp6.sendError(packet, ICMP6_UNREACHABLE, codeFor6(type));
  else ns.icmp.sendError(packet, ICMP_UNREACHABLE, CODES[type]);
}

/** What an inet rule says of both versions (nft_reject_icmpv6_code). */
function codeFor6(type: Exclude<RejectType, 'tcp-reset'>): number {
  switch (type) {
    case 'icmp-net-unreachable':
      return UNREACH6_NO_ROUTE;
    case 'icmp-host-unreachable':
      return UNREACH6_ADDRESS;
    case 'icmp-admin-prohibited':
      return UNREACH6_PROHIBITED;
    case 'icmp-port-unreachable':
      return UNREACH6_PORT;
    default:
      return CODES[type];
  }
}

/** nf_send_reset: the reset belongs to the rejected packet's connection, so NAT is undone on it. */
function sendReset(ns: Netns, packet: Packet): void {
  const { bytes, l3, l4, end } = packet;
  if (transportOf(packet) !== PROTO_TCP) return;
  const segment = parseTcp(bytes, l4, end);
  if (typeof segment === 'string' || segment.flags & TCP_RST) return;
  const client = ipSource(bytes, l3);
  const ip = ns.ipFor(client);
  const reset = ip.allocate(TCP_HEADER);
  const length = end - l4 - tcpHeaderLength(bytes, l4);
  const counted = (segment.flags & TCP_SYN ? 1 : 0) + (segment.flags & TCP_FIN ? 1 : 0) + length;
  const acknowledges = (segment.flags & TCP_ACK) === 0;
  writeTcp(reset.bytes, reset.l4, {
    sourcePort: segment.destinationPort,
    destinationPort: segment.sourcePort,
    sequence: acknowledges ? 0 : segment.acknowledgment,
    acknowledgment: acknowledges ? (segment.sequence + counted) >>> 0 : 0,
    flags: acknowledges ? TCP_RST | TCP_ACK : TCP_RST,
    window: 0,
  });
  reset.connection = packet.connection;
  reset.ctInfo = CT_ESTABLISHED;
  reset.ctReply = !packet.ctReply;
  reset.trace = packet.trace;
  ip.send(
    reset,
    client,
    PROTO_TCP,
    { source: ipDestination(bytes, l3), dontFragment: true },
    (source, destination) => writeTcpChecksum(reset.bytes, reset.l4, reset.end, source, destination),
  );
}
