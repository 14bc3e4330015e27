import type { SegmentKind } from './tcp-segment.ts';

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

/** Indices into TCP_STATES. */
export const TCP_NONE = 0;
export const TCP_SYN_SENT = 1;
export const TCP_SYN_RECV = 2;
export const TCP_ESTABLISHED = 3;
export const TCP_FIN_WAIT = 4;
export const TCP_LAST_ACK = 6;
export const TCP_TIME_WAIT = 7;
export const TCP_CLOSE = 8;
export const TCP_SYN_SENT2 = 9;
/** What the table of transitions has besides states: a segment that cannot belong here, one that changes nothing. */
export const TCP_INVALID = 10;
export const TCP_IGNORE = 11;

const CODES = ['no', 'ss', 'sr', 'es', 'fw', 'cw', 'la', 'tw', 'cl', 's2', 'iv', 'ig'];
const row = (codes: string): readonly number[] => codes.split(' ').map((code) => CODES.indexOf(code));

/** nf_conntrack_proto_tcp.c, tcp_conntracks, for one direction each. */
const TRANSITIONS: readonly Readonly<Record<SegmentKind, readonly number[]>>[] = [
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
];

/** The next state, TCP_INVALID or TCP_IGNORE. */
export const nextTcpState = (state: number, kind: SegmentKind, isReply: boolean): number =>
  TRANSITIONS[isReply ? 1 : 0]![kind][state]!;
