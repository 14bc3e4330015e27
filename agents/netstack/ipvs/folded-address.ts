import type { IpAddress } from '../ip-address.ts';

/** An address as the 32 bits that schedulers hash: those of IPv6 are folded (ip_vs_sh_hashkey). */
export function foldedAddress(address: IpAddress): number {
  if (typeof address === 'number') return address;
  const half = address ^ (address >> 64n);
  return Number(BigInt.asUintN(32, half ^ (half >> 32n)));
}
