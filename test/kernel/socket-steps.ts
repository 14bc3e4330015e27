import type { Rng } from '../../platform/rng.ts';
import type { AppCommand } from './socket-app.ts';
import type { PeerSegment } from './tcp-peer.ts';

/** What the peer sends, or what the program is told. */
export type SocketStep = { readonly segment: PeerSegment } | { readonly command: AppCommand };

const [FIN, SYN, RST, PSH, ACK, URG] = [1, 2, 4, 8, 16, 32];
export const PLAIN_SEGMENT: PeerSegment = {
  flags: ACK,
  sequence: 0,
  acknowledgment: 0,
  window: 60_000,
  size: 0,
  options: [],
  urgent: 0,
};

type Any = <T>(list: readonly T[]) => T;

/** Of SYNs: none, sizes, scales, and what a socket without them does not answer. */
const SYN_OPTIONS: readonly (readonly number[])[] = [
  [],
  [2, 4, 5, 0xb4],
  [2, 4, 5, 0xb4, 1, 3, 3, 7],
  [2, 4, 5, 0xb4, 1, 3, 3, 0],
  [2, 4, 1, 0xf4],
  [2, 4, 1, 0x90, 1, 3, 3, 2],
  [2, 4, 0x22, 0xb8, 3, 3, 14, 0],
  [2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 1, 3, 3, 7],
  [3, 3, 15, 0],
  [2, 3, 5, 1],
  [2, 4, 2, 24],
];

/** Of the talk of one connection: how it begins and what comes then, in order or out of it. */
export function drawTalk(rng: Rng, isActive: boolean, name: string, connect: AppCommand): SocketStep[] {
  const any: Any = (list) => list[rng.int(list.length)]!;
  const say = (what: Partial<PeerSegment>): SocketStep => ({ segment: { ...PLAIN_SEGMENT, ...what } });
  const options = any(SYN_OPTIONS);
  const window = any([60_000, 60_000, 40_000, 0]);
  const opening: SocketStep[] = isActive
    ? [{ command: connect }, say({ flags: SYN | ACK, options, window })]
    : [say({ flags: SYN, options, window }), say({ flags: ACK, window })];
  const isWhole = rng.int(5) > 0;
  const kept = isWhole ? opening : opening.slice(0, 1);
  const more = Array.from({ length: 2 + rng.int(6) }, () =>
    rng.int(3) === 0 ? { command: drawCommand(rng, name) } : { segment: drawSegment(rng) },
  );
  return [...kept, ...withFewSends(more)];
}

/** Linux counts segments in flight, whatever their size, where bytes are counted here (docs/fidelity.md). */
const MOST_SENDS = 3;

function withFewSends(steps: readonly SocketStep[]): SocketStep[] {
  let sends = 0;
  return steps.filter((step) => !('command' in step) || step.command.do !== 'send' || ++sends <= MOST_SENDS);
}

function drawCommand(rng: Rng, name: string): AppCommand {
  const any: Any = (list) => list[rng.int(list.length)]!;
  const verb = any(['send', 'send', 'send', 'recv', 'recv', 'shutdown', 'close', 'abort'] as const);
  return verb === 'send' ? { do: verb, name, size: any([1, 100, 1000, 1460, 2000]) } : { do: verb, name };
}

/**
 * Whether data is taken that comes with an acknowledgment that is too old depends on how much memory a socket of
 * Linux's has at hand (docs/fidelity.md).
 */
const NEW_ACKS = [0, 0, 0, 0, 1, 100, 2 ** 31, 70_000];
const OLD_ACKS = [-1, -10, -100, -70_000];

function drawSegment(rng: Rng): PeerSegment {
  const any: Any = (list) => list[rng.int(list.length)]!;
  const isRight = rng.int(2) === 0;
  const flags = any([
    ...[ACK, ACK, ACK, PSH | ACK, PSH | ACK, FIN | ACK, FIN | ACK, FIN | PSH | ACK],
    ...(isRight ? [] : [RST, RST | ACK, SYN, SYN | ACK, 0, FIN, FIN | SYN, URG | ACK, PSH]),
  ]);
  const size = any([0, 0, 1, 10, 100, 1000]);
  const segment = { ...PLAIN_SEGMENT, flags, size, window: any([60_000, 60_000, 40_000, 0]) };
  if (isRight) return segment;
  const sequence = any([0, 0, 0, 1, -1, 10, 100, -100, -1000, 1000, 50_000, 2 ** 31, 3_000_000, -70_000]);
  return {
    ...segment,
    // A second FIN right behind the first is another story, and so is a first SYN that acknowledges (docs/fidelity.md).
    sequence: (flags & FIN && sequence === -size) || (flags & SYN && sequence === -1) ? 0 : sequence,
    acknowledgment: any(size > 0 && (flags & FIN) === 0 ? NEW_ACKS : [...NEW_ACKS, ...OLD_ACKS]),
    urgent: flags & URG ? any([0, 1, size, size + 5]) : 0,
  };
}

export function describeStep(step: SocketStep): string {
  if ('command' in step) return JSON.stringify(step.command);
  const { flags, sequence, acknowledgment, window, size, options, urgent } = step.segment;
  const letters = ['F', 'S', 'R', 'P', 'A', 'U'].filter((_, i) => flags & (1 << i)).join('');
  return `peer ${letters || 'none'} seq ${sequence} ack ${acknowledgment} win ${window} size ${size} urg ${urgent} options ${Buffer.from(options).toString('hex')}`;
}
