import type { Rng } from '../../platform/rng.ts';
import { type Aberration, Conversation } from '../agents/netstack/flow/conversation.ts';
import { frameOf } from '../agents/netstack/flow/flow-world.ts';
import { drawAberration, drawStart } from './aberration.ts';
import { CLIENT, SERVER, type Side, type TalkStep } from './talk-step.ts';

const FIN = 1;
const SYN = 2;
const RST = 4;
const PSH = 8;
const ACK = 16;
const URG = 32;

type Move = readonly [Side, number, number];

/** Ways that connections go; a case begins with one, or in the middle of one. */
const LIVES: readonly (readonly Move[])[] = [
  [
    ['client', SYN, 0],
    ['server', SYN | ACK, 0],
    ['client', ACK, 0],
    ['client', ACK | PSH, 100],
    ['server', ACK, 50],
    ['client', FIN | ACK, 0],
    ['server', ACK, 0],
    ['server', FIN | ACK, 0],
    ['client', ACK, 0],
    ['client', SYN, 0],
    ['server', SYN | ACK, 0],
    ['client', ACK, 0],
  ],
  [
    ['client', SYN, 0],
    ['server', SYN, 0],
    ['client', SYN | ACK, 0],
    ['server', ACK, 0],
    ['client', ACK, 10],
  ],
  [
    ['client', SYN, 0],
    ['server', ACK, 0],
    ['client', RST, 0],
    ['client', SYN, 0],
    ['server', SYN | ACK, 0],
    ['server', RST | ACK, 0],
  ],
  [
    ['client', ACK, 10],
    ['server', ACK, 20],
    ['client', ACK, 0],
    ['server', RST, 0],
    ['client', SYN, 0],
  ],
  [
    ['client', SYN, 0],
    ['server', SYN | ACK, 0],
    ['client', ACK, 0],
    ['client', SYN, 0],
    ['server', SYN | ACK, 0],
    ['client', ACK, 1],
    ['server', ACK, 1],
  ],
  [
    ['client', SYN, 0],
    ['server', SYN | ACK, 0],
    ['client', ACK, 0],
    ['server', FIN | ACK, 0],
    ['client', FIN | ACK, 0],
    ['client', SYN, 0],
    ['server', ACK, 0],
    ['client', RST, 0],
  ],
];
const FLAGS = [SYN, ACK, ACK, ACK | PSH, FIN | ACK, RST, RST | ACK, SYN | ACK, ACK | URG];

/** A life of a connection with stray segments, wrong numbers and repetitions in it. */
export function drawTcpTalk(rng: Rng, sourcePort: number): TalkStep[] {
  const any = <T>(list: readonly T[]): T => list[rng.int(list.length)]!;
  const conversation = new Conversation(drawStart(rng), drawStart(rng));
  const life = any(LIVES);
  const from = rng.int(4) === 0 ? rng.int(life.length) : 0;
  const moves = life.slice(from).flatMap((move): Move[] => {
    const stray: Move = [any(['client', 'server']), any(FLAGS), any([0, 0, 1, 100, 1000])];
    return any([[move], [move], [move], [move, stray], [stray, move], []]);
  });
  const oddness = any([0, 4, 2]);
  const steps: TalkStep[] = [];
  for (const [side, flags, payload] of moves) {
    const odd = drawAberration(rng, flags);
    const usual: Aberration = { ...odd, sequence: 0, acknowledgment: 0, isSent: true };
    const step = say(conversation, sourcePort, side, flags, payload, rng.int(4) < oddness ? odd : usual);
    const times = rng.int(8) === 0 ? 1 + rng.int(5) : 1;
    for (let i = 0; i < times; i++) steps.push(step);
  }
  return steps;
}

function say(
  conversation: Conversation,
  sourcePort: number,
  side: Side,
  flags: number,
  payload: number,
  odd: Aberration,
): TalkStep {
  const [own, other] = side === 'client' ? [CLIENT, SERVER] : [SERVER, CLIENT];
  const numbers = conversation.say(side, flags, payload, odd);
  const ports = side === 'client' ? [sourcePort, SERVER.transportPort] : [SERVER.transportPort, sourcePort];
  const frame = frameOf(own.port, {
    protocol: 'tcp',
    source: own.address,
    destination: other.address,
    sourcePort: ports[0]!,
    destinationPort: ports[1]!,
    flags,
    ttl: 64,
    payload,
    dontFragment: true,
    numbers,
  });
  const { sequence, acknowledgment, window } = numbers;
  return {
    what: `${side} flags ${flags} seq ${sequence} ack ${acknowledgment} win ${window} len ${payload} ${odd.options}`,
    port: own.port,
    frame,
  };
}
