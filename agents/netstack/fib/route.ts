import type { Ipv4 } from '../ipv4.ts';
import type { Link } from '../link/link.ts';

export type RouteType = 'unicast' | 'local' | 'broadcast' | 'blackhole' | 'unreachable' | 'prohibit';
export type RouteTable = 'local' | 'main';
export type RouteScope = 'global' | 'link' | 'host';

export interface Route {
  readonly table: RouteTable;
  readonly type: RouteType;
  readonly destination: Ipv4;
  readonly prefixLength: number;
  readonly gateway: Ipv4 | undefined;
  /** Undefined for the types that end a packet. */
  readonly link: Link | undefined;
  readonly source: Ipv4 | undefined;
  readonly scope: RouteScope;
  readonly metric: number;
  readonly onlink: boolean;
  readonly protocol: 'kernel' | 'boot' | 'static';
}
