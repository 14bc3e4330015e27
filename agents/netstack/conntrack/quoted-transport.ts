import { findUpperLayer, NEXT_FRAGMENT } from '../header/extension-headers.ts';
import { isVersion6 } from '../header/ip-header.ts';
import { IPV4_HEADER, ipv4FragmentOffset, ipv4HeaderLength, ipv4Protocol } from '../header/ipv4-header.ts';
import { IPV6_HEADER } from '../header/ipv6-header.ts';
import type { Packet } from '../packet.ts';

/**
 * Where the transport of the packet is that an ICMP error quotes at `inner`; undefined if it is cut before, or if it is
 * a piece that has none (nf_conntrack_inet_error).
 */
export function quotedTransport(
  { bytes, l3, end }: Packet,
  inner: number,
): { readonly l4: number; readonly protocol: number } | undefined {
  if (isVersion6(bytes, l3)) {
    const upper = inner + IPV6_HEADER <= end ? findUpperLayer(bytes, inner, end) : undefined;
    if (upper === undefined || upper.protocol === NEXT_FRAGMENT) return undefined;
    return { l4: upper.offset, protocol: upper.protocol };
  }
  if (inner + IPV4_HEADER > end || ipv4FragmentOffset(bytes, inner) !== 0) return undefined;
  return { l4: inner + ipv4HeaderLength(bytes, inner), protocol: ipv4Protocol(bytes, inner) };
}
