import { NEXT_FRAGMENT } from '../header/extension-headers.ts';
import { isVersion6 } from '../header/ip-header.ts';
import { ipv4FragmentOffset } from '../header/ipv4-header.ts';
import type { Packet } from '../packet.ts';

/** Whether a packet is a piece that has no transport header: not the first one. */
export function isLaterFragment({ bytes, l3, nextHeader }: Packet): boolean {
  return isVersion6(bytes, l3) ? nextHeader === NEXT_FRAGMENT : ipv4FragmentOffset(bytes, l3) !== 0;
}
