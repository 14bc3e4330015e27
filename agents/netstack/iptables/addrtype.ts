import { addressType } from '../fib/address-type.ts';
import { ipDestination, ipSource } from '../header/ip-header.ts';
import { type IpAddress, isIpv6 } from '../ip-address.ts';
import type { Ipv4 } from '../ipv4.ts';
import { ANY_IPV6, type Ipv6, isMapped, isMulticast6 } from '../ipv6.ts';
import type { Link } from '../link/link.ts';
import type { Netns } from '../netns.ts';
import type { Predicate } from './match-compiler.ts';
import type { AddressType, AddrtypeMatch } from './rule.ts';

/** addrtype_mt_v1, net/netfilter/xt_addrtype.c. */
export function compileAddrtype(ns: Netns, match: AddrtypeMatch): Predicate {
  const { source, destination, limitInterface } = match;
  const isOf = (address: IpAddress, of: readonly AddressType[], link: Link | undefined): boolean =>
    isIpv6(address)
      ? isOf6(ns, address as Ipv6, of, link)
      : of.includes(addressType(ns, address as Ipv4, link));
  return ({ bytes, l3 }, input, output) => {
    const link = limitInterface && (limitInterface === 'in' ? input : output);
    if (source && isOf(ipSource(bytes, l3), source.of, link) === source.invert) return false;
    return !destination || isOf(ipDestination(bytes, l3), destination.of, link) !== destination.invert;
  };
}

const BY_ROUTE: readonly AddressType[] = ['ANYCAST', 'LOCAL', 'PROHIBIT', 'UNREACHABLE'];

/** match_type6: what an address is by its bits must all hold; then one of what its route makes of it. */
function isOf6(ns: Netns, address: Ipv6, of: readonly AddressType[], link: Link | undefined): boolean {
  if (of.includes('MULTICAST') && !isMulticast6(address)) return false;
  const isUnicast = address !== ANY_IPV6 && !isMulticast6(address) && !isMapped(address);
  if (of.includes('UNICAST') && !isUnicast) return false;
  if (of.includes('UNSPEC') && address !== ANY_IPV6) return false;
  const asked = of.filter((type) => BY_ROUTE.includes(type));
  return asked.length === 0 || asked.some((type) => isByRoute(ns, address, type, link));
}

/** match_lookup_rt6. */
function isByRoute(ns: Netns, address: Ipv6, type: AddressType, link: Link | undefined): boolean {
  if (type === 'LOCAL' && link !== undefined) return link.addresses6.some((each) => each.address === address);
  const route = ns.fib6.lookup(address, link === undefined ? {} : { output: link });
  switch (type) {
    case 'LOCAL':
      return route?.type === 'local';
    case 'ANYCAST':
      return route?.type === 'anycast';
    case 'UNREACHABLE':
      return route === undefined || route.type === 'unreachable';
    default:
      return route?.type === 'prohibit';
  }
}
