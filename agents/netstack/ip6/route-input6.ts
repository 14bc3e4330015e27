import { networkOf } from '../cidr.ts';
import { endsHere, type Route } from '../fib/route.ts';
import { ICMP6_UNREACHABLE, UNREACH6_NO_ROUTE, UNREACH6_PROHIBITED } from '../header/icmp6-header.ts';
import { ipv6Destination, ipv6Source } from '../header/ipv6-header.ts';
import { ipConfOf } from '../ip/ip-conf.ts';
import type { NoInputRoute } from '../ip/route-input.ts';
import { isIpv6 } from '../ip-address.ts';
import { ALL_NODES, ALL_ROUTERS, type Ipv6, isLinkLocal6, isMulticast6, solicitedNode } from '../ipv6.ts';
import type { Link } from '../link/link.ts';
import type { Netns } from '../netns.ts';
import type { Packet } from '../packet.ts';

/** ip6_route_input, net/ipv6/route.c: the route of a received packet; drops it and returns undefined if none. */
export function routeInput6(ns: Netns, packet: Packet): Route | undefined {
  const source = ipv6Source(packet.bytes, packet.l3);
  const destination = ipv6Destination(packet.bytes, packet.l3);
  const decided = decideInput6(ns, packet.input!, source, destination, packet.mark);
  if ('reason' in decided) {
    if (decided.code !== undefined) ns.icmp6.sendError(packet, ICMP6_UNREACHABLE, decided.code);
    ns.drop(packet, decided.reason);
    return undefined;
  }
  return ns.paths.forReceived(decided, packet);
}

/** The same of what is known of a packet; no next hop is chosen yet. */
export function decideInput6(
  ns: Netns,
  link: Link,
  source: Ipv6,
  destination: Ipv6,
  mark: number,
): Route | NoInputRoute {
  if (isMulticast6(destination)) return isMemberOf(link, destination) ? toGroup(link, destination) : NO_ROUTE;
  const { fib6 } = ns;
  const output = isLinkLocal6(destination) ? link : undefined;
  const isPlain = !fib6.rules.isKeyed && output === undefined;
  const route = isPlain
    ? fib6.lookup(destination)
    : fib6.lookup(destination, { source, input: link, output, mark });
  if (route !== undefined && endsHere(route)) return route;
  if (!ipConfOf(link).forwarding6) return FORWARDING_OFF;
  if (route === undefined || route.type === 'unreachable') return UNREACHABLE;
  if (route.type === 'prohibit') return PROHIBITED;
  const leadsOn = route.type === 'unicast' && (route.paths !== undefined || route.link?.up);
  return leadsOn ? route : NO_ROUTE;
}

const NO_ROUTE: NoInputRoute = { reason: 'IP_INNOROUTES' };
const FORWARDING_OFF: NoInputRoute = { reason: 'IP_FORWARDING_OFF' };
const UNREACHABLE: NoInputRoute = { reason: 'IP_INNOROUTES', code: UNREACH6_NO_ROUTE };
const PROHIBITED: NoInputRoute = { reason: 'IP_INNOROUTES', code: UNREACH6_PROHIBITED };

/** The groups that every node is in, and those of the addresses that it answers for (RFC 4291 §2.8). */
function isMemberOf(link: Link, group: Ipv6): boolean {
  const { forwarding6 } = ipConfOf(link);
  if (group === ALL_NODES) return true;
  if (group === ALL_ROUTERS) return forwarding6;
  const { proxied } = link.ns.neighbours;
  return (
    link.addresses6.some(({ address }) => solicitedNode(address) === group) ||
    (forwarding6 && link.addresses6.some((own) => solicitedNode(networkOf(own)) === group)) ||
    proxied
      .list()
      .some(({ link: on, address }) => on === link && isIpv6(address) && solicitedNode(address) === group)
  );
}

function toGroup(link: Link, destination: Ipv6): Route {
  return {
    table: 'local',
    type: 'multicast',
    destination,
    prefixLength: 128,
    gateway: undefined,
    link,
    source: undefined,
    scope: 'link',
    metric: 0,
    onlink: false,
    protocol: 'kernel',
    mtu: undefined,
    mtuLocked: false,
    paths: undefined,
  };
}
