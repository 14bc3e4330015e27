import { crc32 } from 'node:zlib';
import type { Change } from '../storage.ts';

/**
 * A journal is a row of frames, each one group commit:
 *
 *     magic u32 | length u32 | crc32 of length and records u32 | records
 *     record: type u8 | revision u48 | key length u16 | value length u32 | key | value
 *
 * Numbers are little-endian. The magic holds bytes that UTF-8 never has, so that no stored text looks like
 * the start of a frame. A frame is written only after the one before it is on disk: what follows a whole
 * frame is never older than it.
 */
export const MAGIC = Buffer.from([0xff, 0x50, 0x57, 0xf1]);
const LENGTH_AT = 4;
const CHECKSUM_AT = 8;
export const FRAME_HEADER = 12;
const RECORD_HEADER = 13;
const PUT = 1;
const DELETE = 2;
const LONGEST_KEY = 0xffff;

/** What one record takes in a frame. */
export function recordSize(event: Change): number {
  const { key, bytes } = contentOf(event);
  const keyLength = Buffer.byteLength(key);
  if (keyLength > LONGEST_KEY) throw new RangeError(`a key of ${keyLength} bytes is too long`);
  return RECORD_HEADER + keyLength + bytes.length;
}

/** One frame; `size` is the sum of its records' sizes. */
export function encodeFrame(events: readonly Change[], size: number): Buffer {
  const frame = Buffer.allocUnsafe(FRAME_HEADER + size);
  MAGIC.copy(frame);
  frame.writeUInt32LE(size, LENGTH_AT);
  let at = FRAME_HEADER;
  for (const event of events) at = writeRecord(frame, at, event);
  frame.writeUInt32LE(checksum(frame, 0, size), CHECKSUM_AT);
  return frame;
}

function writeRecord(frame: Buffer, start: number, event: Change): number {
  const { type, key, revision, bytes } = contentOf(event);
  const keyLength = frame.write(key, start + RECORD_HEADER);
  frame.writeUInt8(type, start);
  frame.writeUIntLE(revision, start + 1, 6);
  frame.writeUInt16LE(keyLength, start + 7);
  frame.writeUInt32LE(bytes.length, start + 9);
  frame.set(bytes, start + RECORD_HEADER + keyLength);
  return start + RECORD_HEADER + keyLength + bytes.length;
}

const NOTHING = new Uint8Array();

function contentOf(event: Change): { type: number; key: string; revision: number; bytes: Uint8Array } {
  if (event.type === 'put') return { type: PUT, ...event.value };
  return { type: DELETE, key: event.key, revision: event.revision, bytes: NOTHING };
}

/** The length of the whole frame at an offset; undefined when there is none, or not all of it. */
export function frameLength(journal: Buffer, at: number): number | undefined {
  if (at + FRAME_HEADER > journal.length || MAGIC.compare(journal, at, at + MAGIC.length) !== 0)
    return undefined;
  const size = journal.readUInt32LE(at + LENGTH_AT);
  if (size > journal.length - at - FRAME_HEADER) return undefined;
  if (journal.readUInt32LE(at + CHECKSUM_AT) !== checksum(journal, at, size)) return undefined;
  return FRAME_HEADER + size;
}

/** The records of a whole frame, on memory of their own. */
export function* decodeFrame(journal: Buffer, frameAt: number, length: number): Generator<Change> {
  const end = frameAt + length;
  for (let at = frameAt + FRAME_HEADER; at < end; ) {
    const revision = journal.readUIntLE(at + 1, 6);
    const keyEnd = at + RECORD_HEADER + journal.readUInt16LE(at + 7);
    const valueEnd = keyEnd + journal.readUInt32LE(at + 9);
    const key = journal.toString('utf8', at + RECORD_HEADER, keyEnd);
    if (journal.readUInt8(at) === DELETE) yield { type: 'delete', key, revision };
    else yield { type: 'put', value: { key, revision, bytes: ownCopy(journal, keyEnd, valueEnd) } };
    at = valueEnd;
  }
}

function checksum(journal: Buffer, frameAt: number, size: number): number {
  const start = crc32(journal.subarray(frameAt + LENGTH_AT, frameAt + CHECKSUM_AT));
  return crc32(journal.subarray(frameAt + FRAME_HEADER, frameAt + FRAME_HEADER + size), start);
}

/** Not a slice: one object must not keep a whole journal in memory. */
function ownCopy(journal: Buffer, from: number, to: number): Uint8Array {
  const copy = Buffer.allocUnsafeSlow(to - from);
  journal.copy(copy, 0, from, to);
  return copy;
}
