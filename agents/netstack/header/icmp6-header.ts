import { putU16, putU32 } from '../bytes.ts';
import { fold, internetChecksum, pseudoHeaderSum, sumWords } from '../checksum.ts';
import type { DropReason } from '../drop-reason.ts';
import { PROTO_ICMPV6 } from '../protocol-numbers.ts';
import type { IcmpHeader } from './icmp-header.ts';
import { ipv6Destination, ipv6Source } from './ipv6-header.ts';

export const ICMP6_HEADER = 8;

/** RFC 4443 and RFC 4861. */
export const ICMP6_UNREACHABLE = 1;
export const ICMP6_TOO_BIG = 2;
export const ICMP6_TIME_EXCEEDED = 3;
export const ICMP6_PARAMETER = 4;
export const ICMP6_ECHO = 128;
export const ICMP6_ECHO_REPLY = 129;
export const ICMP6_NEIGHBOUR_SOLICITATION = 135;
export const ICMP6_NEIGHBOUR_ADVERTISEMENT = 136;

/** Codes of ICMP6_UNREACHABLE (RFC 4443 §3.1). */
export const UNREACH6_NO_ROUTE = 0;
export const UNREACH6_PROHIBITED = 1;
export const UNREACH6_BEYOND_SCOPE = 2;
export const UNREACH6_ADDRESS = 3;
export const UNREACH6_PORT = 4;
export const UNREACH6_POLICY = 5;
export const UNREACH6_REJECT_ROUTE = 6;
/** Codes of ICMP6_PARAMETER (RFC 4443 §3.4, RFC 7112): a field, a header or an option that makes no sense here. */
export const PARAMETER_FIELD = 0;
export const PARAMETER_NEXT_HEADER = 1;
export const PARAMETER_OPTION = 2;
/** A first fragment without all headers. */
export const PARAMETER_FIRST_FRAGMENT = 3;

/** Types below 128 report errors (RFC 4443 §2.1). */
export const isIcmp6Error = (type: number): boolean => type < 128;

/** Undefined if the message has a whole header and its checksum is right. */
export function checkIcmp6(bytes: Uint8Array, l3: number, l4: number, end: number): DropReason | undefined {
  if (end - l4 < 4) return 'PKT_TOO_SMALL';
  const pseudo = pseudoHeaderSum(ipv6Source(bytes, l3), ipv6Destination(bytes, l3), PROTO_ICMPV6, end - l4);
  return fold(sumWords(bytes, l4, end, pseudo)) === 0xffff ? undefined : 'ICMP_CSUM';
}

/** Writes the header over a payload that is already in place up to `end`; the checksum is still to come. */
export function writeIcmp6(bytes: Uint8Array, l4: number, { type, code, rest }: IcmpHeader): void {
  bytes[l4] = type;
  bytes[l4 + 1] = code;
  putU16(bytes, l4 + 2, 0);
  putU32(bytes, l4 + 4, rest);
}

export function writeIcmp6Checksum(
  bytes: Uint8Array,
  l4: number,
  end: number,
  source: bigint | number,
  destination: bigint | number,
): void {
  putU16(bytes, l4 + 2, 0);
  const pseudo = pseudoHeaderSum(source, destination, PROTO_ICMPV6, end - l4);
  putU16(bytes, l4 + 2, internetChecksum(bytes, l4, end, pseudo));
}
