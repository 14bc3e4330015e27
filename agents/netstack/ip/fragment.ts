import { putU16, u16 } from '../bytes.ts';
import { IPV4_DF, IPV4_MF, ipv4HeaderLength, writeIpv4Checksum } from '../header/ipv4-header.ts';
import { Packet } from '../packet.ts';
import { cutBody, fitsAsItCame } from './cut-body.ts';

/** Whether a packet must leave in pieces: it is too long, or it came in pieces. */
export function leavesInPieces({ fragments, l3, end }: Packet, mtu: number): boolean {
  return fragments?.isBinding === true || end - l3 > mtu;
}

/**
 * Whether a packet is longer than `mtu` and must not be cut (ip_exceeds_mtu, net/ipv4/ip_forward.c). One that came
 * in pieces is as long as the longest of them.
 */
export function isTooBigWhole({ bytes, fragments, l3, end }: Packet, mtu: number): boolean {
  if (end - l3 <= mtu || (u16(bytes, l3 + 6) & IPV4_DF) === 0) return false;
  if (fragments === undefined) return true;
  return fragments.isBinding && fragments.longest > mtu;
}

/**
 * Whether a bridge of that MTU, that of its ports apart, may cut a packet that is too long for a port: it came in
 * pieces that fit, or lets itself be cut (br_nf_ip_fragment, net/bridge/br_netfilter_hooks.c).
 */
export function mayBridgeCut({ bytes, fragments, l3 }: Packet, mtu: number): boolean {
  if (fragments === undefined) return (u16(bytes, l3 + 6) & IPV4_DF) === 0;
  return !fragments.isBinding || fragments.longest <= mtu;
}

/**
 * Cuts an IPv4 packet into pieces of at most `mtu` bytes (RFC 791 §3.2); offsets count in eights. One that was
 * put together on its way is cut where it was, if that fits, and never into longer pieces than it came in
 * (ip_do_fragment, net/ipv4/ip_output.c). Pieces have no room for a tunnel's headers: for one it is cut anew.
 */
export function* fragment(packet: Packet, mtu: number, { isTunnel = false } = {}): Generator<Packet> {
  const { bytes, l3 } = packet;
  const headerLength = ipv4HeaderLength(bytes, l3);
  const field = u16(bytes, l3 + 6);
  const { lengths, flags } = planPieces(packet, mtu - headerLength, isTunnel);
  let offset = 0;
  for (const [i, length] of lengths.entries()) {
    const last = i === lengths.length - 1 && (field & IPV4_MF) === 0;
    const piece = Packet.allocate(headerLength + length);
    const at = piece.start;
    piece.bytes.set(bytes.subarray(l3, l3 + headerLength), at);
    piece.bytes.set(
      bytes.subarray(l3 + headerLength + offset, l3 + headerLength + offset + length),
      at + headerLength,
    );
    putU16(piece.bytes, at + 2, headerLength + length);
    putU16(piece.bytes, at + 6, flags | (last ? 0 : IPV4_MF) | ((field & 0x1fff) + (offset >>> 3)));
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

interface Pieces {
  readonly lengths: readonly number[];
  readonly flags: number;
}

/** The pieces that came go as they are, without DF; pieces that are cut anew have the packet's DF. */
function planPieces({ bytes, l3, end, fragments }: Packet, room: number, isTunnel: boolean): Pieces {
  if (!isTunnel && fragments?.lengths && fitsAsItCame(fragments.lengths, room))
    return { lengths: fragments.lengths, flags: 0 };
  const header = ipv4HeaderLength(bytes, l3);
  const longest = fragments?.isBinding ? Math.min(room, fragments.longest - header) : room;
  return {
    lengths: cutBody(end - l3 - header, longest),
    flags: fragments?.isBinding ? u16(bytes, l3 + 6) & IPV4_DF : 0,
  };
}
