import type { IpAddress } from './ip-address.ts';

/** How many words of a KeyTable's key an address takes. */
export const ADDRESS_WORDS = 4;

/** Writes an address into a key; one of IPv4 as IPv6 maps it (RFC 4291 §2.5.5.2). */
export function putAddress(key: Int32Array, at: number, address: IpAddress): void {
  if (typeof address === 'number') {
    key[at] = 0;
    key[at + 1] = 0;
    key[at + 2] = 0xffff;
    key[at + 3] = address;
    return;
  }
  for (let i = 0; i < 4; i++) key[at + i] = Number(BigInt.asIntN(32, address >> BigInt(96 - 32 * i)));
}

/** The IPv6 address that `putAddress` wrote. */
export function readAddress(words: ArrayLike<number>, at: number): bigint {
  let address = 0n;
  for (let i = 0; i < ADDRESS_WORDS; i++) address = (address << 32n) | BigInt(words[at + i]! >>> 0);
  return address;
}
