import type { Route } from '../fib/route.ts';
import { ANY_IPV6, type Ipv6, isLinkLocal6, isLinkLocalMulticast, isLoopback6 } from '../ipv6.ts';
import type { Link, LinkAddress } from '../link/link.ts';
import type { Netns } from '../netns.ts';

/** The source of a packet that has none: the route's own, itself for an address of ours, else as RFC 6724 says. */
export function sourceAddress6(ns: Netns, route: Route<Ipv6>, destination: Ipv6): Ipv6 | undefined {
  if (route.source !== undefined) return route.source;
  if (route.type === 'local') return destination;
  return route.link && selectAddress6(ns, route.link, destination);
}

/**
 * RFC 6724 §5 as far as addresses here differ: the destination itself if it is ours, never one of a smaller scope,
 * rather one of the outgoing device, then the longest common prefix (ipv6_dev_get_saddr, net/ipv6/addrconf.c).
 */
export function selectAddress6(ns: Netns, link: Link, towards: Ipv6): Ipv6 | undefined {
  const isNear = isNearby(towards);
  if (!isNear && ns.isLocalAddress(towards)) return towards;
  const suits = ({ scope }: LinkAddress<Ipv6>): boolean => scope === (isNear ? 'link' : 'global');
  const own = link.addresses6.filter(suits);
  if (own.length > 0) return nearest(own, towards);
  if (isNear) return undefined;
  const others = ns.links().flatMap((other) => (other.up ? other.addresses6.filter(suits) : []));
  return nearest(others, towards) ?? link.addresses6[0]?.address;
}

/** Whether what has this address is on the same link, or is nothing at all. */
function isNearby(address: Ipv6): boolean {
  const isNowhere = address === ANY_IPV6 || isLoopback6(address);
  return isNowhere || isLinkLocal6(address) || isLinkLocalMulticast(address);
}

function nearest(candidates: readonly LinkAddress<Ipv6>[], towards: Ipv6): Ipv6 | undefined {
  let best: Ipv6 | undefined;
  for (const { address } of candidates) {
    if (best === undefined || (address ^ towards) >> 64n < (best ^ towards) >> 64n) best = address;
  }
  return best;
}
