import { u16, u32 } from '../bytes.ts';
import { isVersion6, transportOf } from '../header/ip-header.ts';
import { isLaterFragment } from '../ip/later-fragment.ts';
import type { Packet } from '../packet.ts';
import { PROTO_ICMP, PROTO_ICMPV6, PROTO_SCTP, PROTO_TCP, PROTO_UDP } from '../protocol-numbers.ts';
import type { SetPlace } from './ip-sets.ts';
import { addressWords, wordsOf } from './set-entry.ts';

/** Which side of a packet each part of a set's elements is compared with. */
export type SetSide = 'src' | 'dst';

/** Whether a packet is in the set at a place, with the set's parts taken from the sides given (ip_set_test). */
export function compileSetMatch(place: SetPlace, sides: readonly SetSide[]): (packet: Packet) => boolean {
  const { type, options } = place.set;
  const { parts, isBitmap } = type;
  const six = options.version === 6;
  const words = addressWords(options.version);
  const key = new Int32Array(wordsOf(type, options.version));
  return (packet) => {
    if (isVersion6(packet.bytes, packet.l3) !== six && !isBitmap) return false;
    let at = 0;
    for (let i = 0; i < parts.length; i++) {
      const isSource = (sides[i] ?? 'src') === 'src';
      if (parts[i] === 'port') {
        const port = portOf(packet, isSource);
        if (port < 0) return false;
        key[at++] = isBitmap ? port & 0xffff : port;
      } else {
        const from = packet.l3 + (six ? (isSource ? 8 : 24) : isSource ? 12 : 16);
        for (let word = 0; word < words; word++) key[at++] = u32(packet.bytes, from + 4 * word) | 0;
        if (parts[i] === 'net') at++;
      }
    }
    return place.set.matches(key);
  };
}

/** The port with its protocol above it, or -1 if the packet has none (ip_set_get_ip4_port). */
function portOf(packet: Packet, isSource: boolean): number {
  const { bytes, l4, end } = packet;
  if (isLaterFragment(packet) || l4 + 4 > end) return -1;
  const protocol = transportOf(packet);
  switch (protocol) {
    case PROTO_TCP:
    case PROTO_UDP:
    case PROTO_SCTP:
      return (protocol << 16) | u16(bytes, isSource ? l4 : l4 + 2);
    case PROTO_ICMP:
    case PROTO_ICMPV6:
      return (protocol << 16) | u16(bytes, l4);
    default:
      return protocol << 16;
  }
}
