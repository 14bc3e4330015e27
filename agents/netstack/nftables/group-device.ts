import { isLinkLocalMulticast } from '../ipv6.ts';
import type { Link } from '../link/link.ts';
import type { Netns } from '../netns.ts';

/**
 * The device that the route to an IPv6 group leads to: each that speaks IPv6 has one (addrconf_add_mroute). `of` is
 * the one that a group of one link is on; for wider groups the first is as good as any.
 */
export function groupDevice(ns: Netns, group: bigint, of: Link | undefined): Link | undefined {
  const has = (link: Link): boolean => link.up && ns.speaksIpv6(link);
  if (isLinkLocalMulticast(group)) return of && has(of) ? of : undefined;
  return ns.links().find((link) => link.kind !== 'loopback' && has(link));
}
