import { putU16, putU32 } from '../bytes.ts';
import type { NetRng } from '../environment.ts';
import {
  FRAGMENT_HEADER,
  NEXT_DESTINATION,
  NEXT_FRAGMENT,
  NEXT_HOP_BY_HOP,
  NEXT_ROUTING,
} from '../header/extension-headers.ts';
import { IPV6_HEADER, IPV6_MIN_MTU } from '../header/ipv6-header.ts';
import { cutBody, fitsAsItCame } from '../ip/cut-body.ts';
import { Packet } from '../packet.ts';

/** Whether a packet must leave in pieces: it is too long, or longer than the longest piece that it came in. */
export function leavesInPieces6({ fragments, l3, end }: Packet, mtu: number): boolean {
  return end - l3 > mtu || (fragments?.isBinding === true && end - l3 > fragments.longest);
}

/** ip6_pkt_too_big: on its way nothing is cut but what came in pieces, and those must fit, unless that is forgotten. */
export function isTooBig6({ fragments, l3, end }: Packet, mtu: number): boolean {
  if (end - l3 <= mtu) return false;
  return fragments === undefined || (fragments.isBinding && fragments.longest > mtu);
}

/**
 * Cuts a packet into pieces of at most `mtu` bytes (RFC 8200 §4.5; ip6_fragment, net/ipv6/ip6_output.c). One that was
 * put together on its way is cut where it was, if that fits, and not into longer pieces than it came in, unless those
 * are shorter than any link's. Pieces have no room for a tunnel's headers: for one it is cut anew, maybe into one.
 */
export function* fragment6(
  packet: Packet,
  mtu: number,
  rng: NetRng,
  { isTunnel = false } = {},
): Generator<Packet> {
  const { bytes, l3, end } = packet;
  const { length: header, saidAt } = perPieceHeaders(packet);
  const id = rng.int(0x100000000);
  let offset = 0;
  for (const length of planPieces(packet, header, mtu, isTunnel)) {
    const piece = Packet.allocate(header + FRAGMENT_HEADER + length);
    const at = piece.start;
    const from = l3 + header + offset;
    piece.bytes.set(bytes.subarray(l3, l3 + header), at);
    putU16(piece.bytes, at + 4, header - IPV6_HEADER + FRAGMENT_HEADER + length);
    piece.bytes[at + saidAt] = NEXT_FRAGMENT;
    const own = at + header;
    piece.bytes[own] = bytes[l3 + saidAt]!;
    putU16(piece.bytes, own + 2, offset | (from + length < end ? 1 : 0));
    putU32(piece.bytes, own + 4, id);
    piece.bytes.set(bytes.subarray(from, from + length), own + FRAGMENT_HEADER);
    piece.l3 = at;
    piece.l4 = own + FRAGMENT_HEADER;
    piece.nextHeader = offset === 0 ? packet.nextHeader : NEXT_FRAGMENT;
    piece.mark = packet.mark;
    piece.input = packet.input;
    piece.trace = packet.trace;
    yield piece;
    offset += length;
  }
}

function planPieces(
  { fragments, l3, end }: Packet,
  header: number,
  mtu: number,
  isTunnel: boolean,
): number[] {
  const longest = fragments?.isBinding ? Math.max(fragments.longest, IPV6_MIN_MTU) : mtu;
  const room = Math.min(mtu, longest) - header - FRAGMENT_HEADER;
  const body = end - l3 - header;
  if (!fragments?.lengths || isTunnel) return cutBody(body, room);
  const [, ...later] = fragments.lengths;
  const lengths = [body - later.reduce((sum, length) => sum + length, 0), ...later];
  return lengths[0]! > 0 && fitsAsItCame(lengths, room) ? lengths : cutBody(body, room);
}

/** The headers that each piece has, and where the byte is, from the packet's first, that says what follows them. */
function perPieceHeaders({ bytes, l3, end }: Packet): { readonly length: number; readonly saidAt: number } {
  let saidAt = 6;
  let length = IPV6_HEADER;
  let isRouted = false;
  while (l3 + length + 8 <= end) {
    const next = bytes[l3 + saidAt]!;
    // Options for the destination are for each on the route if they come before it, else for the last alone.
    if (next === NEXT_ROUTING) isRouted = true;
    else if (next !== NEXT_HOP_BY_HOP && (next !== NEXT_DESTINATION || isRouted)) break;
    saidAt = length;
    length += (bytes[l3 + length + 1]! + 1) << 3;
  }
  return { length, saidAt };
}
