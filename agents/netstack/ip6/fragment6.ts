import { putU16, putU32 } from '../bytes.ts';
import type { NetRng } from '../environment.ts';
import { FRAGMENT_HEADER, NEXT_FRAGMENT } from '../header/extension-headers.ts';
import { IPV6_HEADER } from '../header/ipv6-header.ts';
import { Packet } from '../packet.ts';

/** Whether a packet must leave in pieces: it is too long, or longer than the longest piece that it came in. */
export function leavesInPieces6({ fragments, l3, end }: Packet, mtu: number): boolean {
  return end - l3 > mtu || (fragments?.isBinding === true && end - l3 > Math.max(...fragments.lengths));
}

/** ip6_pkt_too_big: on its way nothing is cut but what came in pieces, and those must fit. */
export function isTooBig6({ fragments, l3, end }: Packet, mtu: number): boolean {
  if (fragments?.isBinding) return Math.max(...fragments.lengths) > mtu;
  return end - l3 > mtu;
}

/**
 * Cuts a packet into pieces of at most `mtu` bytes (RFC 8200 §4.5; ip6_fragment, net/ipv6/ip6_output.c). One that
 * was put together on its way keeps its identification and is not cut into longer pieces than it came in.
 */
export function* fragment6(packet: Packet, mtu: number, rng: NetRng): Generator<Packet> {
  const { bytes, l3, end, fragments } = packet;
  const longest = Math.min(mtu, fragments?.isBinding ? Math.max(...fragments.lengths) : mtu);
  const room = (longest - IPV6_HEADER - FRAGMENT_HEADER) & ~7;
  if (room < 8) return;
  const body = l3 + IPV6_HEADER;
  const id = fragments?.id ?? rng.int(0x100000000);
  for (let offset = body; offset < end; offset += room) {
    const length = Math.min(room, end - offset);
    const piece = Packet.allocate(IPV6_HEADER + FRAGMENT_HEADER + length);
    const at = piece.start;
    piece.bytes.set(bytes.subarray(l3, body), at);
    putU16(piece.bytes, at + 4, FRAGMENT_HEADER + length);
    piece.bytes[at + 6] = NEXT_FRAGMENT;
    const header = at + IPV6_HEADER;
    piece.bytes[header] = bytes[l3 + 6]!;
    putU16(piece.bytes, header + 2, (offset - body) | (offset + length < end ? 1 : 0));
    putU32(piece.bytes, header + 4, id);
    piece.bytes.set(bytes.subarray(offset, offset + length), header + FRAGMENT_HEADER);
    piece.l3 = at;
    piece.l4 = header + FRAGMENT_HEADER;
    piece.nextHeader = offset === body ? packet.nextHeader : NEXT_FRAGMENT;
    piece.mark = packet.mark;
    piece.input = packet.input;
    piece.trace = packet.trace;
    yield piece;
  }
}
