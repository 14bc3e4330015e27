import { isVersion6 } from '../header/ip-header.ts';
import { ipv6Destination, ipv6PayloadLength, ipv6Source } from '../header/ipv6-header.ts';
import type { Packet } from '../packet.ts';
import { type DataType, INET_PROTO, IPV4_ADDR, IPV6_ADDR, integerOf } from './data-type.ts';
import type { Field, Has, Read } from './field.ts';
import { changeBits, type HeaderBits, readerOf, type Sums } from './header-bits.ts';
import { DSCP, ECN } from './header-types.ts';

const isIpv4: Has = ({ bytes, l3 }) => !isVersion6(bytes, l3);
const isIpv6: Has = ({ bytes, l3 }) => isVersion6(bytes, l3);

/** Bits of the network header, from the first. */
const bits = (offset: number, length: number): HeaderBits => ({ base: 'nh', offset, length });

const changes = (at: HeaderBits, sums: Sums): Pick<Field, 'change'> => ({
  change: (packet, value) => changeBits(packet, at, value, sums),
});

const IPV4_SUM: Sums = { checksum: 10 };

const ip = (text: string, type: DataType, perFlow: boolean, at: HeaderBits, sums = IPV4_SUM): Field => {
  const read = readerOf(at);
  return {
    text: `ip ${text}`,
    type,
    perFlow,
    version: 4,
    has: isIpv4,
    read: () => read,
    ...changes(at, sums),
  };
};

const ip6 = (
  text: string,
  type: DataType,
  perFlow: boolean,
  at: HeaderBits,
  read: Read = readerOf(at),
): Field => ({
  text: `ip6 ${text}`,
  type,
  perFlow,
  version: 6,
  has: isIpv6,
  read: () => read,
  ...changes(at, {}),
});

const address = (text: string, offset: number): Field =>
  ip(text, IPV4_ADDR, true, bits(offset, 32), { ...IPV4_SUM, isPseudo: true });

const address6 = (text: string, offset: number, readWide: (packet: Packet) => bigint): Field => ({
  ...ip6(text, IPV6_ADDR, true, bits(offset, 128), () => 0),
  ...changes(bits(offset, 128), { isPseudo: true }),
  readWide,
});

/** Of the headers of IP (RFC 791 §3.1, RFC 8200 §3). */
export const IP_FIELDS: readonly Field[] = [
  ip('version', integerOf(4), true, bits(0, 4)),
  ip('hdrlength', integerOf(4), false, bits(4, 4)),
  ip('dscp', DSCP, false, bits(8, 6)),
  ip('ecn', ECN, false, bits(14, 2)),
  ip('length', integerOf(16), false, bits(16, 16)),
  ip('id', integerOf(16), false, bits(32, 16)),
  ip('frag-off', integerOf(16), false, bits(48, 16)),
  ip('ttl', integerOf(8), false, bits(64, 8)),
  ip('protocol', INET_PROTO, true, bits(72, 8)),
  ip('checksum', integerOf(16), false, bits(80, 16)),
  address('saddr', 96),
  address('daddr', 128),
  ip6('version', integerOf(4), true, bits(0, 4)),
  ip6('dscp', DSCP, false, bits(4, 6)),
  ip6('ecn', ECN, false, bits(10, 2)),
  ip6('flowlabel', integerOf(20), false, bits(12, 20)),
  ip6('length', integerOf(16), false, bits(32, 16), ({ bytes, l3 }) => ipv6PayloadLength(bytes, l3)),
  ip6('nexthdr', INET_PROTO, true, bits(48, 8)),
  ip6('hoplimit', integerOf(8), false, bits(56, 8)),
  address6('saddr', 64, ({ bytes, l3 }) => ipv6Source(bytes, l3)),
  address6('daddr', 192, ({ bytes, l3 }) => ipv6Destination(bytes, l3)),
];
