import type { AppCommand } from './socket-app.ts';
import type { SocketStep } from './socket-steps.ts';
import { PLAIN_SEGMENT } from './socket-steps.ts';
import type { PeerSegment } from './tcp-peer.ts';

const [FIN, SYN, ACK, PSH] = [1, 2, 16, 8];

const say = (what: Partial<PeerSegment>): SocketStep => ({ segment: { ...PLAIN_SEGMENT, ...what } });
const MSS = [2, 4, 5, 0xb4];
const handshake = (window = 60_000): SocketStep[] => [
  say({ flags: SYN, options: MSS, window }),
  say({ flags: ACK, window }),
];

export interface TimedTalk {
  readonly isActive?: boolean;
  steps(name: string, connect: AppCommand): readonly SocketStep[];
}

/** What a host says when its peer falls silent, and when it does so. */
export const TIMED_TALKS: Readonly<Record<string, TimedTalk>> = {
  'a SYN that nobody answers': { isActive: true, steps: (_name, command) => [{ command }] },
  'a SYN whose answer is lost': { steps: () => [say({ flags: SYN, options: MSS })] },
  'data that is not acknowledged': {
    steps: (name) => [...handshake(), { command: { do: 'send', name, size: 100 } }],
  },
  'a FIN that is not acknowledged': { steps: (name) => [...handshake(), { command: { do: 'close', name } }] },
  'a FIN that comes alone': { steps: () => [...handshake(), say({ flags: FIN | ACK })] },
  'a window that stays closed': {
    steps: (name) => [...handshake(0), { command: { do: 'send', name, size: 100 } }],
  },
  'a window that is smaller than a segment': {
    steps: (name) => [
      ...handshake(),
      say({ window: 50, flags: ACK, size: 1 }),
      { command: { do: 'send', name, size: 100 } },
    ],
  },
  'a peer that is asked whether it is there': {
    steps: (name) => [...handshake(), { command: { do: 'keepalive', name } }],
  },
  'an answer, and a question after it': {
    steps: (name) => [
      ...handshake(),
      say({ flags: PSH | ACK, size: 10 }),
      { command: { do: 'recv', name } },
      { command: { do: 'send', name, size: 10 } },
      say({ flags: PSH | ACK, size: 10 }),
    ],
  },
  'twenty questions': {
    steps: () => [...handshake(), ...Array.from({ length: 20 }, () => say({ flags: PSH | ACK, size: 10 }))],
  },
  'a stream of whole segments': {
    steps: (name) => [
      ...handshake(),
      ...Array.from({ length: 24 }, () => say({ flags: ACK, size: 1460 })),
      { command: { do: 'recv', name } },
    ],
  },
};

/** Longer than the first three time-outs of each. */
export const TIMED_SPAN_MS = 3400;
