import { type IpAddress, isIpv6 } from './ip-address.ts';
import { ANY_IPV4 } from './ipv4.ts';
import { ANY_IPV6 } from './ipv6.ts';

/**
 * Whether a socket bound to `bound` gets what is sent to `address`: 0.0.0.0 is any IPv4 address, :: any of both
 * families (net.ipv6.bindv6only=0).
 */
export function covers(bound: IpAddress, address: IpAddress): boolean {
  if (bound === address || bound === ANY_IPV6) return true;
  return bound === ANY_IPV4 && !isIpv6(address);
}
