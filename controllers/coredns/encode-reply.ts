import {
  AUTHORITATIVE_ANSWER,
  encode,
  type Packet,
  type Question,
  RECURSION_AVAILABLE,
  RECURSION_DESIRED,
  TRUNCATED_RESPONSE,
} from 'dns-packet';
import type { DnsReply, Rcode } from './plugin.ts';

const RCODES: Readonly<Record<Rcode, number>> = {
  NOERROR: 0,
  FORMERR: 1,
  SERVFAIL: 2,
  NXDOMAIN: 3,
  NOTIMP: 4,
  REFUSED: 5,
};

/** What of the query the reply repeats. */
export interface QueryHeader {
  readonly id: number;
  readonly recursionDesired: boolean;
  readonly questions: readonly Question[];
  /** The client speaks EDNS(0) (RFC 6891). */
  readonly edns: boolean;
}

/** EDNS payload size that this server takes (DNS flag day 2020). */
const OWN_PAYLOAD_SIZE = 1232;

/**
 * Encodes a reply into at most `limit` bytes. Too much data is cut with the TC bit, so that the client asks
 * again over TCP (RFC 2181 §9): first the additional records go, then all of them.
 */
export function encodeReply(query: QueryHeader, reply: DnsReply, limit: number): Uint8Array {
  const whole = encode(packetOf(query, reply));
  if (whole.length <= limit) return whole;
  const slim = encode(packetOf(query, { ...reply, additionals: [] }));
  if (slim.length <= limit) return slim;
  return encode(
    packetOf(query, { ...reply, answers: [], authorities: [], additionals: [], truncated: true }),
  );
}

function packetOf(query: QueryHeader, reply: DnsReply): Packet {
  const flags =
    RCODES[reply.rcode] |
    (reply.authoritative ? AUTHORITATIVE_ANSWER : 0) |
    (reply.truncated ? TRUNCATED_RESPONSE : 0) |
    (query.recursionDesired ? RECURSION_DESIRED : 0) |
    RECURSION_AVAILABLE;
  const opt = {
    type: 'OPT' as const,
    name: '.' as const,
    udpPayloadSize: OWN_PAYLOAD_SIZE,
    flags: 0,
    extendedRcode: 0,
    ednsVersion: 0,
    flag_do: false,
    options: [],
  };
  return {
    type: 'response',
    id: query.id,
    flags,
    questions: [...query.questions],
    answers: [...reply.answers],
    authorities: [...reply.authorities],
    additionals: [...reply.additionals, ...(query.edns ? [opt] : [])],
  };
}
