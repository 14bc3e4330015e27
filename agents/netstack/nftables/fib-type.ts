import { addressType } from '../fib/address-type.ts';
import type { Route } from '../fib/route.ts';
import { addressOf, routeToEnd } from '../fib/route-to-end.ts';
import { type IpAddress, isIpv6 } from '../ip-address.ts';
import type { Ipv4 } from '../ipv4.ts';
import { ANY_IPV6, isLinkLocal6, isMapped, isMulticast6 } from '../ipv6.ts';
import type { Link } from '../link/link.ts';
import type { Netns } from '../netns.ts';
import type { Packet } from '../packet.ts';
import { RTN } from './data-type.ts';
import type { FibKey } from './fib-key.ts';
import { groupDevice } from './group-device.ts';

const OF_IPV4 = {
  UNICAST: RTN.unicast,
  LOCAL: RTN.local,
  BROADCAST: RTN.broadcast,
  MULTICAST: RTN.multicast,
} as const;

/**
 * What an address is to this node, or to `device` of it (nft_fib4_eval_type, net/ipv4/netfilter/nft_fib_ipv4.c;
 * nft_fib6_eval_type, net/ipv6/netfilter/nft_fib_ipv6.c). `at` is the device that a packet is at.
 */
export function fibType(
  ns: Netns,
  key: FibKey,
  packet: Packet,
  device: Link | undefined,
  at: Link | undefined,
): number {
  const address = addressOf(packet, key.end);
  if (!isIpv6(address)) return OF_IPV4[addressType(ns, address as Ipv4, device)];
  if (isMulticast6(address))
    return groupDevice(ns, address, device ?? at) === undefined ? RTN.unreachable : RTN.multicast;
  const route = routeToEnd(ns, packet, key.end, {
    output: isLinkLocal6(address) ? (device ?? at) : undefined,
    mark: key.mark ? packet.mark : 0,
  });
  const ending = endingOf(route);
  if (ending !== undefined) return ending;
  if (route?.type === 'anycast') return RTN.anycast;
  const isOwn =
    device === undefined ? route?.type === 'local' : device.addresses6.some((own) => own.address === address);
  if (isOwn) return RTN.local;
  return isUnicast6(address) ? RTN.unicast : RTN.unspec;
}

function endingOf(route: Route | undefined): number | undefined {
  switch (route?.type) {
    case undefined:
    case 'unreachable':
      return RTN.unreachable;
    case 'blackhole':
      return RTN.blackhole;
    case 'prohibit':
      return RTN.prohibit;
    default:
      return undefined;
  }
}

/** ipv6_addr_type. */
const isUnicast6 = (address: IpAddress): boolean => address !== ANY_IPV6 && !isMapped(BigInt(address));
