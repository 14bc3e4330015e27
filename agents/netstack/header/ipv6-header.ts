import { putU16, putU32, u16, u32 } from '../bytes.ts';
import type { DropReason } from '../drop-reason.ts';
import { type Ipv6, isLoopback6 } from '../ipv6.ts';

export const IPV6_HEADER = 40;
/** What every link must carry (RFC 8200 §5). */
export const IPV6_MIN_MTU = 1280;

/** RFC 8200 §3, with a flow label of 0. */
export interface Ipv6Header {
  readonly source: Ipv6;
  readonly destination: Ipv6;
  readonly nextHeader: number;
  /** Of all after the header. */
  readonly payloadLength: number;
  readonly trafficClass: number;
  readonly hopLimit: number;
}

/** An address in network order. */
const scratch = new DataView(new ArrayBuffer(16));
const HALF = 64n;

/**
 * Addresses read lately, by their last word: a packet's are asked for by each layer, and to put one together costs
 * more than to see that it is the same.
 */
const READ_LATELY = 256;
const latelyWords = new Uint32Array(READ_LATELY * 4);
const lately: Ipv6[] = new Array(READ_LATELY).fill(0n);

/** The address at `offset`. */
export function readIpv6(bytes: Uint8Array, offset: number): Ipv6 {
  const a = u32(bytes, offset);
  const b = u32(bytes, offset + 4);
  const c = u32(bytes, offset + 8);
  const d = u32(bytes, offset + 12);
  const slot = (d ^ (d >>> 8) ^ b ^ (b >>> 8)) & (READ_LATELY - 1);
  const at = slot * 4;
  if (
    latelyWords[at] === a &&
    latelyWords[at + 1] === b &&
    latelyWords[at + 2] === c &&
    latelyWords[at + 3] === d
  )
    return lately[slot]!;
  scratch.setUint32(0, a);
  scratch.setUint32(4, b);
  scratch.setUint32(8, c);
  scratch.setUint32(12, d);
  const address = ((scratch.getBigUint64(0) << HALF) | scratch.getBigUint64(8)) as Ipv6;
  latelyWords[at] = a;
  latelyWords[at + 1] = b;
  latelyWords[at + 2] = c;
  latelyWords[at + 3] = d;
  lately[slot] = address;
  return address;
}

export function writeIpv6(bytes: Uint8Array, offset: number, address: bigint): void {
  scratch.setBigUint64(0, address >> HALF);
  scratch.setBigUint64(8, address);
  for (let i = 0; i < 16; i++) bytes[offset + i] = scratch.getUint8(i);
}

export const ipv6Source = (bytes: Uint8Array, l3: number): Ipv6 => readIpv6(bytes, l3 + 8);
export const ipv6Destination = (bytes: Uint8Array, l3: number): Ipv6 => readIpv6(bytes, l3 + 24);
export const ipv6PayloadLength = (bytes: Uint8Array, l3: number): number => u16(bytes, l3 + 4);
export const ipv6TrafficClass = (bytes: Uint8Array, l3: number): number => (u16(bytes, l3) >>> 4) & 255;

/** Undefined if the header is whole and true (ip6_rcv_core, net/ipv6/ip6_input.c; br_validate_ipv6). */
export function checkIpv6(bytes: Uint8Array, l3: number, end: number): DropReason | undefined {
  if (end - l3 < IPV6_HEADER) return 'PKT_TOO_SMALL';
  if (bytes[l3]! >>> 4 !== 6) return 'IP_INHDR';
  return l3 + IPV6_HEADER + ipv6PayloadLength(bytes, l3) > end ? 'PKT_TOO_SMALL' : undefined;
}

/** Undefined if a packet from elsewhere may have its addresses (ip6_rcv_core). */
export function checkIpv6Addresses(bytes: Uint8Array, l3: number): DropReason | undefined {
  if (bytes[l3 + 8] === GROUP || isLoopback6(ipv6Source(bytes, l3))) return 'IP_INVALID_SOURCE';
  // Scope 0 is reserved, scope 1 does not leave its node (RFC 4291 §2.7).
  const isBadGroup = bytes[l3 + 24] === GROUP && (bytes[l3 + 25]! & 15) < 2;
  return isBadGroup || isLoopback6(ipv6Destination(bytes, l3)) ? 'IP_INVALID_DEST' : undefined;
}

/** The first byte of a multicast address. */
const GROUP = 0xff;

export function writeIpv6Header(bytes: Uint8Array, l3: number, header: Ipv6Header): void {
  putU32(bytes, l3, (0x60000000 | (header.trafficClass << 20)) >>> 0);
  putU16(bytes, l3 + 4, header.payloadLength);
  bytes[l3 + 6] = header.nextHeader;
  bytes[l3 + 7] = header.hopLimit;
  writeIpv6(bytes, l3 + 8, header.source);
  writeIpv6(bytes, l3 + 24, header.destination);
}
