import { randomBytes } from 'node:crypto';

/** The only source of chance for every component. */
export interface Rng {
  /** A number in [0, 1). */
  float(): number;
  /** An integer in [0, bound). */
  int(bound: number): number;
  bytes(length: number): Uint8Array;
}

const POOL_BYTES = 4096;
let pool = randomBytes(POOL_BYTES);
let used = 0;

/** A call into the operating system costs more than the bytes: they are drawn many at a time. */
function pooledBytes(length: number): Uint8Array {
  if (length > POOL_BYTES / 4) return randomBytes(length);
  if (used + length > POOL_BYTES) {
    pool = randomBytes(POOL_BYTES);
    used = 0;
  }
  used += length;
  return pool.subarray(used - length, used);
}

/** Chance from the operating system. */
export const systemRng: Rng = {
  float: () => Math.random(),
  int: (bound) => Math.floor(Math.random() * bound),
  bytes: pooledBytes,
};

/** Repeatable chance: the same seed gives the same sequence (mulberry32). */
export function seededRng(seed: number): Rng {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  return {
    float: next,
    int: (bound) => Math.floor(next() * bound),
    bytes: (length) => Uint8Array.from({ length }, () => Math.floor(next() * 256)),
  };
}

/** A version 4 UUID (RFC 9562 §5.4). */
export function uuid(rng: Rng): string {
  const bytes = rng.bytes(16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = Buffer.from(bytes).toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

const SUFFIX_ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';

/** The suffix that generateName appends: no vowels, no digits that look like letters (k8s apimachinery rand.go). */
export function nameSuffix(rng: Rng, length = 5): string {
  return Array.from({ length }, () => SUFFIX_ALPHABET[rng.int(SUFFIX_ALPHABET.length)]).join('');
}
