/** The states of a tracked SCTP association, in the kernel's order. */
export const SCTP_STATES = [
  'NONE',
  'CLOSED',
  'COOKIE_WAIT',
  'COOKIE_ECHOED',
  'ESTABLISHED',
  'SHUTDOWN_SENT',
  'SHUTDOWN_RECD',
  'SHUTDOWN_ACK_SENT',
  'HEARTBEAT_SENT',
] as const;

/** Indices into SCTP_STATES. */
export const SCTP_NONE = 0;
export const SCTP_CLOSED = 1;
export const SCTP_ESTABLISHED = 4;
/** What the table has besides: a chunk that cannot belong here. */
export const SCTP_INVALID = 9;

/** Types of chunks (RFC 9260 §3.2). */
export const CHUNK_DATA = 0;
export const CHUNK_INIT = 1;
export const CHUNK_INIT_ACK = 2;
export const CHUNK_HEARTBEAT = 4;
export const CHUNK_HEARTBEAT_ACK = 5;
export const CHUNK_ABORT = 6;
export const CHUNK_SHUTDOWN_ACK = 8;
export const CHUNK_COOKIE_ECHO = 10;
export const CHUNK_COOKIE_ACK = 11;
export const CHUNK_SHUTDOWN_COMPLETE = 14;

const CODES = ['no', 'cl', 'cw', 'ce', 'es', 'ss', 'sr', 'sa', 'hs', 'iv'];
const row = (codes: string): readonly number[] => codes.split(' ').map((code) => CODES.indexOf(code));
const same = row('no cl cw ce es ss sr sa hs');

/** nf_conntrack_proto_sctp.c, sctp_conntracks, for one direction each, by type of chunk. */
const TRANSITIONS: readonly (readonly (readonly number[])[])[] = [
  [
    same, // DATA
    //   no cl cw ce es ss sr sa hs
    row('cl cl cw ce es cl cl sa cw'), // INIT
    row('cl cl cw ce es ss sr sa cl'), // INIT ACK
    same, // SACK
    row('hs cl cw ce es ss sr sa hs'), // HEARTBEAT
    row('cl cl cw ce es ss sr sa hs'), // HEARTBEAT ACK
    row('cl cl cl cl cl cl cl cl cl'), // ABORT
    row('cl cl cw ce ss ss sr sa cl'), // SHUTDOWN
    row('sa cl cw ce es sa sa sa sa'), // SHUTDOWN ACK
    row('cl cl cw ce es ss sr sa cl'), // ERROR
    row('cl cl ce ce es ss sr sa cl'), // COOKIE ECHO
    row('cl cl cw es es ss sr sa cl'), // COOKIE ACK
    same, // ECNE
    same, // CWR
    row('cl cl cw ce es ss sr cl cl'), // SHUTDOWN COMPLETE
  ],
  [
    same,
    row('iv cl cw ce es ss sr sa iv'),
    row('iv cw cw ce es ss sr sa iv'),
    same,
    row('iv cl cw ce es ss sr sa hs'),
    row('iv cl cw ce es ss sr sa es'),
    row('iv cl cl cl cl cl cl cl iv'),
    row('iv cl cw ce sr ss sr sa iv'),
    row('iv cl cw ce es sa sa sa iv'),
    row('iv cl cw cl es ss sr sa iv'),
    row('iv cl ce ce es ss sr sa iv'),
    row('iv cl cw es es ss sr sa iv'),
    same,
    same,
    row('iv cl cw ce es ss sr cl iv'),
  ],
];

/** The next state, or SCTP_INVALID; chunks of other types change nothing. */
export const nextSctpState = (state: number, chunk: number, isReply: boolean): number =>
  (TRANSITIONS[isReply ? 1 : 0]![chunk] ?? same)[state]!;
