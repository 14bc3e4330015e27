import { u16, u32 } from '../bytes.ts';
import { isVersion6 } from '../header/ip-header.ts';
import { ipv6Destination, ipv6PayloadLength, ipv6Source } from '../header/ipv6-header.ts';
import type { Packet } from '../packet.ts';
import { type DataType, INET_PROTO, IPV4_ADDR, IPV6_ADDR, integerOf } from './data-type.ts';
import type { Field, Has, Read } from './field.ts';
import { DSCP, ECN } from './header-types.ts';

const isIpv4: Has = ({ bytes, l3 }) => !isVersion6(bytes, l3);
const isIpv6: Has = ({ bytes, l3 }) => isVersion6(bytes, l3);

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

/** Of the headers of IP (RFC 791 §3.1, RFC 8200 §3). */
export const IP_FIELDS: readonly Field[] = [
  ip('version', integerOf(4), true, ({ bytes, l3 }) => bytes[l3]! >>> 4),
  ip('hdrlength', integerOf(4), false, ({ bytes, l3 }) => bytes[l3]! & 15),
  ip('dscp', DSCP, false, ({ bytes, l3 }) => bytes[l3 + 1]! >>> 2),
  ip('ecn', ECN, false, ({ bytes, l3 }) => bytes[l3 + 1]! & 3),
  ip('length', integerOf(16), false, ({ bytes, l3 }) => u16(bytes, l3 + 2)),
  ip('id', integerOf(16), false, ({ bytes, l3 }) => u16(bytes, l3 + 4)),
  ip('frag-off', integerOf(16), false, ({ bytes, l3 }) => u16(bytes, l3 + 6)),
  ip('ttl', integerOf(8), false, ({ bytes, l3 }) => bytes[l3 + 8]!),
  ip('protocol', INET_PROTO, true, ({ bytes, l3 }) => bytes[l3 + 9]!),
  ip('checksum', integerOf(16), false, ({ bytes, l3 }) => u16(bytes, l3 + 10)),
  ip('saddr', IPV4_ADDR, true, ({ bytes, l3 }) => u32(bytes, l3 + 12) | 0),
  ip('daddr', IPV4_ADDR, true, ({ bytes, l3 }) => u32(bytes, l3 + 16) | 0),
  ip6('version', integerOf(4), true, ({ bytes, l3 }) => bytes[l3]! >>> 4),
  ip6('dscp', DSCP, false, ({ bytes, l3 }) => (u16(bytes, l3) >>> 6) & 63),
  ip6('ecn', ECN, false, ({ bytes, l3 }) => (u16(bytes, l3) >>> 4) & 3),
  ip6('flowlabel', integerOf(20), false, ({ bytes, l3 }) => u32(bytes, l3) & 0xfffff),
  ip6('length', integerOf(16), false, ({ bytes, l3 }) => ipv6PayloadLength(bytes, l3)),
  ip6('nexthdr', INET_PROTO, true, ({ bytes, l3 }) => bytes[l3 + 6]!),
  ip6('hoplimit', integerOf(8), false, ({ bytes, l3 }) => bytes[l3 + 7]!),
  ip6Address('saddr', ({ bytes, l3 }) => ipv6Source(bytes, l3)),
  ip6Address('daddr', ({ bytes, l3 }) => ipv6Destination(bytes, l3)),
];
