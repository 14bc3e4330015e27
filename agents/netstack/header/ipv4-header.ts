import { putU16, putU32, u16, u32 } from '../bytes.ts';
import { fold, internetChecksum, sumWords } from '../checksum.ts';
import type { DropReason } from '../drop-reason.ts';
import type { Ipv4 } from '../ipv4.ts';

export const IPV4_HEADER = 20;
export const IPV4_DF = 0x4000;
export const IPV4_MF = 0x2000;

/** An IPv4 header without options (RFC 791 §3.1). `fragment` is the flags and the offset as one field. */
export interface Ipv4Header {
  readonly source: Ipv4;
  readonly destination: Ipv4;
  readonly protocol: number;
  readonly totalLength: number;
  readonly tos: number;
  readonly ttl: number;
  readonly id: number;
  readonly fragment: number;
}

export const ipv4Source = (bytes: Uint8Array, l3: number): Ipv4 => u32(bytes, l3 + 12) as Ipv4;
export const ipv4Destination = (bytes: Uint8Array, l3: number): Ipv4 => u32(bytes, l3 + 16) as Ipv4;
export const ipv4Protocol = (bytes: Uint8Array, l3: number): number => bytes[l3 + 9]!;
export const ipv4HeaderLength = (bytes: Uint8Array, l3: number): number => (bytes[l3]! & 15) << 2;
export const ipv4TotalLength = (bytes: Uint8Array, l3: number): number => u16(bytes, l3 + 2);
/** In bytes; 0 for a whole packet or a first fragment. */
export const ipv4FragmentOffset = (bytes: Uint8Array, l3: number): number =>
  (u16(bytes, l3 + 6) & 0x1fff) << 3;
export const isIpv4Fragment = (bytes: Uint8Array, l3: number): boolean => (u16(bytes, l3 + 6) & 0x3fff) !== 0;

/**
 * Undefined if the header may be used: version, lengths and checksum (ip_rcv_core, net/ipv4/ip_input.c).
 * `isSummed` leaves the checksum out: it is known to be right.
 */
export function checkIpv4(
  bytes: Uint8Array,
  l3: number,
  end: number,
  isSummed = false,
): DropReason | undefined {
  if (end - l3 < IPV4_HEADER) return 'PKT_TOO_SMALL';
  const headerLength = ipv4HeaderLength(bytes, l3);
  if (bytes[l3]! >>> 4 !== 4 || headerLength < IPV4_HEADER) return 'IP_INHDR';
  if (l3 + headerLength > end) return 'PKT_TOO_SMALL';
  if (!isSummed && fold(sumWords(bytes, l3, l3 + headerLength)) !== 0xffff) return 'IP_CSUM';
  const total = ipv4TotalLength(bytes, l3);
  if (l3 + total > end) return 'PKT_TOO_SMALL';
  return total < headerLength ? 'IP_INHDR' : undefined;
}

export function parseIpv4Header(bytes: Uint8Array, l3: number, end: number): Ipv4Header | DropReason {
  const fault = checkIpv4(bytes, l3, end);
  if (fault) return fault;
  return {
    source: ipv4Source(bytes, l3),
    destination: ipv4Destination(bytes, l3),
    protocol: ipv4Protocol(bytes, l3),
    totalLength: ipv4TotalLength(bytes, l3),
    tos: bytes[l3 + 1]!,
    ttl: bytes[l3 + 8]!,
    id: u16(bytes, l3 + 4),
    fragment: u16(bytes, l3 + 6),
  };
}

export function writeIpv4Header(bytes: Uint8Array, l3: number, header: Ipv4Header): void {
  bytes[l3] = 0x45;
  bytes[l3 + 1] = header.tos;
  putU16(bytes, l3 + 2, header.totalLength);
  putU16(bytes, l3 + 4, header.id);
  putU16(bytes, l3 + 6, header.fragment);
  bytes[l3 + 8] = header.ttl;
  bytes[l3 + 9] = header.protocol;
  putU32(bytes, l3 + 12, header.source);
  putU32(bytes, l3 + 16, header.destination);
  writeIpv4Checksum(bytes, l3);
}

export function writeIpv4Checksum(bytes: Uint8Array, l3: number): void {
  putU16(bytes, l3 + 10, 0);
  putU16(bytes, l3 + 10, internetChecksum(bytes, l3, l3 + ipv4HeaderLength(bytes, l3)));
}
