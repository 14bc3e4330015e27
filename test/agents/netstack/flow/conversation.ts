/** What a segment says beside its flags; numbers may be out of range, they are taken modulo 2³². */
export interface SegmentNumbers {
  readonly sequence: number;
  readonly acknowledgment: number;
  readonly window: number;
  /** Whole words. */
  readonly options: Uint8Array;
}

/** How a segment differs from what its sender ought to send. */
export interface Aberration {
  readonly sequence: number;
  readonly acknowledgment: number;
  readonly window: number;
  readonly options: OptionsChoice;
  /** Whether its sender goes on as if it had been right. */
  readonly isSent: boolean;
}

export const OPTIONS = {
  none: () => [],
  'as usual': () => [2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 1, 3, 3, 7],
  'a size at an odd byte': () => [1, 2, 4, 5, 0xb4, 1, 1, 0],
  'a scale': () => [3, 3, 2, 1],
  'a scale too large': () => [1, 3, 3, 200],
  'a scale of another length': () => [3, 4, 2, 1],
  'SACK permitted': () => [1, 1, 4, 2],
  'the same twice': () => [3, 3, 1, 4, 2, 3, 3, 5],
  timestamps: () => [1, 1, 8, 10, 0, 0, 0, 2, 0, 0, 0, 1],
  'a SACK block': (edge) => [1, 1, 5, 10, ...word(edge + 100), ...word(edge + 200)],
  'a SACK block of old data': (edge) => [1, 1, 5, 10, ...word(edge - 200), ...word(edge - 100)],
  'a SACK block far away': (edge) => [1, 1, 5, 10, ...word(edge + 100_000), ...word(edge + 200_000)],
  'two SACK blocks': (edge) => [
    ...[5, 18, ...word(edge + 10), ...word(edge + 20), ...word(edge + 30), ...word(edge + 50)],
    ...[0, 0],
  ],
  'SACK after the end': (edge) => [1, 0, 5, 10, ...word(edge + 10), ...word(edge + 20), 0, 0],
  'half a SACK block': () => [1, 1, 5, 6, 0, 0, 0, 9],
  'cut short': () => [5, 10, 0, 0],
  'length 0': () => [3, 0, 3, 2],
  'length 1': () => [1, 1, 1, 3],
} satisfies Record<string, (edge: number) => number[]>;

export type OptionsChoice = keyof typeof OPTIONS;

export const RIGHT: Aberration = {
  sequence: 0,
  acknowledgment: 0,
  window: 1000,
  options: 'none',
  isSent: true,
};

const SYN = 2;
const FIN = 1;

/** Both ends of a TCP connection as they count, whether or not the network lets their segments through. */
export class Conversation {
  readonly #next: { client: number; server: number };

  constructor(client: number, server: number) {
    this.#next = { client, server };
  }

  /** What `from` says next. */
  say(from: 'client' | 'server', flags: number, payload: number, odd: Aberration): SegmentNumbers {
    const own = this.#next[from];
    const acknowledged = this.#next[from === 'client' ? 'server' : 'client'];
    const sequence = own + odd.sequence;
    const counted = payload + (flags & SYN ? 1 : 0) + (flags & FIN ? 1 : 0);
    if (odd.isSent) this.#next[from] = (sequence + counted) >>> 0;
    return {
      sequence: sequence >>> 0,
      acknowledgment: (acknowledged + odd.acknowledgment) >>> 0,
      window: odd.window,
      options: Uint8Array.from(OPTIONS[odd.options](acknowledged)),
    };
  }
}

function word(value: number): number[] {
  return [value >>> 24, value >>> 16, value >>> 8, value].map((byte) => byte & 255);
}
