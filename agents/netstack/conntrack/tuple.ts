import { u16, u32 } from '../bytes.ts';
import { ipv4Protocol } from '../header/ipv4-header.ts';
import { PROTO_ICMP, PROTO_SCTP, PROTO_TCP, PROTO_UDP } from '../protocol-numbers.ts';

/**
 * What names one direction of a connection. For ICMP `sourcePort` is the identifier and `destinationPort` the
 * type and code; protocols without ports have 0.
 */
export interface Tuple {
  source: number;
  destination: number;
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

export function newTuple(): Tuple {
  return { source: 0, destination: 0, sourcePort: 0, destinationPort: 0, protocol: 0 };
}

/** Reads the tuple of an IPv4 packet into `tuple`; false if the packet is too short for its ports. */
export function readTuple(tuple: Tuple, bytes: Uint8Array, l3: number, l4: number, end: number): boolean {
  const protocol = ipv4Protocol(bytes, l3);
  tuple.source = u32(bytes, l3 + 12);
  tuple.destination = u32(bytes, l3 + 16);
  tuple.protocol = protocol;
  if (protocol === PROTO_TCP || protocol === PROTO_UDP || protocol === PROTO_SCTP) {
    if (l4 + 8 > end) return false;
    tuple.sourcePort = u16(bytes, l4);
    tuple.destinationPort = u16(bytes, l4 + 2);
    return true;
  }
  if (protocol === PROTO_ICMP) {
    if (l4 + 8 > end) return false;
    tuple.sourcePort = u16(bytes, l4 + 4);
    tuple.destinationPort = u16(bytes, l4);
    return true;
  }
  tuple.sourcePort = 0;
  tuple.destinationPort = 0;
  return true;
}

/** The tuple that an answer to `from` has, written to `into`. */
export function invertTuple(from: Readonly<Tuple>, into: Tuple): void {
  const { source, destination, sourcePort, destinationPort, protocol } = from;
  into.source = destination;
  into.destination = source;
  into.protocol = protocol;
  if (protocol === PROTO_ICMP) {
    into.sourcePort = sourcePort;
    into.destinationPort =
      ((ICMP_ANSWER[destinationPort >>> 8] ?? destinationPort >>> 8) << 8) | (destinationPort & 255);
  } else {
    into.sourcePort = destinationPort;
    into.destinationPort = sourcePort;
  }
}

/** Whether an ICMP type may open a connection. */
export function isIcmpQuery(type: number): boolean {
  return type === 8 || type === 13 || type === 15 || type === 17;
}

export function hashTuple(tuple: Readonly<Tuple>): number {
  let hash = Math.imul(tuple.source | 0, 0x9e3779b1) ^ Math.imul(tuple.destination | 0, 0x85ebca6b);
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
