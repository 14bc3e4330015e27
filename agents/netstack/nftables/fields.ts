import { u16, u32 } from '../bytes.ts';
import {
  IPS_ASSURED,
  IPS_CONFIRMED,
  IPS_DST_NAT,
  IPS_DYING,
  IPS_SEEN_REPLY,
  IPS_SRC_NAT,
} from '../conntrack/connection.ts';
import { addressType } from '../fib/address-type.ts';
import { ipv4FragmentOffset } from '../header/ipv4-header.ts';
import type { Link } from '../link/link.ts';
import type { Netns } from '../netns.ts';
import { CT_ESTABLISHED, CT_NEW, CT_RELATED, CT_UNTRACKED, type Packet } from '../packet.ts';
import { PROTO_ICMP, PROTO_SCTP, PROTO_TCP, PROTO_UDP } from '../protocol-numbers.ts';
import {
  CT_DIR,
  CT_STATE,
  CT_STATUS,
  type DataType,
  FIB_ADDRTYPE,
  ICMP_TYPE,
  IFNAME,
  INET_PROTO,
  INET_SERVICE,
  INTEGER,
  IPV4_ADDR,
  MARK,
  TCP_FLAG,
  type Value,
} from './data-type.ts';
import type { Field } from './expression.ts';

/** Undefined: the packet has no such field, and the rule does not match. */
export type FieldReader = (
  packet: Packet,
  input: Link | undefined,
  output: Link | undefined,
) => Value | undefined;

const field = (text: string, type: DataType, read: FieldReader, { perFlow = true } = {}): [string, Field] => [
  text,
  { kind: 'field', text, type, read: () => read, perFlow },
];

const ip = (at: number, size: 1 | 2 | 4): FieldReader =>
  size === 4
    ? ({ bytes, l3 }) => u32(bytes, l3 + at)
    : size === 2
      ? ({ bytes, l3 }) => u16(bytes, l3 + at)
      : ({ bytes, l3 }) => bytes[l3 + at];

/** A field of a transport header; undefined for other protocols, later fragments and what is cut short. */
function transport(protocols: readonly number[], at: number, size: 1 | 2): FieldReader {
  return ({ bytes, l3, l4, end }) => {
    if (!protocols.includes(bytes[l3 + 9]!) || ipv4FragmentOffset(bytes, l3) !== 0) return undefined;
    if (l4 + at + size > end) return undefined;
    return size === 2 ? u16(bytes, l4 + at) : bytes[l4 + at];
  };
}

const PORTS = [PROTO_TCP, PROTO_UDP, PROTO_SCTP, 33, 136];
const ports = (name: string, protocols: readonly number[]): [string, Field][] => [
  field(`${name} sport`, INET_SERVICE, transport(protocols, 0, 2)),
  field(`${name} dport`, INET_SERVICE, transport(protocols, 2, 2)),
];

/** NF_CT_STATE_BIT. */
function stateBit({ connection, ctInfo }: Packet): number {
  if (ctInfo === CT_UNTRACKED) return 64;
  if (connection === undefined) return 1;
  switch (ctInfo) {
    case CT_NEW:
      return 8;
    case CT_ESTABLISHED:
      return 2;
    case CT_RELATED:
      return 4;
    default:
      return 1;
  }
}

const STATUS_BITS = [
  [IPS_SEEN_REPLY, 2],
  [IPS_ASSURED, 4],
  [IPS_CONFIRMED, 8],
  [IPS_SRC_NAT, 16],
  [IPS_DST_NAT, 32],
  [IPS_DYING, 512],
] as const;

function statusBits({ connection }: Packet): number | undefined {
  if (connection === undefined) return undefined;
  let bits = 0;
  for (const [own, bit] of STATUS_BITS) if (connection.status & own) bits |= bit;
  return bits;
}

const RTN: Readonly<Record<string, number>> = { UNICAST: 1, LOCAL: 2, BROADCAST: 3, MULTICAST: 5 };

function fib(side: 'saddr' | 'daddr', at: number): [string, Field] {
  const text = `fib ${side} type`;
  const read =
    (ns: Netns): FieldReader =>
    ({ bytes, l3 }) =>
      RTN[addressType(ns, u32(bytes, l3 + at))];
  return [text, { kind: 'field', text, type: FIB_ADDRTYPE, read, perFlow: true }];
}

const FIELDS: ReadonlyMap<string, Field> = new Map([
  field('ip saddr', IPV4_ADDR, ip(12, 4)),
  field('ip daddr', IPV4_ADDR, ip(16, 4)),
  field('ip protocol', INET_PROTO, ip(9, 1)),
  field('ip ttl', INTEGER, ip(8, 1), { perFlow: false }),
  field('ip length', INTEGER, ip(2, 2), { perFlow: false }),
  field('ip id', INTEGER, ip(4, 2), { perFlow: false }),
  ...ports('tcp', [PROTO_TCP]),
  ...ports('udp', [PROTO_UDP]),
  ...ports('sctp', [PROTO_SCTP]),
  ...ports('th', PORTS),
  field('tcp flags', TCP_FLAG, transport([PROTO_TCP], 13, 1), { perFlow: false }),
  field('icmp type', ICMP_TYPE, transport([PROTO_ICMP], 0, 1), { perFlow: false }),
  field('icmp code', INTEGER, transport([PROTO_ICMP], 1, 1), { perFlow: false }),
  field('meta l4proto', INET_PROTO, ip(9, 1)),
  field('meta mark', MARK, ({ mark }) => mark),
  field('meta length', INTEGER, ({ l3, end }) => end - l3, { perFlow: false }),
  field('iifname', IFNAME, (_packet, input) => input?.name ?? ''),
  field('oifname', IFNAME, (_packet, _input, output) => output?.name ?? ''),
  field('iif', IFNAME, (_packet, input) => input?.name),
  field('oif', IFNAME, (_packet, _input, output) => output?.name),
  field('ct state', CT_STATE, stateBit),
  field('ct status', CT_STATUS, statusBits),
  field('ct mark', MARK, ({ connection }) => connection?.mark),
  field('ct direction', CT_DIR, ({ connection, ctReply }) =>
    connection === undefined ? undefined : Number(ctReply),
  ),
  fib('saddr', 12),
  fib('daddr', 16),
]);

/** Other ways to write a field. */
const ALIASES: Readonly<Record<string, string>> = {
  mark: 'meta mark',
  'meta iifname': 'iifname',
  'meta oifname': 'oifname',
  'meta iif': 'iif',
  'meta oif': 'oif',
};

export function fieldOf(text: string): Field | undefined {
  return FIELDS.get(ALIASES[text] ?? text);
}
