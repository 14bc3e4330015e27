import type { IpAddress } from '../ip-address.ts';
import type { Link } from '../link/link.ts';

export type RouteType = 'unicast' | 'local' | 'broadcast' | 'blackhole' | 'unreachable' | 'prohibit';
export type RouteTable = 'local' | 'main';
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
}
