const METADATA = Buffer.from('"metadata":{');
const STAMP = '"resourceVersion":"';

/**
 * Writes a revision into an object's bytes, as the first field of its metadata. The bytes begin with kind,
 * apiVersion, metadata, in this order (see encodeObject), and metadata is never empty.
 */
export function stampRevision(bytes: Uint8Array, revision: number): Uint8Array {
  const buffer = asBuffer(bytes);
  const at = metadataStart(buffer);
  return splice(buffer, at, at, `${STAMP}${revision}",`);
}

/** The same object under another revision: a DELETED event carries the revision of the deletion. */
export function restampRevision(bytes: Uint8Array, revision: number): Uint8Array {
  const buffer = asBuffer(bytes);
  const from = metadataStart(buffer) + STAMP.length;
  return splice(buffer, from, buffer.indexOf('"', from), String(revision));
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function metadataStart(buffer: Buffer): number {
  return buffer.indexOf(METADATA) + METADATA.length;
}

function splice(buffer: Buffer, from: number, to: number, text: string): Buffer {
  // Own memory, not a slice of the pool: a small object must not keep 8 KiB alive.
  const result = Buffer.allocUnsafeSlow(buffer.length - (to - from) + text.length);
  buffer.copy(result, 0, 0, from);
  result.write(text, from, 'latin1');
  buffer.copy(result, from + text.length, to);
  return result;
}
