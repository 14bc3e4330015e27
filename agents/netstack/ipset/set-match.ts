import { u16, u32 } from '../bytes.ts';
import { ICMP_HEADER } from '../header/icmp-header.ts';
import { isVersion6, transportOf } from '../header/ip-header.ts';
import { SCTP_HEADER } from '../header/sctp-header.ts';
import { TCP_HEADER } from '../header/tcp-header.ts';
import { UDP_HEADER } from '../header/udp-header.ts';
import { isLaterFragment } from '../ip/later-fragment.ts';
import type { Link } from '../link/link.ts';
import { idOfName } from '../name-ids.ts';
import type { Netns } from '../netns.ts';
import type { Packet } from '../packet.ts';
import { PROTO_ICMP, PROTO_ICMPV6, PROTO_SCTP, PROTO_TCP, PROTO_UDP } from '../protocol-numbers.ts';
import type { SetPlace } from './ip-sets.ts';
import { addressWords, type SetPart, wordsOf } from './set-type.ts';

/** Which side of a packet each part of a set's elements is compared with. */
export type SetSide = 'src' | 'dst';

export type SetTest = (packet: Packet, input: Link | undefined, output: Link | undefined) => boolean;

const MAC_HEADER = 14;
const UDPLITE = 136;

/** Whether a packet is in the set at a place, with the set's parts taken from the sides given (ip_set_test). */
export function compileSetMatch(ns: Netns, place: SetPlace, sides: readonly SetSide[]): SetTest {
  const { type, options } = place.set;
  const six = options.version === 6;
  const hasAddresses = type.parts.some((part) => part === 'ip' || part === 'net');
  const key = new Int32Array(wordsOf(type, options.version));
  const readers: Reader[] = [];
  let at = 0;
  for (const [i, part] of type.parts.entries()) {
    const isSource = (sides[i] ?? 'src') === 'src';
    readers.push(readerOf(part, { at, isSource, six, place }));
    at += wordsOf({ parts: [part] }, options.version);
  }
  return (packet, input, output) => {
    if (hasAddresses && isVersion6(packet.bytes, packet.l3) !== six) return false;
    for (let i = 0; i < readers.length; i++) if (!readers[i]!(key, packet, input, output)) return false;
    const { set } = place;
    if (!set.isSteady) packet.recording = undefined;
    const element = set.find(key, ns.softirq.now);
    if (element === undefined) return false;
    if (element.counters !== undefined) {
      packet.recording?.counted(element.counters);
      element.counters.packets++;
      element.counters.bytes += packet.end - packet.l3;
    }
    return !element.nomatch;
  };
}

/** Writes a part of a packet's key; false if the packet has no such part. */
type Reader = (key: Int32Array, packet: Packet, input: Link | undefined, output: Link | undefined) => boolean;

interface Place {
  /** Among the key's words. */
  readonly at: number;
  readonly isSource: boolean;
  readonly six: boolean;
  readonly place: SetPlace;
}

function readerOf(part: SetPart, { at, isSource, six, place }: Place): Reader {
  const { type } = place.set;
  switch (part) {
    case 'ip':
    case 'net': {
      const offset = six ? (isSource ? 8 : 24) : isSource ? 12 : 16;
      const words = addressWords(six ? 6 : 4);
      return (key, { bytes, l3 }) => {
        for (let word = 0; word < words; word++) {
          const mask = place.set.netmaskWord(word);
          key[at + word] = u32(bytes, l3 + offset + 4 * word) & mask;
        }
        return !type.isBitmap || place.set.isInRange(key[at]! >>> 0);
      };
    }
    case 'port':
      return (key, packet) => {
        const port = portOf(packet, isSource);
        key[at] = type.isBitmap ? port & 0xffff : port;
        return port >= 0 && (!type.isBitmap || (isOfBitmap(port) && place.set.isInRange(key[at]!)));
      };
    case 'iface':
      return (key, _packet, input, output) => {
        const device = isSource ? input : output;
        key[at] = idOfName(device?.name) << 1;
        return device !== undefined;
      };
    case 'mark':
      return (key, { mark }) => {
        key[at] = mark & place.set.options.markMask;
        return true;
      };
    case 'mac':
      return (key, packet) => readMacInto(key, at, packet, isSource);
  }
}

/** Of packets that came in over Ethernet; an address of zeroes is none (hash_mac4_kadt). */
function readMacInto(
  key: Int32Array,
  at: number,
  { bytes, start, l3, input }: Packet,
  isSource: boolean,
): boolean {
  if (input === undefined || l3 - start < MAC_HEADER) return false;
  const from = start + (isSource ? 6 : 0);
  key[at] = u16(bytes, from);
  key[at + 1] = u32(bytes, from + 2);
  return key[at] !== 0 || key[at + 1] !== 0;
}

/** The port with its protocol above it, or -1 if the packet has none, or not its whole header (ip_set_get_ip4_port). */
function portOf(packet: Packet, isSource: boolean): number {
  const { bytes, l4, end } = packet;
  const protocol = transportOf(packet);
  const header = HEADERS[protocol];
  if (header === undefined) return protocol << 16;
  if (isLaterFragment(packet) || l4 + header > end) return -1;
  const isTyped = protocol === PROTO_ICMP || protocol === PROTO_ICMPV6;
  return (protocol << 16) | u16(bytes, isTyped || isSource ? l4 : l4 + 2);
}

const HEADERS: Readonly<Record<number, number>> = {
  [PROTO_TCP]: TCP_HEADER,
  [PROTO_UDP]: UDP_HEADER,
  [UDPLITE]: UDP_HEADER,
  [PROTO_SCTP]: SCTP_HEADER,
  [PROTO_ICMP]: ICMP_HEADER,
  [PROTO_ICMPV6]: ICMP_HEADER,
};

/** A bitmap has ports of TCP and UDP only (ip_set_get_ip_port). */
const isOfBitmap = (port: number): boolean => port >>> 16 === PROTO_TCP || port >>> 16 === PROTO_UDP;
