import { networkOf, type Prefix } from '../cidr.ts';
import { type IpAddress, isIpv6 } from '../ip-address.ts';
import { isLinkLocal6 } from '../ipv6.ts';
import type { Link } from '../link/link.ts';
import { NetError } from '../net-error.ts';
import type { Netns } from '../netns.ts';
import type { Route, RoutePath, RouteScope, RouteTable, RouteType } from './route.ts';
import { routeTable } from './route-table.ts';

/** Where a route's packets go, or some of them. */
export interface NextHopSpec {
  readonly gateway?: IpAddress;
  readonly link?: Link;
  /** Trust that the gateway is on the link, though no route says so. */
  readonly onlink?: boolean;
  /** Its share among several; by default 1. */
  readonly weight?: number;
}

/** A route as `ip route add` takes it. */
export interface RouteSpec extends Omit<NextHopSpec, 'weight'> {
  readonly destination: Prefix;
  /** Several next hops, in place of `gateway` and `link`. */
  readonly nextHops?: readonly NextHopSpec[];
  readonly source?: IpAddress;
  readonly type?: RouteType;
  /** By default `local` for local and broadcast routes, else `main`. */
  readonly table?: RouteTable;
  readonly scope?: RouteScope;
  readonly metric?: number;
  readonly protocol?: 'kernel' | 'boot' | 'static';
  readonly mtu?: number;
  readonly mtuLocked?: boolean;
}

const TERMINAL: ReadonlySet<RouteType> = new Set(['blackhole', 'unreachable', 'prohibit', 'throw']);
/** Next hops of one route; a weight is a byte on rtnetlink. */
const MAX_PATHS = 256;
const MAX_WEIGHT = 256;
const MAX_MTU = 65_535;

/** They say what an address is; their table is `local`. */
const OF_ADDRESSES: ReadonlySet<RouteType> = new Set(['local', 'broadcast', 'anycast']);

/** IP6_RT_PRIO_USER, and of routes that come with addresses IP6_RT_PRIO_ADDRCONF. */
const METRIC_6 = 1024;
const ADDRESS_METRIC_6 = 256;

/** Fills in what the kernel infers (fib_create_info, net/ipv4/fib_semantics.c) or throws its error. */
export function resolveRoute(ns: Netns, spec: RouteSpec): Route {
  if (!isWithin(spec.mtu ?? 0, 0, MAX_MTU)) throw new NetError('EINVAL', 'Invalid mtu.');
  if (spec.nextHops === undefined) return resolveSingle(ns, spec);
  if (!isWithin(spec.nextHops.length, 1, MAX_PATHS)) throw new NetError('EINVAL', 'Invalid nexthops.');
  const paths = spec.nextHops.map((hop) => resolvePath(ns, spec, hop));
  const first = paths[0]!.route;
  return paths.length === 1 ? first : { ...first, scope: widestScope(paths), paths };
}

function resolvePath(ns: Netns, spec: RouteSpec, { weight = 1, ...hop }: NextHopSpec): RoutePath {
  if (!isWithin(weight, 1, MAX_WEIGHT)) throw new NetError('EINVAL', 'Invalid weight.');
  const { nextHops: _, gateway: __, link: ___, onlink: ____, ...shared } = spec;
  return { route: resolveSingle(ns, { ...shared, ...hop }), weight };
}

/** With any gateway among its next hops a route leads beyond the link. */
function widestScope(paths: readonly RoutePath[]): RouteScope {
  return paths.find((path) => path.route.scope === 'global')?.route.scope ?? paths[0]!.route.scope;
}

const isWithin = (value: number, low: number, high: number): boolean =>
  Number.isInteger(value) && value >= low && value <= high;

/** As `spec` names it, or where a route of that type is by default. */
export function tableOf({ table, type }: Pick<RouteSpec, 'table' | 'type'>): RouteTable {
  if (table === undefined) return type !== undefined && OF_ADDRESSES.has(type) ? 'local' : 'main';
  const known = routeTable(table);
  if (known === undefined) throw new NetError('EINVAL', 'Invalid table.');
  return known;
}

function resolveSingle(ns: Netns, spec: RouteSpec): Route {
  const type = spec.type ?? 'unicast';
  const link = TERMINAL.has(type) ? undefined : (spec.link ?? linkOfGateway(ns, spec));
  if (link && !link.up && type === 'unicast') throw new NetError('ENETDOWN', 'Network is down');
  if (spec.gateway !== undefined && !spec.onlink) requireOnLink(ns, spec.gateway, link);
  return {
    table: tableOf(spec),
    type,
    destination: networkOf(spec.destination),
    prefixLength: spec.destination.prefixLength,
    gateway: spec.gateway,
    link,
    source: spec.source,
    scope: spec.scope ?? defaultScope(type, spec.gateway),
    metric: spec.metric ?? defaultMetric(spec, type),
    onlink: spec.onlink ?? false,
    protocol: spec.protocol ?? 'boot',
    mtu: spec.mtu || undefined,
    mtuLocked: spec.mtuLocked ?? false,
    paths: undefined,
  };
}

function defaultMetric({ destination, protocol }: RouteSpec, type: RouteType): number {
  if (!isIpv6(destination.address) || OF_ADDRESSES.has(type)) return 0;
  return protocol === 'kernel' ? ADDRESS_METRIC_6 : METRIC_6;
}

function defaultScope(type: RouteType, gateway: IpAddress | undefined): RouteScope {
  if (type === 'local') return 'host';
  if (type === 'broadcast') return 'link';
  return type === 'unicast' && gateway === undefined ? 'link' : 'global';
}

function linkOfGateway(ns: Netns, spec: RouteSpec): Link {
  const via = spec.gateway === undefined ? undefined : ns.lookup(spec.gateway);
  if (!via?.link || via.type !== 'unicast') throw new NetError('ENETUNREACH', 'Nexthop has invalid gateway.');
  return via.link;
}

function requireOnLink(ns: Netns, gateway: IpAddress, link: Link | undefined): void {
  // What is unique on its link only is taken to be there.
  if (isIpv6(gateway) && isLinkLocal6(gateway) && link !== undefined) return;
  const via = ns.lookup(gateway);
  const direct = via?.type === 'unicast' && via.scope === 'link' && via.link === link;
  if (!direct) throw new NetError('ENETUNREACH', 'Nexthop has invalid gateway.');
}

/** Whether a route's next hops are those named, in their order. */
export function hasNextHops(route: Route, hops: readonly NextHopSpec[]): boolean {
  const paths = route.paths ?? [{ route, weight: 1 }];
  return (
    paths.length === hops.length &&
    hops.every(({ gateway, link }, i) => {
      const { route: own } = paths[i]!;
      return (gateway === undefined || own.gateway === gateway) && (link === undefined || own.link === link);
    })
  );
}
