/** Arithmetic on 32-bit sequence numbers (RFC 9293 §3.4). */

export const seqAdd = (sequence: number, count: number): number => (sequence + count) >>> 0;

/** How far `a` is after `b`, negative if before. */
export const seqDiff = (a: number, b: number): number => (a - b) | 0;

export const seqLess = (a: number, b: number): boolean => ((a - b) | 0) < 0;

export const seqLessEqual = (a: number, b: number): boolean => ((a - b) | 0) <= 0;
