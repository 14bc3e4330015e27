import { putU16, u16 } from './bytes.ts';

/** Adds the 16-bit words of a range to a running sum; an odd last byte is padded with zero (RFC 1071). */
export function sumWords(bytes: Uint8Array, start: number, end: number, initial = 0): number {
  let sum = initial;
  let i = start;
  for (const last = end - 7; i < last; i += 8) {
    sum +=
      ((bytes[i]! + bytes[i + 2]! + bytes[i + 4]! + bytes[i + 6]!) << 8) +
      bytes[i + 1]! +
      bytes[i + 3]! +
      bytes[i + 5]! +
      bytes[i + 7]!;
  }
  for (; i + 1 < end; i += 2) sum += (bytes[i]! << 8) + bytes[i + 1]!;
  if (i < end) sum += bytes[i]! << 8;
  return sum;
}

/** Folds a sum below 2^48 to 16 bits, without complementing it. */
export function fold(sum: number): number {
  let folded = sum;
  while (folded > 0xffff) folded = (folded % 0x10000) + Math.floor(folded / 0x10000);
  return folded;
}

/** The Internet checksum of a range (RFC 1071). */
export function internetChecksum(bytes: Uint8Array, start: number, end: number, initial = 0): number {
  return ~fold(sumWords(bytes, start, end, initial)) & 0xffff;
}

/** The sum over the pseudo header of TCP, UDP and ICMPv6 (RFC 9293 §3.1, RFC 8200 §8.1). */
export function pseudoHeaderSum(
  source: number | bigint,
  destination: number | bigint,
  protocol: number,
  length: number,
): number {
  return sumAddress(source) + sumAddress(destination) + protocol + length;
}

function sumAddress(address: number | bigint): number {
  if (typeof address === 'number') return (address >>> 16) + (address & 0xffff);
  let sum = 0;
  for (let rest = address; rest !== 0n; rest >>= 48n) {
    const words = Number(rest & 0xffffffffffffn);
    sum += Math.floor(words / 0x100000000) + ((words >>> 16) & 0xffff) + (words & 0xffff);
  }
  return sum;
}

/** Replaces one 16-bit word under a checksum: HC' = ~(~HC + ~m + m') (RFC 1624 §3). */
export function replaceWord(checksum: number, before: number, after: number): number {
  let sum = (~checksum & 0xffff) + (~before & 0xffff) + after;
  sum = (sum & 0xffff) + (sum >>> 16);
  sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

/** Mends the checksum at `offset` after a 32-bit value under it changed. */
export function patchChecksum32(bytes: Uint8Array, offset: number, before: number, after: number): void {
  const high = replaceWord(u16(bytes, offset), before >>> 16, after >>> 16);
  putU16(bytes, offset, replaceWord(high, before & 0xffff, after & 0xffff));
}

/** Mends the checksum at `offset` after a 16-bit value under it changed. */
export function patchChecksum16(bytes: Uint8Array, offset: number, before: number, after: number): void {
  putU16(bytes, offset, replaceWord(u16(bytes, offset), before, after));
}
