import { transportOf } from '../header/ip-header.ts';
import { isLaterFragment } from '../ip/later-fragment.ts';
import type { Packet } from '../packet.ts';
import { PROTO_ICMP, PROTO_ICMPV6, PROTO_SCTP, PROTO_TCP, PROTO_UDP } from '../protocol-numbers.ts';
import { type DataType, INET_SERVICE, integerOf } from './data-type.ts';
import type { Field } from './field.ts';
import { bytesOf, changeBits, type HeaderBits, readerOf, type Sums } from './header-bits.ts';
import { ICMP_CODE, ICMP_TYPE, ICMPV6_CODE, ICMPV6_TYPE, TCP_FLAG } from './header-types.ts';

/** nft_payload asks for as many bytes as it reads, not for a whole header. */
export const hasTransport = (packet: Packet, length: number): boolean =>
  packet.l4 + length <= packet.end && !isLaterFragment(packet);

interface Header {
  readonly name: string;
  /** Undefined: any that begins so. */
  readonly protocol?: number;
  readonly sums: Sums;
}

/** Bits of a transport header, from its first. */
const fieldsOf =
  ({ name, protocol, sums }: Header) =>
  (text: string, type: DataType, offset: number, length: number, perFlow = false): Field => {
    const at: HeaderBits = { base: 'th', offset, length };
    const bytes = bytesOf(at);
    const read = readerOf(at);
    return {
      text: `${name} ${text}`,
      type,
      perFlow,
      ...(protocol === undefined
        ? { has: (packet) => hasTransport(packet, bytes) }
        : { protocol, has: (packet) => transportOf(packet) === protocol && hasTransport(packet, bytes) }),
      read: () => read,
      change: (packet, value) => changeBits(packet, at, value, sums),
    };
  };

const th = fieldsOf({ name: 'th', sums: {} });
const tcp = fieldsOf({ name: 'tcp', protocol: PROTO_TCP, sums: { checksum: 16 } });
const udp = fieldsOf({ name: 'udp', protocol: PROTO_UDP, sums: { checksum: 6 } });
const sctp = fieldsOf({ name: 'sctp', protocol: PROTO_SCTP, sums: { checksum: 'crc32c' } });
const icmp = fieldsOf({ name: 'icmp', protocol: PROTO_ICMP, sums: { checksum: 2 } });
const icmpv6 = fieldsOf({ name: 'icmpv6', protocol: PROTO_ICMPV6, sums: { checksum: 2 } });

const ports = (of: typeof th): Field[] => [
  of('sport', INET_SERVICE, 0, 16, true),
  of('dport', INET_SERVICE, 16, 16, true),
];

/** Of TCP's (RFC 9293 §3.1), UDP's (RFC 768), SCTP's (RFC 9260 §3.1) and ICMP's headers (RFC 792, RFC 4443 §2.1). */
export const TRANSPORT_FIELDS: readonly Field[] = [
  ...ports(th),
  ...ports(tcp),
  tcp('sequence', integerOf(32), 32, 32),
  tcp('ackseq', integerOf(32), 64, 32),
  tcp('doff', integerOf(4), 96, 4),
  tcp('flags', TCP_FLAG, 104, 8),
  tcp('window', integerOf(16), 112, 16),
  tcp('checksum', integerOf(16), 128, 16),
  tcp('urgptr', integerOf(16), 144, 16),
  ...ports(udp),
  udp('length', integerOf(16), 32, 16),
  udp('checksum', integerOf(16), 48, 16),
  ...ports(sctp),
  sctp('vtag', integerOf(32), 32, 32),
  sctp('checksum', integerOf(32), 64, 32),
  icmp('type', ICMP_TYPE, 0, 8),
  icmp('code', ICMP_CODE, 8, 8),
  icmp('checksum', integerOf(16), 16, 16),
  icmpv6('type', ICMPV6_TYPE, 0, 8),
  icmpv6('code', ICMPV6_CODE, 8, 8),
  icmpv6('checksum', integerOf(16), 16, 16),
];
