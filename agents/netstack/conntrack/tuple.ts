import { u16 } from '../bytes.ts';
import { NEXT_NONE, NEXT_UNREADABLE } from '../header/extension-headers.ts';
import { ipDestination, ipSource, isVersion6, transportOf } from '../header/ip-header.ts';
import type { IpAddress } from '../ip-address.ts';
import { ANY_IPV4 } from '../ipv4.ts';
import type { Packet } from '../packet.ts';
import { PROTO_ICMP, PROTO_ICMPV6, PROTO_SCTP, PROTO_TCP, PROTO_UDP } from '../protocol-numbers.ts';

/**
 * What names one direction of a connection, of either version of IP. For ICMP and ICMPv6 `sourcePort` is the identifier and `destinationPort` the
 * type and code; protocols without ports have 0.
 */
export interface Tuple {
  source: IpAddress;
  destination: IpAddress;
  sourcePort: number;
  destinationPort: number;
  protocol: number;
}

/** ICMP queries that conntrack follows, and their answers (nf_conntrack_proto_icmp.c). */
const ICMP_ANSWER: Readonly<Record<number, number>> = {
  8: 0,
  0: 8,
  13: 14,
  14: 13,
  15: 16,
  16: 15,
  17: 18,
  18: 17,
};

/** RFC 4443 §4 and RFC 4620 §4; the codes stay (nf_conntrack_proto_icmpv6.c). */
const ICMP6_ANSWER: Readonly<Record<number, number>> = { 128: 129, 129: 128, 139: 140, 140: 139 };

export function newTuple(): Tuple {
  return { source: ANY_IPV4, destination: ANY_IPV4, sourcePort: 0, destinationPort: 0, protocol: 0 };
}

/** Reads a packet's tuple into `tuple`; false if the packet is too short for its ports. */
export function readTuple(
  tuple: Tuple,
  bytes: Uint8Array,
  l3: number,
  { l4, end, protocol }: { readonly l4: number; readonly end: number; readonly protocol: number },
): boolean {
  tuple.source = ipSource(bytes, l3);
  tuple.destination = ipDestination(bytes, l3);
  tuple.protocol = protocol;
  if (protocol === PROTO_TCP || protocol === PROTO_UDP || protocol === PROTO_SCTP) {
    if (l4 + 4 > end) return false;
    tuple.sourcePort = u16(bytes, l4);
    tuple.destinationPort = u16(bytes, l4 + 2);
    return true;
  }
  if (protocol === PROTO_ICMP || protocol === PROTO_ICMPV6) {
    if (l4 + 8 > end) return false;
    tuple.sourcePort = u16(bytes, l4 + 4);
    tuple.destinationPort = u16(bytes, l4);
    return true;
  }
  tuple.sourcePort = 0;
  tuple.destinationPort = 0;
  return true;
}

/** nf_ct_get_tuplepr: of IPv6 it takes a header that can be found, and one that is not "none". */
export function readPacketTuple(tuple: Tuple, packet: Packet): boolean {
  const { bytes, l3, l4, end } = packet;
  const protocol = transportOf(packet);
  const isNone = protocol === NEXT_NONE || protocol === NEXT_UNREADABLE;
  return !(isNone && isVersion6(bytes, l3)) && readTuple(tuple, bytes, l3, { l4, end, protocol });
}

/** The tuple that an answer to `from` has, written to `into`. */
export function invertTuple(from: Readonly<Tuple>, into: Tuple): void {
  const { source, destination, sourcePort, destinationPort, protocol } = from;
  into.source = destination;
  into.destination = source;
  into.protocol = protocol;
  if (protocol === PROTO_ICMP || protocol === PROTO_ICMPV6) {
    const answers = protocol === PROTO_ICMP ? ICMP_ANSWER : ICMP6_ANSWER;
    into.sourcePort = sourcePort;
    into.destinationPort =
      ((answers[destinationPort >>> 8] ?? destinationPort >>> 8) << 8) | (destinationPort & 255);
  } else {
    into.sourcePort = destinationPort;
    into.destinationPort = sourcePort;
  }
}

/** Whether an ICMP type may open a connection. */
export function isIcmpQuery(protocol: number, type: number): boolean {
  if (protocol === PROTO_ICMPV6) return type === 128 || type === 139;
  return type === 8 || type === 13 || type === 15 || type === 17;
}

const halves = new BigUint64Array(2);
const words = new Uint32Array(halves.buffer);

/** 32 bits that differ for most addresses. */
function word(address: IpAddress): number {
  if (typeof address === 'number') return address | 0;
  halves[0] = address;
  halves[1] = address >> 64n;
  return words[0]! ^ words[1]! ^ words[2]! ^ words[3]!;
}

export function hashTuple(tuple: Readonly<Tuple>): number {
  let hash = Math.imul(word(tuple.source), 0x9e3779b1) ^ Math.imul(word(tuple.destination), 0x85ebca6b);
  hash ^= Math.imul((tuple.sourcePort << 16) | tuple.destinationPort, 0xc2b2ae35) ^ tuple.protocol;
  hash ^= hash >>> 15;
  hash = Math.imul(hash, 0x2c1b3c6d);
  return (hash ^ (hash >>> 13)) >>> 0;
}

export function sameTuple(a: Readonly<Tuple>, b: Readonly<Tuple>): boolean {
  return (
    a.source === b.source &&
    a.destination === b.destination &&
    a.sourcePort === b.sourcePort &&
    a.destinationPort === b.destinationPort &&
    a.protocol === b.protocol
  );
}
