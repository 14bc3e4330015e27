import { type IpAddress, isIpv6 } from '../ip-address.ts';
import { ANY_IPV4, BROADCAST_IPV4, isMulticast } from '../ipv4.ts';
import { ANY_IPV6, type Ipv6, isMulticast6 } from '../ipv6.ts';
import type { Netns } from '../netns.ts';

/** inet_addr_type, net/ipv4/fib_frontend.c: what the local table says of an address, else unicast. */
export function addressType(
  ns: Netns,
  address: IpAddress,
): 'UNICAST' | 'LOCAL' | 'BROADCAST' | 'MULTICAST' | 'UNREACHABLE' | 'UNSPEC' {
  if (isIpv6(address)) return addressType6(ns, address);
  if (address === ANY_IPV4 || address === BROADCAST_IPV4) return 'BROADCAST';
  if (isMulticast(address)) return 'MULTICAST';
  const type = ns.fib.lookupOwn(address)?.type;
  if (type === 'local') return 'LOCAL';
  return type === 'broadcast' ? 'BROADCAST' : 'UNICAST';
}

/** match_type6 and match_lookup_rt6, net/netfilter/xt_addrtype.c. */
function addressType6(
  ns: Netns,
  address: Ipv6,
): 'UNICAST' | 'LOCAL' | 'MULTICAST' | 'UNREACHABLE' | 'UNSPEC' {
  if (address === ANY_IPV6) return 'UNSPEC';
  if (isMulticast6(address)) return 'MULTICAST';
  const type = ns.fib6.lookup(address)?.type;
  if (type === 'local') return 'LOCAL';
  return type === undefined || type === 'unreachable' ? 'UNREACHABLE' : 'UNICAST';
}
