import type { IpAddress } from '../ip-address.ts';
import type { Packet } from '../packet.ts';
import { ipv4Destination, ipv4Protocol, ipv4Source } from './ipv4-header.ts';
import { ipv6Destination, ipv6Source, ipv6TrafficClass } from './ipv6-header.ts';

/** Headers of either version, by the first four bits. */

export const isVersion6 = (bytes: Uint8Array, l3: number): boolean => bytes[l3]! >>> 4 === 6;

export function ipSource(bytes: Uint8Array, l3: number): IpAddress {
  return isVersion6(bytes, l3) ? ipv6Source(bytes, l3) : ipv4Source(bytes, l3);
}

export function ipDestination(bytes: Uint8Array, l3: number): IpAddress {
  return isVersion6(bytes, l3) ? ipv6Destination(bytes, l3) : ipv4Destination(bytes, l3);
}

/** The class of service: IPv4's TOS, IPv6's traffic class. */
export function classOf(bytes: Uint8Array, l3: number): number {
  return isVersion6(bytes, l3) ? ipv6TrafficClass(bytes, l3) : bytes[l3 + 1]!;
}

/** The protocol of what begins at `l4`. */
export function transportOf({ bytes, l3, nextHeader }: Packet): number {
  return isVersion6(bytes, l3) ? nextHeader : ipv4Protocol(bytes, l3);
}
