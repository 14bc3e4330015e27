import { u16, u32 } from '../bytes.ts';
import { masked } from '../cidr.ts';
import {
  type Connection,
  IPS_ASSURED,
  IPS_CONFIRMED,
  IPS_DST_NAT,
  IPS_SEEN_REPLY,
  IPS_SRC_NAT,
} from '../conntrack/connection.ts';
import {
  STATE_ESTABLISHED,
  STATE_INVALID,
  STATE_NEW,
  STATE_RELATED,
  STATE_UNTRACKED,
  stateOf,
} from '../conntrack/packet-state.ts';
import { ICMP_HEADER } from '../header/icmp-header.ts';
import { transportOf } from '../header/ip-header.ts';
import { readIpv6 } from '../header/ipv6-header.ts';
import { TCP_HEADER } from '../header/tcp-header.ts';
import { UDP_HEADER } from '../header/udp-header.ts';
import { isLaterFragment, protocolOf } from '../ip/later-fragment.ts';
import { compileSetMatch } from '../ipset/set-match.ts';
import type { Link } from '../link/link.ts';
import { readMac } from '../mac.ts';
import { TokenBucket } from '../netfilter/token-bucket.ts';
import type { Netns } from '../netns.ts';
import type { Packet } from '../packet.ts';
import { PROTO_ICMP, PROTO_ICMPV6 } from '../protocol-numbers.ts';
import { compileAddrtype } from './addrtype.ts';
import { compileConnlimit } from './connlimit.ts';
import { compileHeaderMatch } from './header-match-compiler.ts';
import { compileRecent } from './recent.ts';
import { compileRpfilter } from './rpfilter.ts';
import type {
  AddressMatch,
  ConntrackMatch,
  CtState,
  CtStatus,
  IcmpMatch,
  InterfaceMatch,
  Match,
  PortRange,
  Rule,
} from './rule.ts';
import { compileU32 } from './u32.ts';

/** Whether a packet is one that a match speaks of; `drop` for one that it cannot read (hotdrop). */
export type Predicate = (
  packet: Packet,
  input: Link | undefined,
  output: Link | undefined,
) => boolean | 'drop';

/** All of a rule's conditions, cheapest first as the kernel checks them; comments vanish. */
export function compileConditions(ns: Netns, rule: Rule): Predicate[] {
  const predicates: Predicate[] = [];
  const { source, destination, input, output, protocol, fragment } = rule;
  if (source) predicates.push(compileAddress(source, 'source'));
  if (destination) predicates.push(compileAddress(destination, 'destination'));
  if (input) predicates.push(compileInterface(input, (_packet, link) => link));
  if (output) predicates.push(compileInterface(output, (_packet, _in, link) => link));
  if (protocol) predicates.push(compileProtocol(protocol));
  if (fragment) predicates.push((packet) => isLaterFragment(packet) !== fragment.invert);
  for (const match of rule.matches) if (match.kind !== 'comment') predicates.push(compileMatch(ns, match));
  return predicates;
}

function compileProtocol({ number, invert }: NonNullable<Rule['protocol']>): Predicate {
  return (packet) => {
    const protocol = protocolOf(packet);
    return protocol !== undefined && (protocol === number) !== invert;
  };
}

function compileAddress({ invert, address, mask }: AddressMatch, side: 'source' | 'destination'): Predicate {
  if (typeof address === 'bigint' || typeof mask === 'bigint') {
    const offset = side === 'source' ? 8 : 24;
    return ({ bytes, l3 }) => (masked(readIpv6(bytes, l3 + offset), mask) === address) !== invert;
  }
  const at = side === 'source' ? 12 : 16;
  return (packet) => (((u32(packet.bytes, packet.l3 + at) ^ address) & mask) === 0) !== invert;
}

type Pick = (packet: Packet, input: Link | undefined, output: Link | undefined) => Link | undefined;

function compileInterface({ invert, name }: InterfaceMatch, pick: Pick): Predicate {
  const wildcard = name.endsWith('+') ? name.slice(0, -1) : undefined;
  return (packet, input, output) => {
    const actual = pick(packet, input, output)?.name ?? '';
    return (wildcard === undefined ? actual === name : actual.startsWith(wildcard)) !== invert;
  };
}

/** The kernel registers its tracking hooks for the first rule that asks for a connection. */
export function needsConntrack({ kind }: Match): boolean {
  return kind === 'conntrack' || kind === 'state' || kind === 'connmark' || kind === 'connlimit';
}

type Compilable = Exclude<Match, { kind: 'comment' }>;

/** One case a kind: the build breaks when a match lacks its meaning. */
function compileMatch(ns: Netns, match: Compilable): Predicate {
  switch (match.kind) {
    case 'conntrack':
      return compileConntrack(match);
    case 'state':
      return compileStates(match);
    case 'addrtype':
      return compileAddrtype(ns, match);
    case 'mark':
      return (packet) => ((packet.mark & match.mask) >>> 0 === match.value) !== match.invert;
    case 'connmark':
      return ({ connection }) =>
        connection !== undefined && ((connection.mark & match.mask) >>> 0 === match.value) !== match.invert;
    case 'statistic':
      return compileStatistic(ns, match);
    case 'recent':
      return compileRecent(ns, match);
    case 'tcp':
      return compileTcp(match);
    case 'udp':
    case 'sctp':
      return compilePorts(match);
    case 'icmp':
    case 'icmp6':
      return compileIcmp(match);
    case 'multiport':
      return compileMultiport(match);
    case 'physdev':
      return compilePhysdev(match);
    case 'mac':
      return (packet) => {
        const hasHeader = packet.input !== undefined && packet.l3 - packet.start >= 14;
        return hasHeader && (readMac(packet.bytes, packet.start + 6) === match.address) !== match.invert;
      };
    case 'limit':
      return compileLimit(ns, match);
    case 'length':
    case 'ttl':
    case 'hl':
    case 'dscp':
    case 'tos':
    case 'iprange':
    case 'pkttype':
      return compileHeaderMatch(match);
    case 'ipvs':
      return compileIpvs(match);
    case 'connlimit':
      return compileConnlimit(ns, match);
    case 'u32':
      return compileU32(match);
    case 'nfacct':
      return compileNfacct(ns, match.name);
    case 'rpfilter':
      return compileRpfilter(ns, match);
    case 'set': {
      const place = ns.ipsets.place(match.name);
      const isIn = place ? compileSetMatch(ns, place, match.sides) : () => false;
      return (packet, input, output) => isIn(packet, input, output) !== match.invert;
    }
  }
}

const hasPorts = (packet: Packet): boolean => !isLaterFragment(packet) && packet.l4 + 4 <= packet.end;

function portIn({ bytes, l4, end }: Packet, at: number, range: PortRange | undefined): boolean {
  if (range === undefined) return true;
  if (l4 + at + 2 > end) return false;
  const port = u16(bytes, l4 + at);
  return (port >= range.low && port <= range.high) !== range.invert;
}

/** SNAT and DNAT tell what was done to the connection (xt_conntrack.h). */
const STATE_SNAT = 128;
const STATE_DNAT = 256;
const STATE_BITS: Readonly<Record<CtState, number>> = {
  INVALID: STATE_INVALID,
  ESTABLISHED: STATE_ESTABLISHED,
  RELATED: STATE_RELATED,
  NEW: STATE_NEW,
  UNTRACKED: STATE_UNTRACKED,
  SNAT: STATE_SNAT,
  DNAT: STATE_DNAT,
};

function compileStates({ of, invert }: NonNullable<ConntrackMatch['states']>): (packet: Packet) => boolean {
  const mask = of.reduce((bits, state) => bits | STATE_BITS[state], 0);
  return (packet) => (((stateOf(packet) | translationsOf(packet.connection)) & mask) !== 0) !== invert;
}

function translationsOf(connection: Connection | undefined): number {
  if (connection === undefined) return 0;
  const { status } = connection;
  return ((status & IPS_SRC_NAT) !== 0 ? STATE_SNAT : 0) | ((status & IPS_DST_NAT) !== 0 ? STATE_DNAT : 0);
}

const STATUS_BITS: Readonly<Record<CtStatus, number>> = {
  NONE: 0,
  EXPECTED: 1,
  SEEN_REPLY: IPS_SEEN_REPLY,
  ASSURED: IPS_ASSURED,
  CONFIRMED: IPS_CONFIRMED,
};

/** conntrack_mt, net/netfilter/xt_conntrack.c. */
function compileConntrack(match: ConntrackMatch): Predicate {
  const { states, statuses, protocol, addresses, ports, direction } = match;
  const hasState = states && compileStates(states);
  const isAboutState = !statuses && !protocol && !direction && addresses.length + ports.length === 0;
  if (hasState && isAboutState) return hasState;
  const statusMask = statuses?.of.reduce((mask, status) => mask | STATUS_BITS[status], 0) ?? 0;
  return (packet) => {
    const { connection } = packet;
    if (hasState?.(packet) === false) return false;
    if (connection === undefined) return states !== undefined;
    if (direction && (direction === 'REPLY') !== packet.ctReply) return false;
    if (protocol && (connection.protocol === protocol.number) === protocol.invert) return false;
    if (statuses && ((connection.status & statusMask) !== 0) === statuses.invert) return false;
    for (const { field, invert, address, mask } of addresses) {
      const tuple = field.startsWith('ctorig') ? connection.original : connection.reply;
      const actual = field.endsWith('src') ? tuple.source : tuple.destination;
      const isSameFamily = typeof actual === typeof address;
      if ((isSameFamily && masked(actual, mask) === masked(address, mask)) === invert) return false;
    }
    for (const { field, invert, low, high } of ports) {
      const tuple = field.startsWith('ctorig') ? connection.original : connection.reply;
      const actual = field.endsWith('srcport') ? tuple.sourcePort : tuple.destinationPort;
      if ((actual >= low && actual <= high) === invert) return false;
    }
    return true;
  };
}

function compileStatistic(ns: Netns, match: Extract<Match, { kind: 'statistic' }>): Predicate {
  if (match.mode === 'random') {
    return () => ns.rng.float() * 0x80000000 < match.probability !== match.invert;
  }
  let count = (match.every - 1 - match.packet + match.every) % match.every;
  return () => {
    const hit = count === match.every - 1;
    count = hit ? 0 : count + 1;
    return hit !== match.invert;
  };
}

const SCTP_HEADER = 12;
/** Where the flags are in TCP's header. */
const TCP_FLAGS = 13;

/**
 * What is too short for its header passes by rules that iptables writes in nft's own words, ports and flags; a rule that
 * calls the module drops it (net/netfilter/xt_tcpudp.c, xt_sctp.c; iptables 1.8.9, nft.c, add_nft_udp).
 */
function compilePorts({ kind, source, destination }: Extract<Match, { kind: 'udp' | 'sctp' }>): Predicate {
  const isModule = kind === 'sctp' || (source === undefined && destination === undefined);
  const header = kind === 'sctp' ? SCTP_HEADER : UDP_HEADER;
  return (packet) => {
    if (isLaterFragment(packet)) return false;
    if (isModule && packet.l4 + header > packet.end) return 'drop';
    return portIn(packet, 0, source) && portIn(packet, 2, destination);
  };
}

/** As `compilePorts` (add_nft_tcp). */
function compileTcp(match: Extract<Match, { kind: 'tcp' }>): Predicate {
  const { source, destination, flags, option } = match;
  const isModule = option !== undefined || (!source && !destination && !flags);
  return (packet) => {
    const { bytes, l4, end } = packet;
    if (isLaterFragment(packet)) return false;
    if (isModule && l4 + TCP_HEADER > end) return 'drop';
    if (!portIn(packet, 0, source) || !portIn(packet, 2, destination)) return false;
    if (flags && l4 + TCP_FLAGS >= end) return false;
    if (flags && ((bytes[l4 + TCP_FLAGS]! & flags.mask) === flags.set) === flags.invert) return false;
    return !option || hasTcpOption(packet, option.number) !== option.invert;
  };
}

function hasTcpOption({ bytes, l4, end }: Packet, wanted: number): boolean {
  const limit = Math.min(l4 + ((bytes[l4 + 12]! >>> 4) << 2), end);
  for (let i = l4 + 20; i < limit; ) {
    if (bytes[i] === wanted) return true;
    i += bytes[i]! < 2 ? 1 : Math.max(bytes[i + 1] ?? 1, 1);
  }
  return false;
}

function compileIcmp({ kind, invert, type, code }: IcmpMatch): Predicate {
  const protocol = kind === 'icmp' ? PROTO_ICMP : PROTO_ICMPV6;
  const any = kind === 'icmp' ? 255 : -1;
  return (packet) => {
    const { bytes, l4, end } = packet;
    if (transportOf(packet) !== protocol || isLaterFragment(packet)) return false;
    if (l4 + ICMP_HEADER > end) return 'drop';
    const hit = type === any || (bytes[l4] === type && (code === undefined || bytes[l4 + 1] === code));
    return hit !== invert;
  };
}

function compileMultiport({ side, invert, ranges }: Extract<Match, { kind: 'multiport' }>): Predicate {
  const listed = (port: number) => ranges.some(({ low, high }) => port >= low && port <= high);
  return (packet) => {
    if (isLaterFragment(packet)) return false;
    if (!hasPorts(packet)) return 'drop';
    const source = side !== 'dports' && listed(u16(packet.bytes, packet.l4));
    const destination = side !== 'sports' && listed(u16(packet.bytes, packet.l4 + 2));
    return (source || destination) !== invert;
  };
}

/** physdev_mt, net/netfilter/xt_physdev.c; a packet that no bridge carried has no ports. */
function compilePhysdev(match: Extract<Match, { kind: 'physdev' }>): Predicate {
  const input = match.input && compileInterface(match.input, (packet) => packet.bridged?.physicalInput);
  const output = match.output && compileInterface(match.output, (packet) => packet.bridged?.physicalOutput);
  return (packet, inLink, outLink) => {
    const { bridged } = packet;
    const isOut = bridged?.physicalOutput !== undefined;
    if (match.isIn !== undefined && match.isIn !== (bridged !== undefined)) return false;
    if (match.isOut !== undefined && match.isOut !== isOut) return false;
    if (match.isBridged !== undefined && match.isBridged !== isOut) return false;
    return (!input || input(packet, inLink, outLink)) && (!output || output(packet, inLink, outLink));
  };
}

const UNIT_MS = { sec: 1000, min: 60_000, hour: 3_600_000, day: 86_400_000 } as const;

/** nfacct_mt, net/netfilter/xt_nfacct.c: counts, and holds of every packet. */
function compileNfacct({ accounts }: Netns, name: string): Predicate {
  const account = accounts.require(name);
  return (packet) => {
    packet.recording?.counted(account);
    account.packets++;
    account.bytes += packet.end - packet.l3;
    return true;
  };
}

/** ipvs_mt: of a packet that IPVS has not seen, nothing holds. */
function compileIpvs({ property, protocol, address, port }: Extract<Match, { kind: 'ipvs' }>): Predicate {
  const is = (holds: boolean, { invert }: { readonly invert: boolean }): boolean => holds !== invert;
  return ({ ipvs }) => {
    if (ipvs === undefined) return property?.invert === true && !protocol && !address && !port;
    const { service } = ipvs;
    return (
      property?.invert !== true &&
      (!protocol || is(service.protocol === protocol.number, protocol)) &&
      (!address || is(masked(service.address, address.mask) === address.address, address)) &&
      (!port || is(service.port === port.number, port))
    );
  };
}

function compileLimit(ns: Netns, { count, per, burst }: Extract<Match, { kind: 'limit' }>): Predicate {
  const bucket = new TokenBucket(ns, UNIT_MS[per] / count, burst);
  return () => bucket.take();
}
