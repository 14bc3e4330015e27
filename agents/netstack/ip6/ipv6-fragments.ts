import { putU16, u32 } from '../bytes.ts';
import {
  FRAGMENT_HEADER,
  findUpperLayer,
  fragmentOffset,
  moreFragments,
} from '../header/extension-headers.ts';
import { IPV6_HEADER, ipv6Destination, ipv6Source } from '../header/ipv6-header.ts';
import type { FragmentFormat } from '../ip/reassembler.ts';
import { Packet } from '../packet.ts';

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

/** Whether more should follow a piece, but not where it ends: all lengths but the last are multiples of eight. */
export function isMiscut(packet: Packet): boolean {
  const header = headerOf(packet);
  return (
    header !== undefined &&
    moreFragments(packet.bytes, header) &&
    (packet.end - header - FRAGMENT_HEADER) % 8 !== 0
  );
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
