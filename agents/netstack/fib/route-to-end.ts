import { ipDestination, ipSource } from '../header/ip-header.ts';
import { type IpAddress, isIpv6 } from '../ip-address.ts';
import { ANY_IPV4, BROADCAST_IPV4, isMulticast } from '../ipv4.ts';
import { isMulticast6 } from '../ipv6.ts';
import type { Link } from '../link/link.ts';
import type { Netns } from '../netns.ts';
import type { Packet } from '../packet.ts';
import type { Route } from './route.ts';

export type End = 'saddr' | 'daddr';

export interface EndKey {
  /** What rules compare with `iif`; none for `lo`. */
  readonly input?: Link | undefined;
  /** The one device that the route must lead to. */
  readonly output?: Link | undefined;
  readonly mark: number;
}

export function addressOf(packet: Packet, end: End): IpAddress {
  return (end === 'saddr' ? ipSource : ipDestination)(packet.bytes, packet.l3);
}

/**
 * The route to either end of a packet, as a node that had made the packet there would find it: the other end is
 * the source, if it is one host's (rpfilter_mt; nft_fib4_eval; nft_fib6_flowi_init).
 */
export function routeToEnd(ns: Netns, packet: Packet, end: End, key: EndKey): Route | undefined {
  const address = addressOf(packet, end);
  const other = addressOf(packet, end === 'saddr' ? 'daddr' : 'saddr');
  const full = { ...key, source: isOneHost(other) ? other : undefined };
  return isIpv6(address) ? ns.fib6.lookup(address, full) : ns.fib.lookup(address, full);
}

function isOneHost(address: IpAddress): boolean {
  if (isIpv6(address)) return !isMulticast6(address);
  return !isMulticast(address) && address !== BROADCAST_IPV4 && address !== ANY_IPV4;
}
