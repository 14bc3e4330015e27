import { ANY_IPV4, BROADCAST_IPV4, type Ipv4, isMulticast } from '../ipv4.ts';
import type { Link } from '../link/link.ts';
import type { Netns } from '../netns.ts';

/**
 * inet_dev_addr_type, net/ipv4/fib_frontend.c: what the local table says of an address, else unicast. With a
 * device, an address of another one is a host's like any.
 */
export function addressType(
  ns: Netns,
  address: Ipv4,
  device?: Link,
): 'UNICAST' | 'LOCAL' | 'BROADCAST' | 'MULTICAST' {
  if (address === ANY_IPV4 || address === BROADCAST_IPV4) return 'BROADCAST';
  if (isMulticast(address)) return 'MULTICAST';
  const route = ns.fib.lookupOwn(address);
  if (device !== undefined && route?.link !== device) return 'UNICAST';
  if (route?.type === 'local') return 'LOCAL';
  return route?.type === 'broadcast' ? 'BROADCAST' : 'UNICAST';
}
