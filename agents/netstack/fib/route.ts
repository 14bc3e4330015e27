import type { IpAddress } from '../ip-address.ts';
import type { Link } from '../link/link.ts';

/** `throw` ends the search in its table only: the next rule decides. */
export type RouteType =
  | 'unicast'
  | 'local'
  | 'broadcast'
  | 'anycast'
  | 'multicast'
  | 'blackhole'
  | 'unreachable'
  | 'prohibit'
  | 'throw';
/** A table by its name in /etc/iproute2/rt_tables, else by its number; see `routeTable`. */
export type RouteTable = 'local' | 'main' | 'default' | number;
export type RouteScope = 'global' | 'link' | 'host';

export interface Route<Address extends IpAddress = IpAddress> {
  readonly table: RouteTable;
  readonly type: RouteType;
  readonly destination: Address;
  readonly prefixLength: number;
  readonly gateway: Address | undefined;
  /** Undefined for the types that end a packet. */
  readonly link: Link | undefined;
  readonly source: Address | undefined;
  readonly scope: RouteScope;
  readonly metric: number;
  readonly onlink: boolean;
  readonly protocol: 'kernel' | 'boot' | 'static';
  /** Its own limit for packets in bytes, besides its device's. */
  readonly mtu: number | undefined;
  /** What a router says of a smaller path is not believed. */
  readonly mtuLocked: boolean;
  /** The next hops of a multipath route; its own `gateway` and `link` are those of the first. */
  readonly paths: readonly RoutePath<Address>[] | undefined;
}

/** One next hop among several, as a route that has it alone. */
export interface RoutePath<Address extends IpAddress = IpAddress> {
  readonly route: Route<Address>;
  /** Its share of the flows; 1 to 256. */
  readonly weight: number;
}

/** Whether what has this route has come to where it is going: this very address is ours, or ours among others'. */
export function endsHere({ type }: Route): boolean {
  return type === 'local' || type === 'broadcast' || type === 'anycast' || type === 'multicast';
}

/** Whether packets of a route may leave by `link`. */
export function usesLink(route: Route, link: Link): boolean {
  return route.paths === undefined
    ? route.link === link
    : route.paths.some((path) => path.route.link === link);
}
