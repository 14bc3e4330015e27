import type { IpVersion } from '../ip-address.ts';

/** What a set is made with. */
export interface IpSetOptions {
  /** Only told; the table here grows by itself. */
  readonly hashSize: number;
  /** Further elements are refused, or with `forceAdd` take another's place. */
  readonly maxElements: number;
  readonly forceAdd: boolean;
  /** Of a bitmap: ports, or addresses. */
  readonly low: number;
  readonly high: number;
  /** What its addresses are. */
  readonly version: IpVersion;
  /** Addresses are kept as networks of this length; undefined: as they are. */
  readonly netmask: number | undefined;
  readonly markMask: number;
  /** How long an element stays that does not say it itself, in seconds; 0 is for ever; undefined: all stay. */
  readonly timeout: number | undefined;
  readonly counters: boolean;
  readonly comments: boolean;
}

export const DEFAULT_OPTIONS: IpSetOptions = {
  hashSize: 1024,
  maxElements: 65_536,
  forceAdd: false,
  low: 0,
  high: 65_535,
  version: 4,
  netmask: undefined,
  markMask: 0xffffffff,
  timeout: undefined,
  counters: false,
  comments: false,
};
