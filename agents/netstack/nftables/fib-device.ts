import { usesLink } from '../fib/route.ts';
import { addressOf, routeToEnd } from '../fib/route-to-end.ts';
import { transportOf } from '../header/ip-header.ts';
import { type IpAddress, isAny, isIpv6 } from '../ip-address.ts';
import { BROADCAST_IPV4, isLinkLocalMulticast4 } from '../ipv4.ts';
import { isLinkLocal6, isLinkLocalMulticast, isMulticast6 } from '../ipv6.ts';
import type { Link } from '../link/link.ts';
import type { Netns } from '../netns.ts';
import type { Packet } from '../packet.ts';
import { PROTO_ICMPV6 } from '../protocol-numbers.ts';
import type { FibKey } from './fib-key.ts';
import { groupDevice } from './group-device.ts';
import { packetDevice } from './packet-device.ts';

/**
 * The device that leads to an address; none for what is this node's own, or nowhere (nft_fib4_eval,
 * net/ipv4/netfilter/nft_fib_ipv4.c; nft_fib6_eval, net/ipv6/netfilter/nft_fib_ipv6.c). For hooks that a packet
 * comes to from a device.
 */
export function fibDevice(
  ns: Netns,
  key: FibKey,
  packet: Packet,
  input: Link | undefined,
  output: Link | undefined,
): Link | undefined {
  const isForwarded = output !== undefined;
  if (!isForwarded && input?.kind === 'loopback') return input;
  if (isAskingEveryone(packet)) return input;
  const device = key.device === 'iif' ? input : undefined;
  const at = packetDevice(packet, input, output);
  const address = addressOf(packet, key.end);
  if (isIpv6(address) && isMulticast6(address)) {
    const found = groupDevice(ns, address, device ?? at);
    return device === undefined || device === found ? found : undefined;
  }
  const route = routeToEnd(ns, packet, key.end, {
    input: isForwarded && key.end === 'saddr' ? device && output : undefined,
    output: isIpv6(address) && isLinkLocal6(address) ? (device ?? at) : undefined,
    mark: key.mark ? packet.mark : 0,
  });
  if (route?.link === undefined || route.type === 'local' || route.type === 'anycast') return undefined;
  if (device === undefined) return route.link;
  return usesLink(route, device) ? device : undefined;
}

/** Who has no address yet asks everyone on the link (RFC 2131 §4.1; RFC 4862 §5.4.2). */
function isAskingEveryone(packet: Packet): boolean {
  if (!isAny(addressOf(packet, 'saddr'))) return false;
  const destination: IpAddress = addressOf(packet, 'daddr');
  if (!isIpv6(destination)) return destination === BROADCAST_IPV4 || isLinkLocalMulticast4(destination);
  return (
    transportOf(packet) === PROTO_ICMPV6 && (isLinkLocal6(destination) || isLinkLocalMulticast(destination))
  );
}
