import { isExtension, NEXT_FRAGMENT, NEXT_UNREADABLE } from '../header/extension-headers.ts';
import { isVersion6, transportOf } from '../header/ip-header.ts';
import { ipv4FragmentOffset } from '../header/ipv4-header.ts';
import type { Packet } from '../packet.ts';

/** Whether a packet is a piece that has no transport header: not the first one. */
export function isLaterFragment({ bytes, l3, nextHeader }: Packet): boolean {
  return isVersion6(bytes, l3) ? nextHeader === NEXT_FRAGMENT : ipv4FragmentOffset(bytes, l3) !== 0;
}

/**
 * What rules take a packet's protocol to be: a later piece of IPv6 is of the one that its fragment header names,
 * though it has nothing of it; undefined if that is another header, or headers are cut (ipv6_find_hdr).
 */
export function protocolOf(packet: Packet): number | undefined {
  const { bytes, l3, l4, nextHeader } = packet;
  if (!isVersion6(bytes, l3)) return transportOf(packet);
  const protocol = nextHeader === NEXT_FRAGMENT ? bytes[l4]! : nextHeader;
  return protocol === NEXT_UNREADABLE || isExtension(protocol) ? undefined : protocol;
}
