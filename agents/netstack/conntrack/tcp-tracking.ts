import {
  TCP_ACK,
  TCP_FIN,
  TCP_HEADER,
  TCP_RST,
  TCP_SYN,
  TCP_URG,
  tcpFlags,
  tcpHeaderLength,
} from '../header/tcp-header.ts';
import type { Packet } from '../packet.ts';
import { type Connection, IPS_ASSURED, IPS_SEEN_REPLY, TCP_ESTABLISHED } from './connection.ts';

/** The states of a tracked TCP connection, in the kernel's order. */
export const TCP_STATES = [
  'NONE',
  'SYN_SENT',
  'SYN_RECV',
  'ESTABLISHED',
  'FIN_WAIT',
  'CLOSE_WAIT',
  'LAST_ACK',
  'TIME_WAIT',
  'CLOSE',
  'SYN_SENT2',
] as const;

const CODES = ['no', 'ss', 'sr', 'es', 'fw', 'cw', 'la', 'tw', 'cl', 's2', 'iv', 'ig'];
const SYN_RECV = 2;
const INVALID = 10;
const IGNORE = 11;

const row = (codes: string): readonly number[] => codes.split(' ').map((code) => CODES.indexOf(code));

/**
 * The next state by direction, kind of segment and state (nf_conntrack_proto_tcp.c, tcp_conntracks): `iv` is a
 * segment that cannot belong here, `ig` one that changes nothing.
 */
const TRANSITIONS = [
  {
    //        no ss sr es fw cw la tw cl s2
    syn: row('ss ss ig ig ig ig ig ss ss s2'),
    synack: row('iv iv sr iv iv iv iv iv iv sr'),
    fin: row('iv iv fw fw la la la tw cl iv'),
    ack: row('es iv es es cw cw tw tw cl iv'),
    rst: row('iv cl cl cl cl cl cl cl cl cl'),
    none: row('iv iv iv iv iv iv iv iv iv iv'),
  },
  {
    syn: row('iv s2 iv iv iv iv iv ss iv s2'),
    synack: row('iv sr ig ig ig ig ig ig ig sr'),
    fin: row('iv iv fw fw la la la tw cl iv'),
    ack: row('iv ig sr es cw cw tw tw cl ig'),
    rst: row('iv cl cl cl cl cl cl cl cl cl'),
    none: row('iv iv iv iv iv iv iv iv iv iv'),
  },
] as const;

type SegmentKind = keyof (typeof TRANSITIONS)[0];

/** The sysctl of each state's time-out, without its prefix. */
export const TCP_TIMEOUTS = [
  'syn_sent',
  'syn_sent',
  'syn_recv',
  'established',
  'fin_wait',
  'close_wait',
  'last_ack',
  'time_wait',
  'close',
  'syn_sent',
] as const;

function kindOf(flags: number): SegmentKind {
  if (flags & TCP_RST) return 'rst';
  if (flags & TCP_SYN) return flags & TCP_ACK ? 'synack' : 'syn';
  if (flags & TCP_FIN) return 'fin';
  return flags & TCP_ACK ? 'ack' : 'none';
}

/** The first state of a connection that `packet` opens, or undefined if it cannot; `loose` picks up in mid-stream. */
export function openTcp(packet: Packet, loose: boolean): number | undefined {
  const kind = kindOf(tcpFlags(packet.bytes, packet.l4));
  const state = TRANSITIONS[0][kind][0]!;
  if (state === INVALID) return undefined;
  return state === TCP_ESTABLISHED && !loose ? undefined : state;
}

/** Combinations of flags that TCP knows; PSH, ECE and CWR may stand beside any (tcp_valid_flags). */
const VALID_FLAGS: ReadonlySet<number> = new Set([
  TCP_SYN,
  TCP_SYN | TCP_URG,
  TCP_SYN | TCP_ACK,
  TCP_RST,
  TCP_RST | TCP_ACK,
  TCP_FIN | TCP_ACK,
  TCP_FIN | TCP_ACK | TCP_URG,
  TCP_ACK,
  TCP_ACK | TCP_URG,
]);
const JUDGED_FLAGS = TCP_SYN | TCP_ACK | TCP_FIN | TCP_RST | TCP_URG;

/** Whether a segment can be of any connection: a whole header, and flags that go together (tcp_error). */
export function isPossibleSegment({ bytes, l4, end }: Packet): boolean {
  const header = tcpHeaderLength(bytes, l4);
  if (header < TCP_HEADER || l4 + header > end) return false;
  return VALID_FLAGS.has(tcpFlags(bytes, l4) & JUDGED_FLAGS);
}

export type TcpOutcome = 'ok' | 'invalid' | 'reopen' | 'kill';

/**
 * Moves the connection on. `reopen`: a SYN on a finished connection starts a new one in its place; `kill`: the
 * only answer was a reset. Sequence numbers are not judged here.
 */
export function followTcp(connection: Connection, packet: Packet, isReply: boolean): TcpOutcome {
  const kind = kindOf(tcpFlags(packet.bytes, packet.l4));
  const before = connection.tcpState;
  const after = TRANSITIONS[isReply ? 1 : 0][kind][before]!;
  if (after === INVALID) return 'invalid';
  if (after === IGNORE) return 'ok';
  if (kind === 'syn' && before >= 7 && before <= 8) return 'reopen';
  if (kind === 'rst' && (connection.status & IPS_SEEN_REPLY) === 0) return 'kill';
  connection.tcpState = after;
  const isAnswered = (connection.status & IPS_SEEN_REPLY) !== 0;
  if (isAnswered && after === TCP_ESTABLISHED && (before === SYN_RECV || before === TCP_ESTABLISHED))
    connection.status |= IPS_ASSURED;
  return 'ok';
}
