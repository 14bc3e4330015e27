import type { DropReason } from '../drop-reason.ts';
import type { Route } from '../fib/route.ts';
import { ICMP6_UNREACHABLE, UNREACH6_NO_ROUTE, UNREACH6_PROHIBITED } from '../header/icmp6-header.ts';
import { ipv6Destination } from '../header/ipv6-header.ts';
import { ipConfOf } from '../ip/ip-conf.ts';
import { ALL_NODES, ALL_ROUTERS, type Ipv6, isLinkLocal6, isMulticast6, solicitedNode } from '../ipv6.ts';
import type { Link } from '../link/link.ts';
import type { Netns } from '../netns.ts';
import type { Packet } from '../packet.ts';

/** ip6_route_input, net/ipv6/route.c: the route of a received packet; drops it and returns undefined if none. */
export function routeInput6(ns: Netns, packet: Packet): Route | undefined {
  const destination = ipv6Destination(packet.bytes, packet.l3);
  const link = packet.input!;
  if (isMulticast6(destination)) {
    return isMemberOf(link, destination) ? toGroup(link, destination) : refuse(ns, packet, 'IP_INNOROUTES');
  }
  const isOfLink = isLinkLocal6(destination);
  const route = isOfLink ? ns.fib6.lookupOn(link, destination) : ns.fib6.lookup(destination);
  if (route?.type === 'local') return route;
  if (!ipConfOf(link).forwarding6) return refuse(ns, packet, 'IP_FORWARDING_OFF');
  if (route === undefined || route.type === 'unreachable') return unreachable(ns, packet, UNREACH6_NO_ROUTE);
  if (route.type === 'prohibit') return unreachable(ns, packet, UNREACH6_PROHIBITED);
  if (route.type !== 'unicast' || !route.link?.up) return refuse(ns, packet, 'IP_INNOROUTES');
  return route;
}

/** The groups that every node is in, and those of its addresses (RFC 4291 §2.8). */
function isMemberOf(link: Link, group: Ipv6): boolean {
  if (group === ALL_NODES) return true;
  if (group === ALL_ROUTERS) return ipConfOf(link).forwarding6;
  return link.addresses6.some(({ address }) => solicitedNode(address) === group);
}

function toGroup(link: Link, destination: Ipv6): Route {
  return {
    table: 'local',
    type: 'local',
    destination,
    prefixLength: 128,
    gateway: undefined,
    link,
    source: undefined,
    scope: 'link',
    metric: 0,
    onlink: false,
    protocol: 'kernel',
  };
}

function refuse(ns: Netns, packet: Packet, reason: DropReason): undefined {
  ns.drop(packet, reason);
}

function unreachable(ns: Netns, packet: Packet, code: number): undefined {
  ns.icmp6.sendError(packet, ICMP6_UNREACHABLE, code);
  ns.drop(packet, 'IP_INNOROUTES');
}
