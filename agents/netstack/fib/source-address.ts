import { contains } from '../cidr.ts';
import type { Ipv4 } from '../ipv4.ts';
import type { Link } from '../link/link.ts';
import type { Netns } from '../netns.ts';
import type { Route } from './route.ts';

/**
 * The source for a packet that has none (fib_result_prefsrc): the route's own, else an address of its link,
 * first one in the next hop's subnet.
 */
export function sourceAddressFor(ns: Netns, route: Route<Ipv4>, destination: Ipv4): Ipv4 | undefined {
  if (route.source !== undefined) return route.source;
  if (route.type === 'local' && route.link?.kind === 'loopback' && !hasAddress(route.link, destination)) {
    return localSource(ns, destination);
  }
  return route.link ? selectAddress(ns, route.link, route.gateway ?? destination) : undefined;
}

/** inet_select_addr, net/ipv4/devinet.c. */
export function selectAddress(ns: Netns, link: Link, towards: Ipv4): Ipv4 | undefined {
  const usable = link.addresses.filter((address) => !address.secondary && address.scope !== 'host');
  const found = usable.find((address) => contains(address, towards)) ?? usable[0];
  if (found) return found.address;
  if (link.kind === 'loopback') return link.addresses[0]?.address;
  for (const other of ns.links()) {
    const global = other.addresses.find((address) => address.scope === 'global');
    if (global && other.up) return global.address;
  }
  return undefined;
}

function localSource(ns: Netns, destination: Ipv4): Ipv4 | undefined {
  return ns.isLocalAddress(destination) ? destination : ns.lo.addresses[0]?.address;
}

function hasAddress(link: Link, address: Ipv4): boolean {
  return link.addresses.some((other) => contains(other, address));
}
