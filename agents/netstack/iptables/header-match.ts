import type { IpAddress } from '../ip-address.ts';

/** Matches that look at a packet's IP header, or at how it came. */
export type HeaderMatch =
  | {
      /** Bytes of the whole packet (net/netfilter/xt_length.c). */
      readonly kind: 'length';
      readonly invert: boolean;
      readonly low: number;
      readonly high: number;
    }
  | {
      /** IPv4's TTL, IPv6's hop limit (net/netfilter/xt_hl.c). */
      readonly kind: 'ttl' | 'hl';
      readonly invert: boolean;
      readonly comparison: HopsComparison;
      readonly value: number;
    }
  | { readonly kind: 'dscp'; readonly invert: boolean; readonly value: number }
  | { readonly kind: 'tos'; readonly invert: boolean; readonly value: number; readonly mask: number }
  | {
      readonly kind: 'iprange';
      readonly source?: AddressRange;
      readonly destination?: AddressRange;
    }
  | { readonly kind: 'pkttype'; readonly invert: boolean; readonly type: PacketTypeName };

export type HopsComparison = 'eq' | 'lt' | 'gt';
export type PacketTypeName = 'unicast' | 'broadcast' | 'multicast';

export interface AddressRange {
  readonly invert: boolean;
  readonly low: IpAddress;
  readonly high: IpAddress;
}
