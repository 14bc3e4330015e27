import { putU16, u16 } from '../bytes.ts';
import { IPV4_MF, ipv4HeaderLength, writeIpv4Checksum } from '../header/ipv4-header.ts';
import { Packet } from '../packet.ts';

/** Whether a packet must leave in pieces: it is too long, or it came in pieces. */
export function leavesInPieces({ fragments, l3, end }: Packet, mtu: number): boolean {
  return fragments !== undefined || end - l3 > mtu;
}

/**
 * Cuts an IPv4 packet into pieces of at most `mtu` bytes (RFC 791 §3.2); offsets count in eights. One that was
 * put together on its way is cut where it was, if that fits, and never into longer pieces than it came in
 * (ip_do_fragment, net/ipv4/ip_output.c). Pieces have no room for a tunnel's headers: for one it is cut anew.
 */
export function* fragment(packet: Packet, mtu: number, { isTunnel = false } = {}): Generator<Packet> {
  const { bytes, l3 } = packet;
  const headerLength = ipv4HeaderLength(bytes, l3);
  const body = packet.end - l3 - headerLength;
  const field = u16(bytes, l3 + 6);
  let offset = 0;
  for (const length of pieceLengths(packet, body, mtu - headerLength, isTunnel)) {
    const last = offset + length === body && (field & IPV4_MF) === 0;
    const piece = Packet.allocate(headerLength + length);
    const at = piece.start;
    piece.bytes.set(bytes.subarray(l3, l3 + headerLength), at);
    piece.bytes.set(
      bytes.subarray(l3 + headerLength + offset, l3 + headerLength + offset + length),
      at + headerLength,
    );
    putU16(piece.bytes, at + 2, headerLength + length);
    putU16(
      piece.bytes,
      at + 6,
      (field & 0xc000) | (last ? 0 : IPV4_MF) | ((field & 0x1fff) + (offset >>> 3)),
    );
    writeIpv4Checksum(piece.bytes, at);
    piece.l3 = at;
    piece.l4 = at + headerLength;
    piece.mark = packet.mark;
    piece.input = packet.input;
    piece.trace = packet.trace;
    yield piece;
    offset += length;
  }
}

function pieceLengths(
  { fragments }: Packet,
  body: number,
  room: number,
  isTunnel: boolean,
): readonly number[] {
  if (!isTunnel && fragments?.every((length) => length <= room)) return fragments;
  const longest = Math.min(room, Math.max(...(fragments ?? [room]))) & ~7;
  if (longest <= 0) return [];
  const count = Math.ceil(body / longest);
  return Array.from({ length: count }, (_, i) => Math.min(longest, body - i * longest));
}
