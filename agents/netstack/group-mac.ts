import { type IpAddress, isIpv6 } from './ip-address.ts';
import type { Mac } from './mac.ts';

/** The Ethernet address of a group (RFC 1112 §6.4, RFC 2464 §7). */
export function groupMac(group: IpAddress): Mac {
  if (isIpv6(group)) return (0x333300000000 + Number(group & 0xffffffffn)) as Mac;
  return (0x01005e000000 + (group & 0x7fffff)) as Mac;
}
