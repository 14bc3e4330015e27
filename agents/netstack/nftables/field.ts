import { u16, u32 } from '../bytes.ts';
import { stateOf } from '../conntrack/packet-state.ts';
import { isVersion6, transportOf } from '../header/ip-header.ts';
import { ipv6Destination, ipv6PayloadLength, ipv6Source } from '../header/ipv6-header.ts';
import { isLaterFragment, protocolOf } from '../ip/later-fragment.ts';
import type { IpVersion } from '../ip-address.ts';
import type { Link } from '../link/link.ts';
import type { Places } from '../netfilter/callers.ts';
import type { Netns } from '../netns.ts';
import type { Packet } from '../packet.ts';
import { PROTO_ICMP, PROTO_ICMPV6, PROTO_TCP, PROTO_UDP } from '../protocol-numbers.ts';
import {
  CT_DIRECTION,
  CT_STATE,
  CT_STATUS,
  type DataType,
  ICMP_TYPE,
  ICMPV6_TYPE,
  IFINDEX,
  IFNAME,
  INET_PROTO,
  INET_SERVICE,
  INTEGER,
  IPV4_ADDR,
  IPV6_ADDR,
  idOfName,
  MARK,
  NF_PROTO,
  NFPROTO_IPV4,
  NFPROTO_IPV6,
  TCP_FLAG,
} from './data-type.ts';

/** Reads a value from a packet, as a signed 32-bit number: those need no memory of their own. */
export type Read = (packet: Packet, input: Link | undefined, output: Link | undefined) => number;
export type ReadDevice = (
  packet: Packet,
  input: Link | undefined,
  output: Link | undefined,
) => Link | undefined;
/** Whether a packet has the value at all; a rule that asks for an absent one does not match. */
export type Has = (packet: Packet, input: Link | undefined, output: Link | undefined) => boolean;

/** Something of a packet that rules look at. */
export interface Field {
  /** As nft prints it. */
  readonly text: string;
  readonly type: DataType;
  /** The version of IP that speaking of it implies. */
  readonly version?: IpVersion;
  /** The transport protocol that speaking of it implies. */
  readonly protocol?: number;
  /** All packets of an established flow have the same value. */
  readonly perFlow: boolean;
  readonly tracks?: true;
  /** From where it may be asked, if not from everywhere. */
  readonly places?: Places;
  readonly has?: Has;
  read(ns: Netns): Read;
  /** Its value, if that is wide; `read` is not asked then. */
  readonly readWide?: (packet: Packet) => bigint;
  /** The device whose name it is: names that end with `*` are compared with that. */
  readonly device?: (ns: Netns) => ReadDevice;
  /** What `exists` and `missing` ask instead. */
  readonly presence?: Field;
}

const isFirstFragment = (packet: Packet): boolean => !isLaterFragment(packet);
const isIpv4: Has = ({ bytes, l3 }) => !isVersion6(bytes, l3);
const isIpv6: Has = ({ bytes, l3 }) => isVersion6(bytes, l3);
/** nft_payload asks for as many bytes as it reads, not for a whole header. */
const hasBytes =
  (length: number): Has =>
  (packet) =>
    packet.l4 + length <= packet.end && isFirstFragment(packet);
const isOf =
  (protocol: number, length: number): Has =>
  (packet) =>
    transportOf(packet) === protocol && packet.l4 + length <= packet.end && isFirstFragment(packet);
const hasProtocol: Has = (packet) => protocolOf(packet) !== undefined;
const hasConnection: Has = (packet) => packet.connection !== undefined;

const ip = (text: string, type: DataType, perFlow: boolean, read: Read): Field => ({
  text: `ip ${text}`,
  type,
  perFlow,
  version: 4,
  has: isIpv4,
  read: () => read,
});

const ip6 = (text: string, type: DataType, perFlow: boolean, read: Read): Field => ({
  text: `ip6 ${text}`,
  type,
  perFlow,
  version: 6,
  has: isIpv6,
  read: () => read,
});

const ip6Address = (text: string, readWide: (packet: Packet) => bigint): Field => ({
  ...ip6(text, IPV6_ADDR, true, () => 0),
  readWide,
});

const meta = (text: string, type: DataType, read: Read): Field => ({
  text,
  type,
  perFlow: true,
  read: () => read,
});

const inputOf: ReadDevice = (_packet, input) => input;
const outputOf: ReadDevice = (_packet, _input, output) => output;
const device = (text: string, type: DataType, find: ReadDevice): Field => ({
  ...meta(text, type, (packet, input, output) => idOfName(find(packet, input, output)?.name)),
  device: () => find,
});

const ports = (protocol: string, number: number | undefined): Field[] =>
  (['sport', 'dport'] as const).map((name, index) => ({
    text: `${protocol} ${name}`,
    type: INET_SERVICE,
    perFlow: true,
    ...(number === undefined
      ? { has: hasBytes(2 * index + 2) }
      : { protocol: number, has: isOf(number, 2 * index + 2) }),
    read: () => (packet) => u16(packet.bytes, packet.l4 + 2 * index),
  }));

const ofProtocol = (text: string, type: DataType, protocol: number, length: number, read: Read): Field => ({
  text,
  type,
  perFlow: false,
  protocol,
  has: isOf(protocol, length),
  read: () => read,
});

const ALL: readonly Field[] = [
  ip('saddr', IPV4_ADDR, true, ({ bytes, l3 }) => u32(bytes, l3 + 12) | 0),
  ip('daddr', IPV4_ADDR, true, ({ bytes, l3 }) => u32(bytes, l3 + 16) | 0),
  ip('protocol', INET_PROTO, true, ({ bytes, l3 }) => bytes[l3 + 9]!),
  ip('ttl', INTEGER, false, ({ bytes, l3 }) => bytes[l3 + 8]!),
  ip('length', INTEGER, false, ({ bytes, l3 }) => u16(bytes, l3 + 2)),
  ip6Address('saddr', ({ bytes, l3 }) => ipv6Source(bytes, l3)),
  ip6Address('daddr', ({ bytes, l3 }) => ipv6Destination(bytes, l3)),
  ip6('nexthdr', INET_PROTO, true, ({ bytes, l3 }) => bytes[l3 + 6]!),
  ip6('hoplimit', INTEGER, false, ({ bytes, l3 }) => bytes[l3 + 7]!),
  ip6('length', INTEGER, false, ({ bytes, l3 }) => ipv6PayloadLength(bytes, l3)),
  { ...meta('meta l4proto', INET_PROTO, (packet) => protocolOf(packet)!), has: hasProtocol },
  meta('meta nfproto', NF_PROTO, ({ bytes, l3 }) => (isVersion6(bytes, l3) ? NFPROTO_IPV6 : NFPROTO_IPV4)),
  meta('meta mark', MARK, ({ mark }) => mark | 0),
  device('iifname', IFNAME, inputOf),
  device('oifname', IFNAME, outputOf),
  device('iif', IFINDEX, inputOf),
  device('oif', IFINDEX, outputOf),
  ...ports('th', undefined),
  ...ports('tcp', PROTO_TCP),
  ...ports('udp', PROTO_UDP),
  ofProtocol('tcp flags', TCP_FLAG, PROTO_TCP, 14, ({ bytes, l4 }) => bytes[l4 + 13]!),
  ofProtocol('icmp type', ICMP_TYPE, PROTO_ICMP, 1, ({ bytes, l4 }) => bytes[l4]!),
  ofProtocol('icmp code', INTEGER, PROTO_ICMP, 2, ({ bytes, l4 }) => bytes[l4 + 1]!),
  ofProtocol('icmpv6 type', ICMPV6_TYPE, PROTO_ICMPV6, 1, ({ bytes, l4 }) => bytes[l4]!),
  ofProtocol('icmpv6 code', INTEGER, PROTO_ICMPV6, 2, ({ bytes, l4 }) => bytes[l4 + 1]!),
  { text: 'ct state', type: CT_STATE, perFlow: true, tracks: true, read: () => stateOf },
  {
    text: 'ct status',
    type: CT_STATUS,
    perFlow: true,
    tracks: true,
    has: hasConnection,
    read: () => (packet) => packet.connection!.status,
  },
  {
    text: 'ct mark',
    type: MARK,
    perFlow: true,
    tracks: true,
    has: hasConnection,
    read: () => (packet) => packet.connection!.mark | 0,
  },
  {
    text: 'ct direction',
    type: CT_DIRECTION,
    perFlow: true,
    tracks: true,
    has: hasConnection,
    read: () => (packet) => (packet.ctReply ? 1 : 0),
  },
];

const BY_TEXT = new Map(ALL.map((field) => [field.text, field]));

/** `meta` may be left out of some, and written before others. */
const ALIASES: Readonly<Record<string, string>> = {
  'meta iifname': 'iifname',
  'meta oifname': 'oifname',
  'meta iif': 'iif',
  'meta oif': 'oif',
};

export function fieldOf(text: string): Field | undefined {
  return BY_TEXT.get(Object.hasOwn(ALIASES, text) ? ALIASES[text]! : text);
}

export const META_MARK = BY_TEXT.get('meta mark')!;
export const CT_MARK = BY_TEXT.get('ct mark')!;
