import type { Ipv4 } from './ipv4.ts';

/** One side of a transport flow. */
export interface Endpoint {
  readonly address: Ipv4;
  readonly port: number;
}
