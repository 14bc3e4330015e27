import { u16, u32 } from '../bytes.ts';
import { transportOf } from '../header/ip-header.ts';
import { isLaterFragment } from '../ip/later-fragment.ts';
import type { Packet } from '../packet.ts';
import { PROTO_ICMP, PROTO_ICMPV6, PROTO_SCTP, PROTO_TCP, PROTO_UDP } from '../protocol-numbers.ts';
import { type DataType, INET_SERVICE, integerOf } from './data-type.ts';
import type { Field, Has, Read } from './field.ts';
import { ICMP_CODE, ICMP_TYPE, ICMPV6_CODE, ICMPV6_TYPE, TCP_FLAG } from './header-types.ts';

/** nft_payload asks for as many bytes as it reads, not for a whole header. */
export const hasTransport = (packet: Packet, length: number): boolean =>
  packet.l4 + length <= packet.end && !isLaterFragment(packet);
const isOf =
  (protocol: number, length: number): Has =>
  (packet) =>
    transportOf(packet) === protocol && hasTransport(packet, length);

const ports = (protocol: string, number: number | undefined): Field[] =>
  (['sport', 'dport'] as const).map((name, index) => {
    const length = 2 * index + 2;
    return {
      text: `${protocol} ${name}`,
      type: INET_SERVICE,
      perFlow: true,
      ...(number === undefined
        ? { has: (packet: Packet) => hasTransport(packet, length) }
        : { protocol: number, has: isOf(number, length) }),
      read: () => (packet: Packet) => u16(packet.bytes, packet.l4 + 2 * index),
    };
  });

const ofProtocol =
  (name: string, protocol: number) =>
  (text: string, type: DataType, length: number, read: Read): Field => ({
    text: `${name} ${text}`,
    type,
    perFlow: false,
    protocol,
    has: isOf(protocol, length),
    read: () => read,
  });

/** Two or four bytes of a transport header, from an offset. */
const short =
  (at: number): Read =>
  ({ bytes, l4 }) =>
    u16(bytes, l4 + at);
const long =
  (at: number): Read =>
  ({ bytes, l4 }) =>
    u32(bytes, l4 + at) | 0;

const tcp = ofProtocol('tcp', PROTO_TCP);
const udp = ofProtocol('udp', PROTO_UDP);
const sctp = ofProtocol('sctp', PROTO_SCTP);
const icmp = ofProtocol('icmp', PROTO_ICMP);
const icmpv6 = ofProtocol('icmpv6', PROTO_ICMPV6);

/** Of TCP's (RFC 9293 §3.1), UDP's (RFC 768), SCTP's (RFC 9260 §3.1) and ICMP's headers (RFC 792, RFC 4443 §2.1). */
export const TRANSPORT_FIELDS: readonly Field[] = [
  ...ports('th', undefined),
  ...ports('tcp', PROTO_TCP),
  tcp('sequence', integerOf(32), 8, long(4)),
  tcp('ackseq', integerOf(32), 12, long(8)),
  tcp('doff', integerOf(4), 13, ({ bytes, l4 }) => bytes[l4 + 12]! >>> 4),
  tcp('flags', TCP_FLAG, 14, ({ bytes, l4 }) => bytes[l4 + 13]!),
  tcp('window', integerOf(16), 16, short(14)),
  tcp('checksum', integerOf(16), 18, short(16)),
  tcp('urgptr', integerOf(16), 20, short(18)),
  ...ports('udp', PROTO_UDP),
  udp('length', integerOf(16), 6, short(4)),
  udp('checksum', integerOf(16), 8, short(6)),
  ...ports('sctp', PROTO_SCTP),
  sctp('vtag', integerOf(32), 8, long(4)),
  sctp('checksum', integerOf(32), 12, long(8)),
  icmp('type', ICMP_TYPE, 1, ({ bytes, l4 }) => bytes[l4]!),
  icmp('code', ICMP_CODE, 2, ({ bytes, l4 }) => bytes[l4 + 1]!),
  icmp('checksum', integerOf(16), 4, short(2)),
  icmpv6('type', ICMPV6_TYPE, 1, ({ bytes, l4 }) => bytes[l4]!),
  icmpv6('code', ICMPV6_CODE, 2, ({ bytes, l4 }) => bytes[l4 + 1]!),
  icmpv6('checksum', integerOf(16), 4, short(2)),
];
