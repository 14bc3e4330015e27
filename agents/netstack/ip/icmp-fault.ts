import type { IpAddress } from '../ip-address.ts';

/** What an ICMP or ICMPv6 error says about a packet of ours. */
export interface IcmpFault {
  readonly type: number;
  readonly code: number;
  /** Who sent it. */
  readonly from: IpAddress;
  /** The largest packet that gets further, if that is the matter; else 0. */
  readonly mtu: number;
  /** What a socket's owner is told. */
  readonly errno: string;
}
