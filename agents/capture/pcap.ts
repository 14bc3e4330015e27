const MAGIC_MICROSECONDS = 0xa1b2c3d4;
const LINKTYPE_ETHERNET = 1;
const SNAPSHOT_LENGTH = 262_144;

/** The head of a capture file (draft-ietf-opsawg-pcap, "File Header"), little-endian. */
export function pcapHeader(): Uint8Array {
  const header = new DataView(new ArrayBuffer(24));
  header.setUint32(0, MAGIC_MICROSECONDS, true);
  header.setUint16(4, 2, true);
  header.setUint16(6, 4, true);
  header.setUint32(16, SNAPSHOT_LENGTH, true);
  header.setUint32(20, LINKTYPE_ETHERNET, true);
  return new Uint8Array(header.buffer);
}

/** One captured frame with its record head; the bytes are copied. */
export function pcapRecord(frame: Uint8Array, timeMs: number): Uint8Array {
  const record = new Uint8Array(16 + frame.length);
  const head = new DataView(record.buffer);
  head.setUint32(0, Math.floor(timeMs / 1000), true);
  head.setUint32(4, Math.floor((timeMs % 1000) * 1000), true);
  head.setUint32(8, frame.length, true);
  head.setUint32(12, frame.length, true);
  record.set(frame, 16);
  return record;
}
