import { putU16, u16, u32 } from '../bytes.ts';
import { replaceWord } from '../checksum.ts';
import { transportOf } from '../header/ip-header.ts';
import { writeSctpChecksum } from '../header/sctp-header.ts';
import { isLaterFragment } from '../ip/later-fragment.ts';
import type { Packet } from '../packet.ts';
import { PROTO_ICMPV6, PROTO_TCP, PROTO_UDP } from '../protocol-numbers.ts';
import type { Value } from './data-type.ts';
import type { Read } from './field.ts';

/** Some bits of a packet, from the beginning of its network or transport header (nft_payload). */
export interface HeaderBits {
  readonly base: 'nh' | 'th';
  readonly offset: number;
  readonly length: number;
}

/** What must be mended when bits change: a checksum at an offset of the same header, SCTP's, the transport's. */
export interface Sums {
  readonly checksum?: number | 'crc32c';
  /** The bits are a part of the pseudo header. */
  readonly isPseudo?: true;
}

/** Bytes of the header that must be there. */
export const bytesOf = ({ offset, length }: HeaderBits): number => (offset + length + 7) >>> 3;

/** Reads at most 32 bits. */
export function readerOf({ base, offset, length }: HeaderBits): Read {
  const at = offset >>> 3;
  const isAligned = offset % 8 === 0;
  if (base === 'nh') {
    if (isAligned && length === 8) return ({ bytes, l3 }) => bytes[l3 + at]!;
    if (isAligned && length === 16) return ({ bytes, l3 }) => u16(bytes, l3 + at);
    if (isAligned && length === 32) return ({ bytes, l3 }) => u32(bytes, l3 + at) | 0;
    return ({ bytes, l3 }) => readBits(bytes, l3, offset, length);
  }
  if (isAligned && length === 8) return ({ bytes, l4 }) => bytes[l4 + at]!;
  if (isAligned && length === 16) return ({ bytes, l4 }) => u16(bytes, l4 + at);
  if (isAligned && length === 32) return ({ bytes, l4 }) => u32(bytes, l4 + at) | 0;
  return ({ bytes, l4 }) => readBits(bytes, l4, offset, length);
}

function readBits(bytes: Uint8Array, header: number, offset: number, length: number): number {
  const first = header + (offset >>> 3);
  const last = header + ((offset + length - 1) >>> 3);
  const spare = 7 - ((offset + length - 1) & 7);
  // Up to five bytes: the first one's bits before the field are cut off before they could overflow.
  let value = bytes[first]! & (0xff >>> (offset & 7));
  if (last === first) return value >>> spare;
  for (let at = first + 1; at < last; at++) value = (value << 8) | bytes[at]!;
  return (value << (8 - spare)) | (bytes[last]! >>> spare);
}

/**
 * nft_payload_set_eval (net/netfilter/nft_payload.c): puts `value` where the bits are, and mends what sums them. A sum
 * that comes to 0 is written as its other zero. False, with nothing changed, where a packet ends before its sum. The
 * caller has seen that the bits are there.
 */
export function changeBits(packet: Packet, at: HeaderBits, value: Value, sums: Sums): boolean {
  const { bytes } = packet;
  const header = at.base === 'nh' ? packet.l3 : packet.l4;
  const from = header + ((at.offset >>> 4) << 1);
  const to = header + (((at.offset + at.length + 15) >>> 4) << 1);
  const places = sumPlaces(packet, header, sums);
  if (places === undefined) return false;
  const before = Array.from({ length: (to - from) >>> 1 }, (_, i) => u16(bytes, from + 2 * i));
  writeBits(bytes, header, at, BigInt(value));
  for (const place of places) {
    const after = u16(bytes, place);
    const wasChanged = place >= from && place < to;
    let sum = wasChanged ? before[(place - from) >>> 1]! : after;
    for (const [i, word] of before.entries()) sum = replaceWord(sum, word, u16(bytes, from + 2 * i));
    putU16(bytes, place, wasChanged ? after : sum === 0 ? 0xffff : sum);
  }
  if (sums.checksum === 'crc32c') writeSctpChecksum(bytes, packet.l4, packet.end);
  return true;
}

function writeBits(bytes: Uint8Array, header: number, { offset, length }: HeaderBits, value: bigint): void {
  const last = (offset + length - 1) >>> 3;
  let rest = value << BigInt(7 - ((offset + length - 1) & 7));
  for (let at = last; at >= offset >>> 3; at--, rest >>= 8n) {
    const first = Math.max(offset - 8 * at, 0);
    const end = Math.min(offset + length - 8 * at, 8);
    const mask = (0xff >>> first) & (0xff << (8 - end)) & 0xff;
    const byte = bytes[header + at]!;
    bytes[header + at] = (byte & ~mask) | (Number(rest & 0xffn) & mask);
  }
}

const TRANSPORT_SUMS: Readonly<Record<number, number>> = {
  [PROTO_TCP]: 16,
  [PROTO_UDP]: 6,
  [PROTO_ICMPV6]: 2,
};

/** Where checksums are; undefined if one is cut off. UDP's is none where it is 0, or not there. */
function sumPlaces(packet: Packet, header: number, { checksum, isPseudo }: Sums): number[] | undefined {
  const { bytes, l4, end } = packet;
  const protocol = transportOf(packet);
  const places: number[] = [];
  if (typeof checksum === 'number') places.push(header + checksum);
  const transport = TRANSPORT_SUMS[protocol];
  if (isPseudo && transport !== undefined && !isLaterFragment(packet)) places.push(l4 + transport);
  const isUnmade = (at: number): boolean =>
    protocol === PROTO_UDP && at === l4 + 6 && (at + 2 > end || u16(bytes, at) === 0);
  const made = places.filter((at) => !isUnmade(at));
  return made.every((at) => at + 2 <= end) ? made : undefined;
}
