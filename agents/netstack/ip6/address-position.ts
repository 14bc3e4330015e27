import { type Ipv6, narrowScope } from '../ipv6.ts';
import type { LinkAddress } from '../link/link.ts';

/**
 * Where a new address stands among those of a device: the wider ones first, of equal ones the newest
 * (ipv6_link_dev_addr, net/ipv6/addrconf.c).
 */
export function addressPosition(held: readonly LinkAddress<Ipv6>[], address: Ipv6): number {
  const next = held.findIndex((other) => width(other.address) <= width(address));
  return next < 0 ? held.length : next;
}

const width = (address: Ipv6): number => narrowScope(address) || Number.POSITIVE_INFINITY;
