export const SCTP_HEADER = 12;
const CHECKSUM = 8;
/** Castagnoli's polynomial, its bits in reverse (RFC 9260 appendix A). */
const POLYNOMIAL = 0x82f63b78;

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ POLYNOMIAL : value >>> 1;
  return value;
});

/** Of a packet as if its checksum field were 0. */
function crc32c(bytes: Uint8Array, l4: number, end: number): number {
  let crc = 0xffffffff;
  for (let at = l4; at < end; at++) {
    const isField = at >= l4 + CHECKSUM && at < l4 + SCTP_HEADER;
    crc = TABLE[(crc ^ (isField ? 0 : bytes[at]!)) & 255]! ^ (crc >>> 8);
  }
  return ~crc >>> 0;
}

/** Whether there is a whole header and its checksum is right; the checksum stands least significant byte first. */
export function isGoodSctp(bytes: Uint8Array, l4: number, end: number): boolean {
  if (end - l4 < SCTP_HEADER) return false;
  const crc = crc32c(bytes, l4, end);
  return [0, 1, 2, 3].every((i) => bytes[l4 + CHECKSUM + i] === ((crc >>> (8 * i)) & 255));
}

/** To be called when a packet is complete up to `end`. */
export function writeSctpChecksum(bytes: Uint8Array, l4: number, end: number): void {
  const crc = crc32c(bytes, l4, end);
  for (let i = 0; i < 4; i++) bytes[l4 + CHECKSUM + i] = crc >>> (8 * i);
}
