import { contains } from '../cidr.ts';
import { addressType } from '../fib/address-type.ts';
import type { Route } from '../fib/route.ts';
import { ARP_REPLY, ARP_REQUEST, type ArpMessage } from '../header/arp.ts';
import { ipConfOf } from '../ip/ip-conf.ts';
import { decideInput } from '../ip/route-input.ts';
import { ANY_IPV4, type Ipv4 } from '../ipv4.ts';
import type { Link, LinkAddress } from '../link/link.ts';
import type { Netns } from '../netns.ts';

/** Who is asked for: an address of ours, one that we answer for, or neither. */
export type Asked = 'own' | 'proxied' | 'own, but kept to ourselves' | 'other';

/** The first half of arp_process, net/ipv4/arp.c. */
export function decideAnswer(ns: Netns, link: Link, message: ArpMessage): Asked {
  const { senderAddress: source, targetAddress: target } = message;
  if (message.operation !== ARP_REQUEST) return 'other';
  if (source === ANY_IPV4) {
    const isOwn = addressType(ns, target) === 'LOCAL' && !isIgnored(ns, link, source, target);
    return isOwn ? 'own' : 'own, but kept to ourselves';
  }
  const route = decideInput(ns, link, source, target, 0);
  if ('reason' in route) return 'other';
  if (route.type === 'local') {
    const isKept = isIgnored(ns, link, source, target) || isFiltered(ns, link, source, target);
    return isKept ? 'own, but kept to ourselves' : 'own';
  }
  return isProxied(ns, link, source, target, route) ? 'proxied' : 'other';
}

/** arp_ignore: which of our addresses a device answers for. */
function isIgnored(ns: Netns, link: Link, source: Ipv4, target: Ipv4): boolean {
  switch (ns.sysctl.perLink(link.name, 'arp_ignore')) {
    case 1:
      return !link.addresses.some(({ address }) => address === target);
    case 2:
      return !link.addresses.some(({ address }) => address === target) || isAstray(link, source, target);
    case 3:
      return !ns.links().some((each) => each.addresses.some((own) => isShown(own, target)));
    case 8:
      return true;
    default:
      return false;
  }
}

/** No subnet of the device has both; who has no address yet is in any. */
const isAstray = (link: Link, source: Ipv4, target: Ipv4): boolean =>
  source !== ANY_IPV4 && !link.addresses.some((own) => contains(own, source) && contains(own, target));

const isShown = (own: LinkAddress, target: Ipv4): boolean => own.address === target && own.scope !== 'host';

/** arp_filter: an answer leaves only by the device that leads back. */
function isFiltered(ns: Netns, link: Link, source: Ipv4, target: Ipv4): boolean {
  if (ns.sysctl.perLink(link.name, 'arp_filter') === 0) return false;
  const back = ns.ip.routeOutput(source, { source: target });
  return typeof back === 'string' || ns.ip.outputLink(back) !== link;
}

function isProxied(ns: Netns, link: Link, source: Ipv4, target: Ipv4, route: Route): boolean {
  if (!ipConfOf(link).forwarding || route.type !== 'unicast') return false;
  const way = route.paths === undefined ? route.link : undefined;
  const isElsewhere = way !== link;
  const proxies = ns.sysctl.perLink(link.name, 'proxy_arp') > 0;
  if (isElsewhere && (proxies || ns.neighbours.proxied.find(link, target) !== undefined)) return true;
  const isPrivate = ns.sysctl.own(link.name, 'proxy_arp_pvlan') > 0;
  return isPrivate && !isElsewhere && source !== target && source !== ANY_IPV4;
}

/** Gratuitous: somebody tells of itself without having been asked (arp_is_garp). */
export function isGratuitous(ns: Netns, message: ArpMessage): boolean {
  const { operation, senderAddress, targetAddress, senderMac, targetMac } = message;
  if (senderAddress !== targetAddress) return false;
  if (operation === ARP_REPLY && senderMac !== targetMac) return false;
  return addressType(ns, senderAddress) === 'UNICAST';
}

/** arp_accept: whether somebody unknown who tells of itself is remembered. */
export function isAccepted(ns: Netns, link: Link, message: ArpMessage, gratuitous: boolean): boolean {
  const setting = ns.sysctl.perLink(link.name, 'arp_accept');
  const source = message.senderAddress;
  const mayBe = setting === 2 ? link.addresses.some((own) => contains(own, source)) : setting > 0;
  if (!mayBe) return false;
  return gratuitous || (message.operation === ARP_REPLY && addressType(ns, source) === 'UNICAST');
}
