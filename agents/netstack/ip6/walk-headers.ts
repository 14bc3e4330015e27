import {
  FRAGMENT_HEADER,
  fragmentOffset,
  moreFragments,
  NEXT_DESTINATION,
  NEXT_FRAGMENT,
  NEXT_HOP_BY_HOP,
  NEXT_ROUTING,
} from '../header/extension-headers.ts';
import { PARAMETER_FIELD, PARAMETER_FIRST_FRAGMENT, PARAMETER_OPTION } from '../header/icmp6-header.ts';
import { IPV6_HEADER, ipv6Destination, ipv6PayloadLength } from '../header/ipv6-header.ts';
import { isMulticast6 } from '../ipv6.ts';
import { PACKET_HOST, type Packet } from '../packet.ts';
import { shortestFirst } from './ipv6-fragments.ts';
import { optionsFault } from './options6.ts';

/** Where a packet for this node leads, header after header. */
export type Walked =
  | {
      readonly kind: 'upper';
      readonly protocol: number;
      readonly offset: number;
      /** Where the byte is that says what it is. */
      readonly saidAt: number;
    }
  | { readonly kind: 'piece' }
  | { readonly kind: 'drop' }
  /** A parameter problem (RFC 4443 §3.4); the pointer counts from the header's first byte. */
  | { readonly kind: 'report'; readonly code: number; readonly pointer: number };

const DROP: Walked = { kind: 'drop' };
const PIECE: Walked = { kind: 'piece' };

/** The handlers of extension headers in turn (ip6_protocol_deliver_rcu, net/ipv6/ip6_input.c, and exthdrs.c). */
export function walkHeaders(packet: Packet): Walked {
  const { bytes, l3, end } = packet;
  let saidAt = l3 + 6;
  let offset = l3 + IPV6_HEADER;
  for (;;) {
    const protocol = bytes[saidAt]!;
    // The first of all was read when the packet came in; it may not be anywhere else.
    const isFirst = protocol === NEXT_HOP_BY_HOP && saidAt === l3 + 6;
    if (!isFirst && !isHandled(protocol)) return { kind: 'upper', protocol, offset, saidAt };
    if (protocol === NEXT_FRAGMENT && (offset + FRAGMENT_HEADER > end || ipv6PayloadLength(bytes, l3) === 0))
      return { kind: 'report', code: PARAMETER_FIELD, pointer: offset - l3 };
    if (offset + 8 > end) return DROP;
    const length = protocol === NEXT_FRAGMENT ? FRAGMENT_HEADER : (bytes[offset + 1]! + 1) << 3;
    if (offset + length > end) return DROP;
    const stop = isFirst ? undefined : stopAt(packet, protocol, offset);
    if (stop !== undefined) return stop;
    saidAt = offset;
    offset += length;
  }
}

function isHandled(protocol: number): boolean {
  return protocol === NEXT_ROUTING || protocol === NEXT_FRAGMENT || protocol === NEXT_DESTINATION;
}

function stopAt(packet: Packet, protocol: number, offset: number): Walked | undefined {
  const { bytes, l3, end } = packet;
  if (protocol === NEXT_ROUTING) return routingFault(packet, offset);
  if (protocol === NEXT_FRAGMENT) return fragmentStop(packet, offset);
  const fault = optionsFault(bytes, l3, offset, end, false);
  if (fault === undefined || fault === 'drop') return fault && DROP;
  return { kind: 'report', code: PARAMETER_OPTION, pointer: fault.pointer };
}

/** ipv6_rthdr_rcv: nobody is led on; what has been everywhere is here (RFC 5095). */
function routingFault(packet: Packet, offset: number): Walked | undefined {
  const { bytes, l3 } = packet;
  if (packet.type !== PACKET_HOST || isMulticast6(ipv6Destination(bytes, l3))) return DROP;
  if (bytes[offset + 3] === 0) return undefined;
  return { kind: 'report', code: PARAMETER_FIELD, pointer: offset + 2 - l3 };
}

/** ipv6_frag_rcv and ip6_frag_queue, up to where pieces are put together. */
function fragmentStop({ bytes, l3, end }: Packet, offset: number): Walked | undefined {
  const report = (code: number, pointer: number): Walked => ({ kind: 'report', code, pointer });
  const start = fragmentOffset(bytes, offset);
  const hasMore = moreFragments(bytes, offset);
  if (start === 0 && !hasMore) return undefined;
  const upper = offset + FRAGMENT_HEADER;
  if (start === 0 && upper + shortestFirst(bytes[offset]!) > end) return report(PARAMETER_FIRST_FRAGMENT, 0);
  const last = start + end - upper;
  if (last > 65_535) return report(PARAMETER_FIELD, offset + 2 - l3);
  if (hasMore && last % 8 !== 0) return report(PARAMETER_FIELD, 4);
  return PIECE;
}
