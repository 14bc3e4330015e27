import { usesLink } from '../fib/route.ts';
import { routeToEnd } from '../fib/route-to-end.ts';
import { isVersion6 } from '../header/ip-header.ts';
import { ipv4Destination, ipv4Source } from '../header/ipv4-header.ts';
import { ipv6Source } from '../header/ipv6-header.ts';
import { ANY_IPV4, BROADCAST_IPV4, isLinkLocalMulticast4 } from '../ipv4.ts';
import { ANY_IPV6, isLinkLocal6, isMulticast6 } from '../ipv6.ts';
import type { Link } from '../link/link.ts';
import type { Netns } from '../netns.ts';
import type { Packet } from '../packet.ts';
import type { Predicate } from './match-compiler.ts';
import type { RpfilterMatch } from './rule.ts';

/** rpfilter_mt, net/ipv4/netfilter/ipt_rpfilter.c and net/ipv6/netfilter/ip6t_rpfilter.c. */
export function compileRpfilter(ns: Netns, match: RpfilterMatch): Predicate {
  return (packet, input) => {
    if (input === undefined || input.kind === 'loopback') return !match.invert;
    const isSix = isVersion6(packet.bytes, packet.l3);
    return (isSix ? comesBack6 : comesBack4)(ns, match, packet, input) !== match.invert;
  };
}

function comesBack4(ns: Netns, match: RpfilterMatch, packet: Packet, input: Link): boolean {
  const { bytes, l3, mark } = packet;
  const destination = ipv4Destination(bytes, l3);
  // Who has no address yet asks everyone (RFC 2131 §4.1).
  const isOfLink = destination === BROADCAST_IPV4 || isLinkLocalMulticast4(destination);
  if (ipv4Source(bytes, l3) === ANY_IPV4 && isOfLink) return true;
  const back = routeToEnd(ns, packet, 'saddr', { mark: match.validMark ? mark : 0 });
  const isKnown = back?.type === 'unicast' || (back?.type === 'local' && match.acceptLocal);
  return isKnown && (match.loose || usesLink(back, input));
}

function comesBack6(ns: Netns, match: RpfilterMatch, packet: Packet, input: Link): boolean {
  const { bytes, l3, mark } = packet;
  const source = ipv6Source(bytes, l3);
  // Every device has a route for groups.
  if (source === ANY_IPV6 || isMulticast6(source)) return true;
  const output = isLinkLocal6(source) ? input : undefined;
  const back = routeToEnd(ns, packet, 'saddr', { output, mark: match.validMark ? mark : 0 });
  if (back?.type === 'local') return match.acceptLocal;
  return back?.type === 'unicast' && (match.loose || usesLink(back, input));
}
