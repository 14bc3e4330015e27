import { u16, u32 } from '../bytes.ts';
import { SCTP_HEADER } from '../header/sctp-header.ts';
import type { Packet } from '../packet.ts';
import {
  CHUNK_COOKIE_ACK,
  CHUNK_COOKIE_ECHO,
  CHUNK_INIT,
  CHUNK_INIT_ACK,
  CHUNK_SHUTDOWN_COMPLETE,
} from './sctp-state.ts';

const CHUNK_HEADER = 4;
/** Of an INIT's or INIT ACK's fixed part. */
const INIT_HEADER = 16;

/** The place of a packet's first chunk, or -1. */
export const firstChunk = (packet: Packet): number => chunkAt(packet, packet.l4 + SCTP_HEADER);

/** The place of the chunk behind the one at `at`, whole words on, or -1. A chunk's own end is not looked at. */
export const nextChunk = (packet: Packet, at: number): number =>
  chunkAt(packet, at + ((u16(packet.bytes, at + 2) + 3) & ~3));

const chunkAt = ({ end }: Packet, at: number): number => (at + CHUNK_HEADER <= end ? at : -1);

/** The tag that an INIT or INIT ACK asks for, or undefined if it is cut off. */
export const initTag = ({ bytes, end }: Packet, at: number): number | undefined =>
  at + CHUNK_HEADER + INIT_HEADER <= end ? u32(bytes, at + CHUNK_HEADER) : undefined;

const bit = (type: number): number => (type < 32 ? 1 << type : 0);
const ALONE = bit(CHUNK_INIT) | bit(CHUNK_INIT_ACK) | bit(CHUNK_SHUTDOWN_COMPLETE);
const FIRST = bit(CHUNK_COOKIE_ACK) | bit(CHUNK_COOKIE_ECHO);

export const hasChunk = (chunks: number, type: number): boolean => (chunks & bit(type)) !== 0;

/**
 * The types of a packet's chunks as bits, or 0 if there are none or they do not go together: some stand alone,
 * some stand first (RFC 9260 §6.10, do_basic_checks).
 */
export function chunkTypes(packet: Packet): number {
  let types = 0;
  let isFirst = true;
  for (let at = firstChunk(packet); at >= 0; at = nextChunk(packet, at)) {
    const type = bit(packet.bytes[at]!);
    types |= type;
    if (!isFirst && ((type & FIRST) !== 0 || (types & ALONE) !== 0)) return 0;
    if (u16(packet.bytes, at + 2) === 0) return 0;
    isFirst = false;
  }
  return isFirst ? 0 : types | SOME;
}

/** Says that there are chunks, though of no type that has a bit. */
const SOME = 1 << 31;
