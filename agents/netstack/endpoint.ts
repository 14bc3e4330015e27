import type { IpAddress } from './ip-address.ts';

/** One side of a transport flow. */
export interface Endpoint {
  readonly address: IpAddress;
  readonly port: number;
}
