import { putU16, u16, u32 } from '../bytes.ts';
import {
  IPV4_DF,
  IPV4_MF,
  ipv4FragmentOffset,
  ipv4HeaderLength,
  isIpv4Fragment,
  writeIpv4Checksum,
} from '../header/ipv4-header.ts';
import { Packet } from '../packet.ts';
import type { FragmentFormat } from './reassembler.ts';

const sizeOf = (piece: Packet): number => piece.end - piece.l4;

/** RFC 791 §3.2. */
export const IPV4_FRAGMENTS: FragmentFormat = {
  maxBody: 65_515,
  isFragment: ({ bytes, l3 }) => isIpv4Fragment(bytes, l3),
  keyOf: ({ bytes, l3 }) =>
    `${u32(bytes, l3 + 12)}>${u32(bytes, l3 + 16)}/${u16(bytes, l3 + 4)}/${bytes[l3 + 9]}`,
  offsetOf: ({ bytes, l3 }) => ipv4FragmentOffset(bytes, l3),
  sizeOf,
  hasMore: ({ bytes, l3 }) => (u16(bytes, l3 + 6) & IPV4_MF) !== 0,
  join,
};

/** The longest piece said so, which makes its length a measure of the path (IPSKB_FRAG_PMTU). */
function mayNotBeCut(pieces: readonly Packet[]): boolean {
  const longest = Math.max(...pieces.map(sizeOf));
  return pieces.some(
    (piece) => sizeOf(piece) === longest && (u16(piece.bytes, piece.l3 + 6) & IPV4_DF) !== 0,
  );
}

function join(pieces: readonly Packet[], size: number): Packet {
  const first = pieces[0]!;
  const headerLength = ipv4HeaderLength(first.bytes, first.l3);
  const whole = Packet.allocate(headerLength + size);
  whole.l3 = whole.start;
  whole.l4 = whole.start + headerLength;
  whole.bytes.set(first.bytes.subarray(first.l3, first.l4), whole.l3);
  for (const piece of pieces)
    whole.bytes.set(
      piece.bytes.subarray(piece.l4, piece.end),
      whole.l4 + ipv4FragmentOffset(piece.bytes, piece.l3),
    );
  putU16(whole.bytes, whole.l3 + 2, headerLength + size);
  putU16(whole.bytes, whole.l3 + 6, mayNotBeCut(pieces) ? IPV4_DF : 0);
  writeIpv4Checksum(whole.bytes, whole.l3);
  const longest = Math.max(...pieces.map(({ l3, l4 }, i) => l4 - l3 + sizeOf(pieces[i]!)));
  whole.fragments = { lengths: pieces.map(sizeOf), longest, isBinding: true };
  return whole;
}
