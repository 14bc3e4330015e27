import { DecodeError, type JsonObject } from './decode-json.ts';
import type { MessageKey } from './field-table.ts';
import { decodeMessage, encodeMessage } from './protobuf.ts';

const MAGIC = Buffer.from([0x6b, 0x38, 0x73, 0x00]);
/** Tags of length-delimited fields. */
const FIRST = 0x0a;
const SECOND = 0x12;

/** An envelope taken apart: what it says it holds, and the message inside (k8s runtime.Unknown). */
export interface Envelope {
  readonly apiVersion: string;
  readonly kind: string;
  readonly raw: Uint8Array;
}

/** A message in its envelope, and the same message alone, in the same memory. */
export interface SealedMessage {
  readonly bytes: Uint8Array;
  readonly raw: Uint8Array;
}

/** Whether bytes begin with Kubernetes' protobuf envelope. */
export function isProtobuf(bytes: Uint8Array): boolean {
  return bytes.length >= 4 && MAGIC.every((byte, index) => bytes[index] === byte);
}

/** Opens the `k8s\0` envelope. Throws DecodeError on anything that is not one. */
export function openEnvelope(bytes: Uint8Array): Envelope {
  if (!isProtobuf(bytes)) throw new DecodeError('provided data does not appear to be a protobuf message');
  const unknown = decodeMessage('runtime.Unknown', bytes.subarray(4));
  const { typeMeta, raw } = unknown as { typeMeta?: { apiVersion?: string; kind?: string }; raw?: string };
  return {
    apiVersion: typeMeta?.apiVersion ?? '',
    kind: typeMeta?.kind ?? '',
    raw: Buffer.from(raw ?? '', 'base64'),
  };
}

/** An object of the table's shape as protobuf in the `k8s\0` envelope. The object must be valid. */
export function sealMessage(
  message: MessageKey,
  apiVersion: string,
  kind: string,
  object: JsonObject,
): SealedMessage {
  const raw = encodeMessage(message, object);
  const { buffer, at } = envelopeFor(apiVersion, kind, raw.length);
  buffer.set(raw, at);
  return { bytes: buffer, raw: buffer.subarray(at) };
}

/** A list made of its items' own bytes: every Kubernetes list has its metadata first, its items second. */
export function sealList(
  apiVersion: string,
  kind: string,
  metadata: JsonObject,
  items: readonly Uint8Array[],
): Uint8Array {
  const meta = encodeMessage('apis.meta.v1.ListMeta', metadata);
  let length = fieldLength(meta.length);
  for (const item of items) length += fieldLength(item.length);
  const { buffer, at } = envelopeFor(apiVersion, kind, length);
  let end = writeField(buffer, at, FIRST, meta);
  for (const item of items) end = writeField(buffer, end, SECOND, item);
  return buffer;
}

const LENGTH_PREFIX = 4;

/**
 * A watch event as one frame: its length, then metav1.WatchEvent without an envelope, whose object is
 * runtime.RawExtension with one (k8s apimachinery serializer/protobuf, RawSerializer, LengthDelimitedFramer).
 */
export function watchFrame(type: string, object: Uint8Array): Uint8Array {
  const name = Buffer.from(type);
  const extension = fieldLength(object.length);
  const length = fieldLength(name.length) + fieldLength(extension);
  const frame = Buffer.allocUnsafeSlow(LENGTH_PREFIX + length);
  let at = frame.writeUInt32BE(length);
  at = writeField(frame, at, FIRST, name);
  frame[at] = SECOND;
  at = writeVarint(frame, at + 1, extension);
  writeField(frame, at, FIRST, object);
  return frame;
}

/** The frames of a chunk that is made of whole ones, without their lengths. */
export function* unframed(chunk: Uint8Array): Generator<Uint8Array> {
  const view = new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  for (let at = 0; at < chunk.length; ) {
    const from = at + LENGTH_PREFIX;
    at = from + view.getUint32(at);
    yield chunk.subarray(from, at);
  }
}

/** The envelope, with room for a message at its end. */
function envelopeFor(apiVersion: string, kind: string, rawLength: number): { buffer: Buffer; at: number } {
  const version = Buffer.from(apiVersion);
  const name = Buffer.from(kind);
  const typeMeta = fieldLength(version.length) + fieldLength(name.length);
  // Own memory, not a slice of the pool: a small object must not keep 8 KiB alive.
  const buffer = Buffer.allocUnsafeSlow(MAGIC.length + fieldLength(typeMeta) + fieldLength(rawLength));
  buffer.set(MAGIC);
  buffer[MAGIC.length] = FIRST;
  let at = writeVarint(buffer, MAGIC.length + 1, typeMeta);
  at = writeField(buffer, at, FIRST, version);
  at = writeField(buffer, at, SECOND, name);
  buffer[at] = SECOND;
  return { buffer, at: writeVarint(buffer, at + 1, rawLength) };
}

function fieldLength(length: number): number {
  let size = length + 2;
  for (let rest = length >>> 7; rest > 0; rest >>>= 7) size++;
  return size;
}

function writeField(buffer: Buffer, at: number, tag: number, bytes: Uint8Array): number {
  buffer[at] = tag;
  const from = writeVarint(buffer, at + 1, bytes.length);
  buffer.set(bytes, from);
  return from + bytes.length;
}

function writeVarint(buffer: Buffer, at: number, value: number): number {
  let rest = value;
  let end = at;
  while (rest > 0x7f) {
    buffer[end++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  buffer[end++] = rest;
  return end;
}
