import { TCP_ACK, TCP_FIN, TCP_RST, TCP_SYN } from '../header/tcp-header.ts';

/** The states of ip_vs_proto_tcp.c, in its order; what the balancer sees of a connection. */
export const IPVS_TCP_STATES = [
  'NONE',
  'ESTABLISHED',
  'SYN_SENT',
  'SYN_RECV',
  'FIN_WAIT',
  'TIME_WAIT',
  'CLOSE',
  'CLOSE_WAIT',
  'LAST_ACK',
  'LISTEN',
  'SYNACK',
] as const;
export const IPVS_ESTABLISHED = 1;
const TIME_WAIT = 5;
const CLOSE = 6;

/** Seconds of each; the second and fourth can be set with `ipvsadm --set`. */
export const TCP_STATE_SECONDS: readonly number[] = [2, 900, 120, 60, 120, 120, 10, 60, 30, 120, 120];

/** tcp_states: from the client, then from the server; SYN, FIN, ACK, RST. */
const NEXT: readonly (readonly (readonly number[])[])[] = [
  [
    [3, 1, 1, 3, 3, 3, 3, 3, 3, 3, 3],
    [6, 7, 2, 5, 5, 5, 6, 7, 8, 9, 5],
    [1, 1, 2, 1, 4, 5, 6, 7, 6, 9, 1],
    [6, 6, 6, 3, 6, 6, 6, 6, 8, 9, 3],
  ],
  [
    [2, 1, 2, 3, 2, 2, 2, 2, 2, 9, 3],
    [5, 4, 2, 5, 4, 5, 6, 5, 8, 9, 5],
    [1, 1, 2, 1, 4, 5, 6, 7, 8, 1, 1],
    [6, 6, 2, 6, 6, 5, 6, 6, 6, 6, 6],
  ],
];

export function nextTcpState(state: number, flags: number, fromServer: boolean): number {
  const event = flags & TCP_RST ? 3 : flags & TCP_SYN ? 0 : flags & TCP_FIN ? 1 : flags & TCP_ACK ? 2 : -1;
  return event < 0 ? CLOSE : NEXT[fromServer ? 1 : 0]![event]![state]!;
}

/** A connection that a new SYN of the same ports does not belong to any more (is_new_conn_expected). */
export const isOver = (state: number): boolean => state === TIME_WAIT || state === CLOSE;
