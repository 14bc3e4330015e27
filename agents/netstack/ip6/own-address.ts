import type { Link } from '../link/link.ts';

/** Whether the device itself holds the address. */
export function isOwnOn(link: Link, address: bigint): boolean {
  return link.addresses6.some((each) => each.address === address);
}
