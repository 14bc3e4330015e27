import { networkOf, type Prefix } from '../cidr.ts';
import { type IpAddress, isIpv6 } from '../ip-address.ts';
import { isLinkLocal6 } from '../ipv6.ts';
import type { Link } from '../link/link.ts';
import { NetError } from '../net-error.ts';
import type { Netns } from '../netns.ts';
import type { Route, RouteScope, RouteTable, RouteType } from './route.ts';

/** A route as `ip route add` takes it. */
export interface RouteSpec {
  readonly destination: Prefix;
  readonly gateway?: IpAddress;
  readonly link?: Link;
  readonly source?: IpAddress;
  readonly type?: RouteType;
  /** By default `local` for local and broadcast routes, else `main`. */
  readonly table?: RouteTable;
  readonly scope?: RouteScope;
  readonly metric?: number;
  /** Trust that the gateway is on the link, though no route says so. */
  readonly onlink?: boolean;
  readonly protocol?: 'kernel' | 'boot' | 'static';
}

const TERMINAL: ReadonlySet<RouteType> = new Set(['blackhole', 'unreachable', 'prohibit']);

/** IP6_RT_PRIO_USER, and of routes that come with addresses IP6_RT_PRIO_ADDRCONF. */
const METRIC_6 = 1024;
const ADDRESS_METRIC_6 = 256;

/** Fills in what the kernel infers (fib_create_info, net/ipv4/fib_semantics.c) or throws its error. */
export function resolveRoute(ns: Netns, spec: RouteSpec): Route {
  const type = spec.type ?? 'unicast';
  const link = TERMINAL.has(type) ? undefined : (spec.link ?? linkOfGateway(ns, spec));
  if (link && !link.up && type === 'unicast') throw new NetError('ENETDOWN', 'Network is down');
  if (spec.gateway !== undefined && !spec.onlink) requireOnLink(ns, spec.gateway, link);
  return {
    table: spec.table ?? (type === 'local' || type === 'broadcast' ? 'local' : 'main'),
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
  };
}

function defaultMetric({ destination, protocol }: RouteSpec, type: RouteType): number {
  if (!isIpv6(destination.address) || type === 'local') return 0;
  return protocol === 'kernel' ? ADDRESS_METRIC_6 : METRIC_6;
}

function defaultScope(type: RouteType, gateway: IpAddress | undefined): RouteScope {
  if (type === 'local') return 'host';
  if (type === 'broadcast') return 'link';
  return type === 'unicast' && gateway === undefined ? 'link' : 'global';
}

function linkOfGateway(ns: Netns, spec: RouteSpec): Link {
  const via = spec.gateway === undefined ? undefined : ns.lookup(spec.gateway);
  if (!via?.link || via.type !== 'unicast') throw new NetError('ENETUNREACH', 'Network is unreachable');
  return via.link;
}

function requireOnLink(ns: Netns, gateway: IpAddress, link: Link | undefined): void {
  // What is unique on its link only is taken to be there.
  if (isIpv6(gateway) && isLinkLocal6(gateway) && link !== undefined) return;
  const via = ns.lookup(gateway);
  const direct = via?.type === 'unicast' && via.scope === 'link' && via.link === link;
  if (!direct) throw new NetError('ENETUNREACH', 'Nexthop has invalid gateway.');
}
