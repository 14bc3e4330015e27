import { findUpperLayer } from '../header/extension-headers.ts';
import { isVersion6 } from '../header/ip-header.ts';
import { ipv4HeaderLength, ipv4Protocol } from '../header/ipv4-header.ts';
import { IPV6_HEADER } from '../header/ipv6-header.ts';
import type { Packet } from '../packet.ts';

/** Where the transport of the packet is that an ICMP error quotes at `inner`; undefined if it is cut before. */
export function quotedTransport(
  { bytes, l3, end }: Packet,
  inner: number,
): { readonly l4: number; readonly protocol: number } | undefined {
  if (isVersion6(bytes, l3)) {
    const upper = inner + IPV6_HEADER <= end ? findUpperLayer(bytes, inner, end) : undefined;
    return upper && { l4: upper.offset, protocol: upper.protocol };
  }
  if (inner + 20 > end) return undefined;
  return { l4: inner + ipv4HeaderLength(bytes, inner), protocol: ipv4Protocol(bytes, inner) };
}
