import { putU32, u32 } from '../bytes.ts';
import { internetChecksum, pseudoHeaderSum } from '../checksum.ts';
import { contains } from '../cidr.ts';
import {
  ICMP6_HEADER,
  ICMP6_NEIGHBOUR_ADVERTISEMENT,
  ICMP6_NEIGHBOUR_SOLICITATION,
} from '../header/icmp6-header.ts';
import { ipv6Destination, ipv6Source, readIpv6, writeIpv6, writeIpv6Header } from '../header/ipv6-header.ts';
import { ipConfOf } from '../ip/ip-conf.ts';
import {
  ALL_NODES,
  ANY_IPV6,
  type Ipv6,
  isLinkLocal6,
  isMulticast6,
  isSolicitedNode,
  solicitedNode,
} from '../ipv6.ts';
import type { Link } from '../link/link.ts';
import { type Mac, readMac, writeMac } from '../mac.ts';
import type { Neighbour } from '../neigh/neighbour.ts';
import type { Netns } from '../netns.ts';
import { PACKET_HOST, type Packet } from '../packet.ts';
import { PROTO_ICMPV6 } from '../protocol-numbers.ts';
import { isOwnOn } from './own-address.ts';
import { selectAddress6 } from './source-address6.ts';

/** A message's target, after the header's 8 bytes, and where its options begin (RFC 4861 §4.3, §4.4). */
const TARGET = ICMP6_HEADER;
const OPTIONS = ICMP6_HEADER + 16;
const OPTION_SOURCE = 1;
const OPTION_TARGET = 2;
const LINK_OPTION = 8;

const FLAG_ROUTER = 0x80000000;
const FLAG_SOLICITED = 0x40000000;
const FLAG_OVERRIDE = 0x20000000;

/** Asks for a neighbour: its group, or in PROBE itself (ndisc_solicit, net/ipv6/ndisc.c). */
export function solicit6(ns: Netns, neighbour: Neighbour, because: Packet | undefined): void {
  const { link, mac } = neighbour;
  const target = neighbour.address as Ipv6;
  const waiting = because && ipv6Source(because.bytes, because.l3);
  const source = waiting !== undefined && isOwnOn(link, waiting) ? waiting : linkLocal(link);
  if (source === undefined) return;
  const isProbe = neighbour.state === 'PROBE' && mac !== undefined;
  send(ns, link, {
    type: ICMP6_NEIGHBOUR_SOLICITATION,
    source,
    destination: isProbe ? target : solicitedNode(target),
    target,
    flags: 0,
    option: OPTION_SOURCE,
  });
}

const linkLocal = (link: Link): Ipv6 | undefined =>
  link.addresses6.find(({ address }) => isLinkLocal6(address))?.address;

/** ndisc_rcv: a message whose checksum is right. One that came further than over a link is no message at all. */
export function receiveDiscovery(ns: Netns, packet: Packet): void {
  const { bytes, l3, l4, end } = packet;
  const isFromLink = bytes[l3 + 7] === 255 && bytes[l4 + 1] === 0;
  if (!isFromLink || end - l4 < OPTIONS) return ns.drop(packet, 'NDP_INVALID');
  const target = readIpv6(bytes, l4 + TARGET);
  if (isMulticast6(target)) return ns.drop(packet, 'NDP_INVALID');
  if (bytes[l4] === ICMP6_NEIGHBOUR_SOLICITATION) return receiveSolicitation(ns, packet, target);
  receiveAdvertisement(ns, packet, target);
}

/** ndisc_recv_ns: who is asked for one of our addresses remembers who asks, and answers. */
function receiveSolicitation(ns: Netns, packet: Packet, target: Ipv6): void {
  const { bytes, l3, l4, end } = packet;
  const link = packet.input!;
  const source = ipv6Source(bytes, l3);
  const destination = ipv6Destination(bytes, l3);
  const isProbe = source === ANY_IPV6;
  const mac = linkOption(bytes, l4 + OPTIONS, end, OPTION_SOURCE);
  // RFC 4861 §7.1.1.
  const isSenseless = isProbe && (mac !== undefined || !isSolicitedNode(destination));
  if (mac === 'invalid' || isSenseless) return ns.drop(packet, 'NDP_INVALID');
  const role = roleOf(ns, link, target);
  if (role === undefined) return ns.drop(packet, 'OTHERHOST');
  const asked: Asked = { link, target, source, mac, isToGroup: isMulticast6(destination), role };
  const delayMs = ns.neighbours.setting(link, 6, 'proxy_delay') * 10;
  const isAtOnce = role.isOwn || packet.type === PACKET_HOST || !asked.isToGroup || delayMs === 0;
  if (isAtOnce) return answer(ns, asked);
  const limit = ns.neighbours.setting(link, 6, 'proxy_qlen');
  ns.neighbours.delayed.add(link, delayMs, limit, () => answer(ns, asked));
}

/** By whose right the node answers for an address. */
interface Role {
  readonly isOwn: boolean;
  readonly isRouter: boolean;
}

/** Its own, one that routers of the subnet share, or somebody else's for whom it has been told to answer. */
function roleOf(ns: Netns, link: Link, target: Ipv6): Role | undefined {
  const { forwarding6 } = ipConfOf(link);
  if (isOwnOn(link, target)) return { isOwn: true, isRouter: forwarding6 };
  const shared = ns.fib6.lookupOwn(target);
  if (shared?.type === 'anycast' && shared.link === link) return { isOwn: false, isRouter: forwarding6 };
  if (!forwarding6 || ns.sysctl.perLink(link.name, 'proxy_ndp', 'ipv6') === 0) return undefined;
  const proxied = ns.neighbours.proxied.find(link, target);
  return proxied && { isOwn: false, isRouter: proxied.isRouter };
}

interface Asked {
  readonly link: Link;
  readonly target: Ipv6;
  readonly source: Ipv6;
  readonly mac: Mac | undefined;
  readonly isToGroup: boolean;
  readonly role: Role;
}

function answer(ns: Netns, { link, target, source, mac, isToGroup, role }: Asked): void {
  const isProbe = source === ANY_IPV6;
  const destination = isProbe ? ALL_NODES : source;
  if (!isProbe) {
    const told = { state: 'STALE', mac, overrides: true, doubts: true } as const;
    const asker = ns.neighbours.learn(link, source, told, { create: mac !== undefined || !isToGroup });
    if (asker === undefined) return;
  }
  const from = role.isOwn ? target : selectAddress6(ns, link, destination);
  if (from === undefined) return;
  const overrides = role.isOwn && (isProbe || isToGroup);
  send(ns, link, {
    type: ICMP6_NEIGHBOUR_ADVERTISEMENT,
    source: from,
    // Somebody wants to take the address (RFC 4862 §5.4.3): all hear that it is in use.
    destination,
    target,
    flags:
      (isProbe ? 0 : FLAG_SOLICITED) | (role.isRouter ? FLAG_ROUTER : 0) | (overrides ? FLAG_OVERRIDE : 0),
    option: isProbe || isToGroup ? OPTION_TARGET : undefined,
  });
}

/** ndisc_recv_na; RFC 4861 §7.2.5: without the override flag a known address stays where it is. */
function receiveAdvertisement(ns: Netns, packet: Packet, target: Ipv6): void {
  const { bytes, l3, l4, end } = packet;
  const link = packet.input!;
  const flags = u32(bytes, l4 + 4);
  const isSolicited = (flags & FLAG_SOLICITED) !== 0;
  if (isSolicited && isMulticast6(ipv6Destination(bytes, l3))) return ns.drop(packet, 'NDP_INVALID');
  if (!isSolicited && ns.sysctl.perLink(link.name, 'drop_unsolicited_na', 'ipv6') > 0)
    return ns.drop(packet, 'NDP_INVALID');
  const mac = linkOption(bytes, l4 + OPTIONS, end, OPTION_TARGET);
  if (mac === 'invalid' || isOwnOn(link, target)) return ns.drop(packet, 'NDP_INVALID');
  const known = ns.neighbours.lookup(link, target);
  const create =
    known === undefined && mac !== undefined && isUntrackedAccepted(ns, link, ipv6Source(bytes, l3));
  if ((known === undefined && !create) || known?.state === 'FAILED') return;
  if (mac === link.mac && ns.neighbours.proxied.find(link, target) !== undefined) return;
  const told = {
    state: isSolicited && !create ? 'REACHABLE' : 'STALE',
    mac,
    overrides: (flags & FLAG_OVERRIDE) !== 0,
    doubts: true,
    isRouter: (flags & FLAG_ROUTER) !== 0,
  } as const;
  ns.neighbours.learn(link, target, told, { create });
}

/** Whether routers remember who tells of itself without having been asked (RFC 9131; accept_untracked_na). */
function isUntrackedAccepted(ns: Netns, link: Link, source: Ipv6): boolean {
  if (!ipConfOf(link).forwarding6) return false;
  const setting = ns.sysctl.own(link.name, 'accept_untracked_na', 'ipv6');
  if (setting === 2) return link.addresses6.some((own) => contains(own, source));
  return setting === 1;
}

/** The Ethernet address of an option; `invalid` if one lies about its length (RFC 4861 §4.6). */
function linkOption(
  bytes: Uint8Array,
  start: number,
  end: number,
  wanted: number,
): Mac | undefined | 'invalid' {
  let found: Mac | undefined;
  let isWrong = false;
  for (let at = start; at < end; ) {
    const length = at + 1 < end ? bytes[at + 1]! << 3 : 0;
    if (length === 0 || at + length > end) return 'invalid';
    if (bytes[at] === wanted && found === undefined) {
      if (length !== LINK_OPTION) isWrong = true;
      found = readMac(bytes, at + 2);
    }
    at += length;
  }
  return isWrong ? 'invalid' : found;
}

interface Message {
  readonly type: number;
  readonly source: Ipv6;
  readonly destination: Ipv6;
  readonly target: Ipv6;
  readonly flags: number;
  /** With which of the two options our own Ethernet address goes along. */
  readonly option: number | undefined;
}

/** ndisc_send_skb: out of this link, whatever the routes say. */
function send(ns: Netns, link: Link, message: Message): void {
  const length = OPTIONS + (message.option === undefined ? 0 : LINK_OPTION);
  const packet = ns.ip6.allocate(length);
  const { bytes, l3, l4, end } = packet;
  bytes[l4] = message.type;
  putU32(bytes, l4 + 4, message.flags >>> 0);
  writeIpv6(bytes, l4 + TARGET, message.target);
  if (message.option !== undefined) {
    bytes[l4 + OPTIONS] = message.option;
    bytes[l4 + OPTIONS + 1] = 1;
    writeMac(bytes, l4 + OPTIONS + 2, link.mac);
  }
  const { source, destination } = message;
  const sum = internetChecksum(bytes, l4, end, pseudoHeaderSum(source, destination, PROTO_ICMPV6, length));
  bytes[l4 + 2] = sum >>> 8;
  bytes[l4 + 3] = sum;
  writeIpv6Header(bytes, l3, {
    source,
    destination,
    nextHeader: PROTO_ICMPV6,
    payloadLength: length,
    trafficClass: 0,
    hopLimit: 255,
  });
  packet.nextHeader = PROTO_ICMPV6;
  ns.ip6.sendOn(link, packet);
}
