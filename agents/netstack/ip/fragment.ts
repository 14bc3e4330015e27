import { putU16, u16 } from '../bytes.ts';
import { IPV4_MF, ipv4HeaderLength, writeIpv4Checksum } from '../header/ipv4-header.ts';
import { Packet } from '../packet.ts';

/** Cuts an IPv4 packet into pieces of at most `mtu` bytes (RFC 791 §3.2); offsets count in eights. */
export function* fragment(packet: Packet, mtu: number): Generator<Packet> {
  const { bytes, l3 } = packet;
  const headerLength = ipv4HeaderLength(bytes, l3);
  const body = packet.end - l3 - headerLength;
  const size = (mtu - headerLength) & ~7;
  if (size <= 0) return;
  const field = u16(bytes, l3 + 6);
  for (let offset = 0; offset < body; offset += size) {
    const length = Math.min(size, body - offset);
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
  }
}
