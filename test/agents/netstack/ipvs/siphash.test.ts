import { expect, it } from 'vitest';
import { hsiphash, siphash } from '../../../../agents/netstack/ipvs/siphash.ts';

const KEY = { low: 0x0706050403020100n, high: 0x0f0e0d0c0b0a0908n };

/** Appendix A of the paper: fifteen bytes, 00 to 0e. */
it('is SipHash', () => {
  const words = [0x0706050403020100n, 0x0f0e0d0c0b0a0908n];
  expect(siphash(words, KEY, [2, 4])).toBe(0xa129ca6149be45e5n);
});

/** test_vectors_hsiphash of the kernel's own test, four bytes. */
it("is the kernel's hsiphash of 32 bits", () => {
  expect(hsiphash(0x03020100, KEY)).toBe(0x88d38328);
});
