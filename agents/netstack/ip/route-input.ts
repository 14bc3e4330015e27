import type { DropReason } from '../drop-reason.ts';
import { type Route, usesLink } from '../fib/route.ts';
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

/** Why a received packet has no route, and the code of the ICMP error that its sender gets. */
export interface NoInputRoute {
  readonly reason: DropReason;
  readonly code?: number;
}

/** ip_route_input_slow, net/ipv4/route.c: the route of a received packet; drops it and returns undefined if none. */
export function routeInput(ns: Netns, packet: Packet): Route | undefined {
  const source = ipv4Source(packet.bytes, packet.l3);
  const destination = ipv4Destination(packet.bytes, packet.l3);
  const decided = decideInput(ns, packet.input!, source, destination, packet.mark);
  if ('reason' in decided) {
    if (decided.code !== undefined) ns.icmp.sendError(packet, ICMP_UNREACHABLE, decided.code);
    ns.drop(packet, decided.reason);
    return undefined;
  }
  return ns.paths.forReceived(decided, packet);
}

/** The same of what is known of a packet; no next hop is chosen yet. */
export function decideInput(
  ns: Netns,
  link: Link,
  source: Ipv4,
  destination: Ipv4,
  mark: number,
): Route | NoInputRoute {
  const martian = martianReason(link, source, destination);
  if (martian) return { reason: martian };
  if (destination === BROADCAST_IPV4 || destination === ALL_HOSTS) return toEveryone(link, destination);
  if (isMulticast(destination)) return NO_ROUTE;
  const { fib } = ns;
  const route = fib.rules.isKeyed
    ? fib.lookup(destination, { source, input: link, mark })
    : fib.lookup(destination);
  if (route?.type === 'local' || route?.type === 'broadcast')
    return sourceFault(ns, link, source, destination, mark, undefined) ?? route;
  if (!ipConfOf(link).forwarding) return route ? FORWARDING_OFF : NO_ROUTE;
  if (route === undefined) return NET_UNREACHABLE;
  if (route.type === 'unreachable') return HOST_UNREACHABLE;
  if (route.type === 'prohibit') return PROHIBITED;
  if (route.type === 'blackhole' || (route.paths === undefined && !route.link?.up)) return NO_ROUTE;
  return sourceFault(ns, link, source, destination, mark, route.link) ?? route;
}

const NO_ROUTE: NoInputRoute = { reason: 'IP_INNOROUTES' };
const FORWARDING_OFF: NoInputRoute = { reason: 'IP_FORWARDING_OFF' };
const NET_UNREACHABLE: NoInputRoute = { reason: 'IP_INNOROUTES', code: UNREACH_NET };
const HOST_UNREACHABLE: NoInputRoute = { reason: 'IP_INNOROUTES', code: UNREACH_HOST };
const PROHIBITED: NoInputRoute = { reason: 'IP_INNOROUTES', code: UNREACH_ADMIN_PROHIBITED };
const LOCAL_SOURCE: NoInputRoute = { reason: 'IP_LOCAL_SOURCE' };
const INVALID_SOURCE: NoInputRoute = { reason: 'IP_INVALID_SOURCE' };
const WRONG_WAY: NoInputRoute = { reason: 'IP_RPFILTER' };

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
    mtu: undefined,
    mtuLocked: false,
    paths: undefined,
  };
}

/**
 * fib_validate_source, net/ipv4/fib_frontend.c: a source of our own never comes from outside, and that is all
 * without rp_filter and rules; else some way back is looked up as for a packet that came in by `output`. With
 * rp_filter 1 it must be the way in, with 2 there must be one.
 */
function sourceFault(
  ns: Netns,
  link: Link,
  source: Ipv4,
  destination: Ipv4,
  mark: number,
  output: Link | undefined,
): NoInputRoute | undefined {
  if (link.kind === 'loopback') return undefined;
  const { acceptLocal, rpFilter, srcValidMark } = ipConfOf(link);
  const { rules } = ns.fib;
  if (rpFilter === 0 && (acceptLocal || !rules.isCustom))
    return !acceptLocal && ns.isLocalAddress(source) ? LOCAL_SOURCE : undefined;
  const back = rules.isKeyed
    ? ns.fib.lookup(source, { source: destination, input: output, mark: srcValidMark ? mark : 0 })
    : ns.fib.lookup(source);
  if (back?.type === 'local') return acceptLocal ? undefined : LOCAL_SOURCE;
  if (back?.link === undefined) return rpFilter === 0 ? undefined : WRONG_WAY;
  if (back.type !== 'unicast') return INVALID_SOURCE;
  return rpFilter === 1 && !usesLink(back, link) ? WRONG_WAY : undefined;
}
