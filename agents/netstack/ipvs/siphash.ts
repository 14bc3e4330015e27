/** A key of SipHash: two words of 64 bits. */
export interface SipKey {
  readonly low: bigint;
  readonly high: bigint;
}

const MASK = (1n << 64n) - 1n;
const rotated = (value: bigint, by: bigint): bigint => ((value << by) | (value >> (64n - by))) & MASK;

/** The four words that SipHash works on. */
type State = [bigint, bigint, bigint, bigint];

function round(v: State): void {
  v[0] = (v[0] + v[1]) & MASK;
  v[1] = rotated(v[1], 13n) ^ v[0];
  v[0] = rotated(v[0], 32n);
  v[2] = (v[2] + v[3]) & MASK;
  v[3] = rotated(v[3], 16n) ^ v[2];
  v[0] = (v[0] + v[3]) & MASK;
  v[3] = rotated(v[3], 21n) ^ v[0];
  v[2] = (v[2] + v[1]) & MASK;
  v[1] = rotated(v[1], 17n) ^ v[2];
  v[2] = rotated(v[2], 32n);
}

/**
 * SipHash (Aumasson and Bernstein, 2012) with so many rounds for each word and at the end, of a message's words of 64
 * bits, the last of which holds its last bytes and its length.
 */
export function siphash(
  words: readonly bigint[],
  { low, high }: SipKey,
  rounds: readonly [number, number],
): bigint {
  const v: State = [
    low ^ 0x736f6d6570736575n,
    high ^ 0x646f72616e646f6dn,
    low ^ 0x6c7967656e657261n,
    high ^ 0x7465646279746573n,
  ];
  for (const word of words) {
    v[3] ^= word;
    for (let i = 0; i < rounds[0]; i++) round(v);
    v[0] ^= word;
  }
  v[2] ^= 0xffn;
  for (let i = 0; i < rounds[1]; i++) round(v);
  return v[0] ^ v[1] ^ v[2] ^ v[3];
}

/** hsiphash_1u32 of 64-bit kernels (lib/siphash.c): SipHash-1-3 of four bytes, cut to 32 bits. */
export function hsiphash(value: number, key: SipKey): number {
  const word = (4n << 56n) | BigInt(value >>> 0);
  return Number(siphash([word], key, [1, 3]) & 0xffffffffn);
}
