import type { DropReason } from '../drop-reason.ts';
import type { Route } from '../fib/route.ts';
import {
  ICMP_UNREACHABLE,
  UNREACH_ADMIN_PROHIBITED,
  UNREACH_HOST,
  UNREACH_NET,
} from '../header/icmp-header.ts';
import { ipv4Destination, ipv4Source } from '../header/ipv4-header.ts';
import { ANY_IPV4, BROADCAST_IPV4, type Ipv4, ipv4, isLoopback, isMulticast } from '../ipv4.ts';
import type { Link } from '../link/link.ts';
import type { Netns } from '../netns.ts';
import type { Packet } from '../packet.ts';
import { ipConfOf } from './ip-conf.ts';

/** ip_route_input_slow, net/ipv4/route.c: the route of a received packet; drops it and returns undefined if none. */
export function routeInput(ns: Netns, packet: Packet): Route | undefined {
  const source = ipv4Source(packet.bytes, packet.l3);
  const destination = ipv4Destination(packet.bytes, packet.l3);
  const link = packet.input!;
  const martian = martianReason(link, source, destination);
  if (martian) return refuse(ns, packet, martian);
  if (destination === BROADCAST_IPV4 || destination === ALL_HOSTS) return toEveryone(link, destination);
  if (isMulticast(destination)) return refuse(ns, packet, 'IP_INNOROUTES');
  const route = ns.fib.lookup(destination);
  if (route?.type === 'local' || route?.type === 'broadcast') return validated(ns, packet, source, route);
  if (!ipConfOf(link).forwarding) return refuse(ns, packet, route ? 'IP_FORWARDING_OFF' : 'IP_INNOROUTES');
  if (route === undefined) return unreachable(ns, packet, UNREACH_NET);
  if (route.type === 'unreachable') return unreachable(ns, packet, UNREACH_HOST);
  if (route.type === 'prohibit') return unreachable(ns, packet, UNREACH_ADMIN_PROHIBITED);
  if (route.type === 'blackhole' || !route.link?.up) return refuse(ns, packet, 'IP_INNOROUTES');
  return validated(ns, packet, source, route);
}

function refuse(ns: Netns, packet: Packet, reason: DropReason): undefined {
  ns.drop(packet, reason);
}

function unreachable(ns: Netns, packet: Packet, code: number): undefined {
  ns.icmp.sendError(packet, ICMP_UNREACHABLE, code);
  ns.drop(packet, 'IP_INNOROUTES');
}

/** Every device is in this group (RFC 1112 §4); nobody here joins another. */
const ALL_HOSTS = ipv4('224.0.0.1');

/** RFC 1812 §5.3.7: addresses that must not appear on a wire. The rest of 0.0.0.0/8 is any host's since Linux 5.3. */
function martianReason(link: Link, source: number, destination: number): DropReason | undefined {
  if (isMulticast(source) || source === BROADCAST_IPV4) return 'IP_INVALID_SOURCE';
  if (destination === BROADCAST_IPV4) return undefined;
  if (source === ANY_IPV4) return 'IP_INVALID_SOURCE';
  if (destination === ANY_IPV4) return 'IP_INVALID_DEST';
  if (link.kind === 'loopback') return undefined;
  const localnet = ipConfOf(link).routeLocalnet;
  if (isLoopback(destination) && !localnet) return 'IP_INVALID_DEST';
  return isLoopback(source) && !localnet ? 'IP_INVALID_SOURCE' : undefined;
}

function toEveryone(link: Link, destination: Ipv4): Route {
  return {
    table: 'local',
    type: 'broadcast',
    destination,
    prefixLength: 32,
    gateway: undefined,
    link,
    source: undefined,
    scope: 'link',
    metric: 0,
    onlink: false,
    protocol: 'kernel',
  };
}

/**
 * fib_validate_source, net/ipv4/fib_frontend.c: a source of our own never comes from outside, and that is all
 * without rp_filter; with 1 the way back must be the way in, with 2 there must be some way back.
 */
function validated(ns: Netns, packet: Packet, source: Ipv4, route: Route): Route | undefined {
  const link = packet.input!;
  if (link.kind === 'loopback') return route;
  const { acceptLocal, rpFilter: filter } = ipConfOf(link);
  if (filter === 0) {
    if (!acceptLocal && ns.isLocalAddress(source)) return refuse(ns, packet, 'IP_LOCAL_SOURCE');
    return route;
  }
  const back = ns.fib.lookup(source);
  if (back?.type === 'local' && acceptLocal) return route;
  if (back?.type === 'local') return refuse(ns, packet, 'IP_LOCAL_SOURCE');
  if (back !== undefined && back.type !== 'unicast') return refuse(ns, packet, 'IP_INVALID_SOURCE');
  if (back?.link === link || (filter === 2 && back !== undefined)) return route;
  return refuse(ns, packet, 'IP_RPFILTER');
}
