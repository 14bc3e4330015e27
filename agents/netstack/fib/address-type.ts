import { ANY_IPV4, BROADCAST_IPV4, isMulticast } from '../ipv4.ts';
import type { Netns } from '../netns.ts';

/** inet_addr_type, net/ipv4/fib_frontend.c: what the local table says of an address, else unicast. */
export function addressType(ns: Netns, address: number): 'UNICAST' | 'LOCAL' | 'BROADCAST' | 'MULTICAST' {
  if (address === ANY_IPV4 || address === BROADCAST_IPV4) return 'BROADCAST';
  if (isMulticast(address)) return 'MULTICAST';
  const type = ns.fib.lookup(address)?.type;
  if (type === 'local') return 'LOCAL';
  return type === 'broadcast' ? 'BROADCAST' : 'UNICAST';
}
