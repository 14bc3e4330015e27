import { addressType } from '../fib/address-type.ts';
import { groupMac } from '../group-mac.ts';
import { type IpAddress, isIpv6 } from '../ip-address.ts';
import { isMulticast6 } from '../ipv6.ts';
import type { Link } from '../link/link.ts';
import { BROADCAST_MAC, type Mac } from '../mac.ts';
import type { Netns } from '../netns.ts';

/** Where packets for an address go without anybody being asked (arp_constructor, ndisc_constructor), if so. */
export function fixedMac(ns: Netns, link: Link, address: IpAddress): Mac | undefined {
  if (isIpv6(address)) {
    if (isMulticast6(address)) return groupMac(address);
    return link.noArp ? link.mac : undefined;
  }
  const type = addressType(ns, address);
  if (type === 'MULTICAST') return groupMac(address);
  if (link.noArp) return link.mac;
  return type === 'BROADCAST' ? BROADCAST_MAC : undefined;
}
