import { u16, u32 } from '../bytes.ts';
import { ETHERNET_HEADER, writeEthernet } from '../header/ethernet.ts';
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
  TCP_ACK,
  TCP_FIN,
  TCP_HEADER,
  TCP_RST,
  TCP_SYN,
  type TcpHeader,
  tcpHeaderLength,
  writeTcp,
  writeTcpChecksum,
} from '../header/tcp-header.ts';
import { isLaterFragment } from '../ip/later-fragment.ts';
import { isWhole } from '../ip/whole-transport.ts';
import { type IpAddress, isIpv6 } from '../ip-address.ts';
import { BROADCAST_IPV4, type Ipv4, isMulticast } from '../ipv4.ts';
import { ANY_IPV6, isMapped, isMulticast6 } from '../ipv6.ts';
import { readMac } from '../mac.ts';
import type { Netns } from '../netns.ts';
import { CT_ESTABLISHED, type Packet } from '../packet.ts';
import { ETH_IPV4, ETH_IPV6, PROTO_TCP } from '../protocol-numbers.ts';
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

/** The REJECT target's answer (nf_reject_ipv4.c, nf_reject_ipv6.c); the caller drops the packet. What is damaged has none. */
export function reject(ns: Netns, packet: Packet, type: RejectType): void {
  if (isLaterFragment(packet) || !isWhole(packet)) return;
  if (type === 'tcp-reset') sendReset(ns, packet);
  else if (isVersion6(packet.bytes, packet.l3)) ns.icmp6.sendError(packet, ICMP6_UNREACHABLE, codeFor6(type));
  else ns.icmp.sendError(packet, ICMP_UNREACHABLE, CODES[type], 0, isUnrouted(packet));
}

/** A packet that is refused before it has a route; a bridge gives it one as it passes it on. */
function isUnrouted({ route, bridged }: Packet): boolean {
  return route === undefined && bridged?.physicalOutput === undefined;
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

/** nf_send_reset and nf_send_reset6: the reset belongs to the rejected packet's connection, so NAT is undone on it. */
function sendReset(ns: Netns, packet: Packet): void {
  const { bytes, l3, l4, end } = packet;
  if (transportOf(packet) !== PROTO_TCP || l4 + TCP_HEADER > end || (bytes[l4 + 13]! & TCP_RST) !== 0) return;
  const client = ipSource(bytes, l3);
  const server = ipDestination(bytes, l3);
  if (isToMany(ns, packet, client, server)) return;
  const { connection } = packet;
  const ip = ns.ipFor(client);
  const reset = ip.allocate(TCP_HEADER);
  writeTcp(reset.bytes, reset.l4, answerTo(bytes, l4, end));
  reset.connection = connection;
  reset.ctInfo = CT_ESTABLISHED;
  reset.ctReply = !packet.ctReply;
  reset.trace = packet.trace;
  const back = packet.bridged && ((answer: Packet) => sendBack(answer, packet));
  ip.send(
    reset,
    client,
    PROTO_TCP,
    { source: server, dontFragment: true, ...(back && { deliver: back }) },
    (source, destination) => {
      writeTcpChecksum(reset.bytes, reset.l4, reset.end, source, destination);
      if (connection !== undefined) ns.conntrack.setClosing(connection);
    },
  );
}

/** Nobody but one host is reset; what is to many is not, but before routing IPv4 knows only where it is from. */
function isToMany(ns: Netns, packet: Packet, client: IpAddress, server: IpAddress): boolean {
  if (isIpv6(server)) return !isUnicast6(client) || !isUnicast6(server);
  if (isMulticast(Number(client))) return true;
  if (isUnrouted(packet))
    return client === BROADCAST_IPV4 || ns.fib.lookupOwn(client as Ipv4)?.type === 'broadcast';
  return packet.route?.type === 'broadcast' || packet.route?.type === 'multicast';
}

const isUnicast6 = (address: IpAddress): boolean =>
  address !== ANY_IPV6 && !isMulticast6(BigInt(address)) && !isMapped(BigInt(address));

/** nf_reject_ip_tcphdr_put: whatever the header says of its own length. */
function answerTo(bytes: Uint8Array, l4: number, end: number): TcpHeader {
  const flags = bytes[l4 + 13]!;
  const length = end - l4 - tcpHeaderLength(bytes, l4);
  const counted = (flags & TCP_SYN ? 1 : 0) + (flags & TCP_FIN ? 1 : 0) + length;
  const acknowledges = (flags & TCP_ACK) === 0;
  return {
    sourcePort: u16(bytes, l4 + 2),
    destinationPort: u16(bytes, l4),
    sequence: acknowledges ? 0 : u32(bytes, l4 + 8),
    acknowledgment: acknowledges ? (u32(bytes, l4 + 4) + counted) >>> 0 : 0,
    flags: acknowledges ? TCP_RST | TCP_ACK : TCP_RST,
    window: 0,
  };
}

/** What came in by a bridge goes back by the same port, as if from the station that was meant. */
function sendBack(answer: Packet, { bytes, l3, bridged }: Packet): void {
  const frame = l3 - ETHERNET_HEADER;
  const type = isVersion6(bytes, l3) ? ETH_IPV6 : ETH_IPV4;
  answer.start = answer.l3;
  answer.push(ETHERNET_HEADER);
  writeEthernet(answer.bytes, answer.start, readMac(bytes, frame + 6), readMac(bytes, frame), type);
  bridged!.physicalInput.transmit(answer);
}
