import { putU16, u32 } from '../bytes.ts';
import {
  extensionLength,
  FRAGMENT_HEADER,
  findUpperLayer,
  fragmentOffset,
  isExtension,
  moreFragments,
  NEXT_FRAGMENT,
} from '../header/extension-headers.ts';
import { IPV6_HEADER, ipv6Destination, ipv6PayloadLength, ipv6Source } from '../header/ipv6-header.ts';
import type { FragmentFormat } from '../ip/reassembler.ts';
import { Packet } from '../packet.ts';
import { PROTO_ICMPV6, PROTO_TCP, PROTO_UDP } from '../protocol-numbers.ts';

const headerOf = ({ bytes, l3, end }: Packet): number | undefined => findUpperLayer(bytes, l3, end)?.fragment;
const bodyOf = (packet: Packet): number => headerOf(packet)! + FRAGMENT_HEADER;
const offsetOf = (packet: Packet): number => fragmentOffset(packet.bytes, headerOf(packet)!);
const idOf = (packet: Packet): number => u32(packet.bytes, headerOf(packet)! + 4);

/** RFC 8200 §4.5. */
export const IPV6_FRAGMENTS: FragmentFormat = {
  maxBody: 65_535,
  isFragment: (packet) => headerOf(packet) !== undefined,
  keyOf: (packet) =>
    `${ipv6Source(packet.bytes, packet.l3)}>${ipv6Destination(packet.bytes, packet.l3)}/${idOf(packet)}`,
  offsetOf,
  sizeOf: (packet) => packet.end - bodyOf(packet),
  hasMore: (packet) => moreFragments(packet.bytes, headerOf(packet)!),
  join,
};

/**
 * What is wrong with a piece: its fragment header does not fit, it is the first and lacks what its upper layer needs,
 * or more should follow but not where it ends, because all lengths but the last are multiples of eight.
 */
export function judgePiece(packet: Packet): 'no piece' | 'no header' | 'too short' | 'miscut' | 'good' {
  const { bytes, l3, end } = packet;
  if (ipv6PayloadLength(bytes, l3) === 0) return 'no piece';
  const upper = findUpperLayer(bytes, l3, end);
  if (upper === undefined) return judgeCutHeaders(packet);
  const { fragment, offset, protocol } = upper;
  if (fragment === undefined) return 'no piece';
  if (fragmentOffset(bytes, fragment) === 0 && offset + shortestFirst(protocol) > end) return 'too short';
  const isOdd = (end - fragment - FRAGMENT_HEADER) % 8 !== 0;
  return isOdd && moreFragments(bytes, fragment) ? 'miscut' : 'good';
}

/**
 * Of a packet whose headers do not fit: it is a piece if the first that does not is a fragment header, and lacks an
 * upper layer if what there is of that says that it is the first (ipv6_skip_exthdr).
 */
function judgeCutHeaders({ bytes, l3, end }: Packet): 'no piece' | 'no header' | 'too short' {
  let protocol = bytes[l3 + 6]!;
  for (let at = l3 + IPV6_HEADER; isExtension(protocol); at += extensionLength(bytes, at, protocol)) {
    if (protocol === NEXT_FRAGMENT) {
      const isFirst = at + 4 <= end && fragmentOffset(bytes, at) === 0 && !isExtension(bytes[at]!);
      return isFirst ? 'too short' : 'no header';
    }
    if (at + 8 > end) return 'no piece';
    protocol = bytes[at]!;
  }
  return 'no piece';
}

/** What a first piece must have of its upper layer (RFC 8200 §4.5; ipv6frag_thdr_truncated, net/ipv6/reassembly.c). */
export function shortestFirst(protocol: number): number {
  if (protocol === PROTO_TCP) return 20;
  return protocol === PROTO_UDP || protocol === PROTO_ICMPV6 ? 8 : 1;
}

/** The headers before the fragment header are those of the first piece; the header itself goes. */
function join(pieces: readonly Packet[], size: number): Packet {
  const first = pieces[0]!;
  const header = headerOf(first)!;
  const kept = header - first.l3;
  const whole = Packet.allocate(kept + size);
  whole.l3 = whole.start;
  whole.bytes.set(first.bytes.subarray(first.l3, header), whole.l3);
  for (const piece of pieces)
    whole.bytes.set(piece.bytes.subarray(bodyOf(piece), piece.end), whole.l3 + kept + offsetOf(piece));
  whole.bytes[pointerTo(first, header) - first.l3 + whole.l3] = first.bytes[header]!;
  putU16(whole.bytes, whole.l3 + 4, kept + size - IPV6_HEADER);
  const upper = findUpperLayer(whole.bytes, whole.l3, whole.end);
  whole.l4 = upper?.offset ?? whole.end;
  whole.nextHeader = upper?.protocol ?? first.nextHeader;
  whole.fragments = {
    lengths: pieces.map((piece) => piece.end - bodyOf(piece)),
    longest: Math.max(...pieces.map(({ l3, end }) => end - l3)),
    isBinding: true,
  };
  return whole;
}

/** Where the byte is that announces the fragment header. */
function pointerTo({ bytes, l3 }: Packet, header: number): number {
  let at = l3 + 6;
  for (let next = l3 + IPV6_HEADER; next < header; ) {
    at = next;
    next += (bytes[next + 1]! + 1) << 3;
  }
  return at;
}
