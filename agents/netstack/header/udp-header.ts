import { putU16, u16 } from '../bytes.ts';
import { fold, internetChecksum, pseudoHeaderSum, sumWords } from '../checksum.ts';
import type { DropReason } from '../drop-reason.ts';
import { PROTO_UDP } from '../protocol-numbers.ts';

export const UDP_HEADER = 8;

export interface UdpHeader {
  readonly sourcePort: number;
  readonly destinationPort: number;
  /** Header and payload. */
  readonly length: number;
}

/** Of the datagram at `l4`, by its own word; over IPv6 it may leave that to the packet (RFC 2675 §4). */
export function udpLength(bytes: Uint8Array, l4: number, end: number, destination: number | bigint): number {
  const length = u16(bytes, l4 + 4);
  return length === 0 && typeof destination === 'bigint' ? end - l4 : length;
}

/** Undefined if the datagram may be used. A zero checksum means "none" (RFC 768). */
export function checkUdp(
  bytes: Uint8Array,
  l4: number,
  end: number,
  source: number | bigint,
  destination: number | bigint,
): DropReason | undefined {
  if (end - l4 < UDP_HEADER) return 'PKT_TOO_SMALL';
  const length = udpLength(bytes, l4, end, destination);
  if (length < UDP_HEADER || l4 + length > end) return 'UDP_INVALID';
  if (u16(bytes, l4 + 6) === 0) return undefined;
  const sum = sumWords(bytes, l4, l4 + length, pseudoHeaderSum(source, destination, PROTO_UDP, length));
  return fold(sum) === 0xffff ? undefined : 'UDP_CSUM';
}

export function parseUdp(bytes: Uint8Array, l4: number, end: number): UdpHeader | DropReason {
  if (end - l4 < UDP_HEADER) return 'PKT_TOO_SMALL';
  const length = u16(bytes, l4 + 4);
  if (length < UDP_HEADER || l4 + length > end) return 'UDP_INVALID';
  return { sourcePort: u16(bytes, l4), destinationPort: u16(bytes, l4 + 2), length };
}

/** Writes the header with a checksum of 0; writeUdpChecksum fills it in once the payload is there. */
export function writeUdp(bytes: Uint8Array, l4: number, header: UdpHeader): void {
  putU16(bytes, l4, header.sourcePort);
  putU16(bytes, l4 + 2, header.destinationPort);
  putU16(bytes, l4 + 4, header.length);
  putU16(bytes, l4 + 6, 0);
}

/** A computed 0 is sent as 0xffff (RFC 768). */
export function writeUdpChecksum(
  bytes: Uint8Array,
  l4: number,
  source: number | bigint,
  destination: number | bigint,
): void {
  const length = u16(bytes, l4 + 4);
  putU16(bytes, l4 + 6, 0);
  const sum = internetChecksum(
    bytes,
    l4,
    l4 + length,
    pseudoHeaderSum(source, destination, PROTO_UDP, length),
  );
  putU16(bytes, l4 + 6, sum === 0 ? 0xffff : sum);
}
