import { u16, u32 } from '../bytes.ts';
import { ipv4FragmentOffset } from '../header/ipv4-header.ts';
import type { Packet } from '../packet.ts';
import { PROTO_ICMP, PROTO_SCTP, PROTO_TCP, PROTO_UDP } from '../protocol-numbers.ts';
import type { SetPlace } from './ip-sets.ts';
import { wordsOf } from './set-entry.ts';

/** Which side of a packet each part of a set's elements is compared with. */
export type SetSide = 'src' | 'dst';

/** Whether a packet is in the set at a place, with the set's parts taken from the sides given (ip_set_test). */
export function compileSetMatch(place: SetPlace, sides: readonly SetSide[]): (packet: Packet) => boolean {
  const { parts, isBitmap } = place.set.type;
  const key = new Int32Array(wordsOf(place.set.type));
  return (packet) => {
    let at = 0;
    for (let i = 0; i < parts.length; i++) {
      const isSource = (sides[i] ?? 'src') === 'src';
      if (parts[i] === 'port') {
        const port = portOf(packet, isSource);
        if (port < 0) return false;
        key[at++] = isBitmap ? port & 0xffff : port;
      } else {
        key[at] = u32(packet.bytes, packet.l3 + (isSource ? 12 : 16)) | 0;
        at += parts[i] === 'net' ? 2 : 1;
      }
    }
    return place.set.matches(key);
  };
}

/** The port with its protocol above it, or -1 if the packet has none (ip_set_get_ip4_port). */
function portOf({ bytes, l3, l4, end }: Packet, isSource: boolean): number {
  if (ipv4FragmentOffset(bytes, l3) !== 0 || l4 + 4 > end) return -1;
  const protocol = bytes[l3 + 9]!;
  switch (protocol) {
    case PROTO_TCP:
    case PROTO_UDP:
    case PROTO_SCTP:
      return (protocol << 16) | u16(bytes, isSource ? l4 : l4 + 2);
    case PROTO_ICMP:
      return (protocol << 16) | u16(bytes, l4);
    default:
      return protocol << 16;
  }
}
