import { putU16, putU32, u16 } from '../bytes.ts';
import type { DropReason } from '../drop-reason.ts';
import { type Ipv6, isLoopback6, isMulticast6 } from '../ipv6.ts';

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

const scratch = new BigUint64Array(2);
const scratchBytes = new Uint8Array(scratch.buffer);
const IS_LITTLE_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** The address at `offset`. */
export function readIpv6(bytes: Uint8Array, offset: number): Ipv6 {
  if (IS_LITTLE_ENDIAN) for (let i = 0; i < 16; i++) scratchBytes[15 - i] = bytes[offset + i]!;
  else for (let i = 0; i < 8; i++) swapInto(bytes, offset, i);
  return ((scratch[1]! << 64n) | scratch[0]!) as Ipv6;
}

function swapInto(bytes: Uint8Array, offset: number, i: number): void {
  scratchBytes[i] = bytes[offset + 8 + i]!;
  scratchBytes[8 + i] = bytes[offset + i]!;
}

export function writeIpv6(bytes: Uint8Array, offset: number, address: bigint): void {
  for (let i = 0; i < 4; i++) {
    putU32(bytes, offset + 4 * i, Number((address >> BigInt(96 - 32 * i)) & 0xffffffffn));
  }
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
  const source = ipv6Source(bytes, l3);
  const destination = ipv6Destination(bytes, l3);
  if (isMulticast6(source) || isLoopback6(source)) return 'IP_INVALID_SOURCE';
  // Scope 0 is reserved, scope 1 does not leave its node (RFC 4291 §2.7).
  const isBadGroup = isMulticast6(destination) && (bytes[l3 + 25]! & 15) < 2;
  return isLoopback6(destination) || isBadGroup ? 'IP_INVALID_DEST' : undefined;
}

export function writeIpv6Header(bytes: Uint8Array, l3: number, header: Ipv6Header): void {
  putU32(bytes, l3, (0x60000000 | (header.trafficClass << 20)) >>> 0);
  putU16(bytes, l3 + 4, header.payloadLength);
  bytes[l3 + 6] = header.nextHeader;
  bytes[l3 + 7] = header.hopLimit;
  writeIpv6(bytes, l3 + 8, header.source);
  writeIpv6(bytes, l3 + 24, header.destination);
}
