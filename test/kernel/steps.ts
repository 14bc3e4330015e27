import { mac } from '../../agents/netstack/mac.ts';
import type { Rng } from '../../platform/rng.ts';
import { Conversation } from '../agents/netstack/flow/conversation.ts';
import {
  type FrameSpec,
  frameOf,
  HOSTS,
  HOSTS_6,
  type Port,
  replyTo,
} from '../agents/netstack/flow/flow-world.ts';
import { drawAberration, drawStart } from './aberration.ts';
import type { Seen } from './kernel-node.ts';
import type { VersionFrames } from './version-frames.ts';

/** Who speaks to whom. */
export interface Talk {
  readonly port: Port;
  readonly source: string;
  readonly destination: string;
  readonly destinationPort: number;
  readonly sourcePort: number;
  readonly protocol: 'tcp' | 'udp';
  readonly frames: VersionFrames;
}

/** One step of a case: frames into one device. Built apart for each world from all that came out of it before. */
export type Step = (
  seen: readonly Seen[],
) => { readonly port: Port; readonly frames: readonly Uint8Array[] } | undefined;

/** Of every endpoint. */
const SERVER_PORT = 8080;
const SYN = 2;
const ACK = 16;
const FIN = 1;
const RST = 4;
const PSH = 8;

type Look = Partial<Pick<FrameSpec, 'flags' | 'payload' | 'ttl' | 'dontFragment' | 'numbers'>>;

const from =
  (talk: Talk, look: Look, change: (frame: Uint8Array) => Uint8Array[] = (frame) => [frame]): Step =>
  () => {
    const spec: FrameSpec = { flags: ACK, payload: 0, ttl: 64, dontFragment: false, ...talk, ...look };
    return { port: talk.port, frames: change(frameOf(talk.port, spec)) };
  };

/** What the server says to whoever sent it the last packet that it got. */
const answer =
  (talk: Talk, look: Look): Step =>
  (seen) => {
    const last = seen.findLast(({ frame }) => isToServer(talk, frame));
    const carried = last && talk.frames.inner(last.frame);
    const frame = carried && replyTo(carried, { flags: ACK, payload: 0, ttl: 64, ...look });
    return frame && carried === last?.frame ? { port: last.port, frames: [frame] } : undefined;
  };

/** Whatever NAT made of it: what the server says comes from its own port, or from the one that it was asked at. */
function isToServer({ destinationPort, frames }: Talk, frame: Uint8Array): boolean {
  const carried = frames.inner(frame);
  const sourcePort = (carried[frames.transport]! << 8) | carried[frames.transport + 1]!;
  return sourcePort !== destinationPort && sourcePort !== SERVER_PORT;
}

/** An ICMP error about the last packet, from whoever got it. */
const complain =
  ({ frames }: Talk, [type, code]: readonly [number, number]): Step =>
  (seen) => {
    const last = seen.at(-1);
    if (last === undefined || frames.inner(last.frame) !== last.frame) return undefined;
    const frame = frames.complaint(last.frame, type, code);
    return frame && { port: last.port, frames: [frame] };
  };

const damage =
  (at: number) =>
  (frame: Uint8Array): Uint8Array[] => {
    frame[Math.min(at, frame.length - 1)]! ^= 0x55;
    return [frame];
  };

/** An echo request with an identifier and a sequence number. */
export function echo({ port, source, destination, frames }: Talk, id: number, ttl: number): Step {
  const to = mac(port === 'eth0' ? '02:00:00:00:00:01' : '02:00:00:00:01:01');
  const from = HOSTS[port][source] ?? HOSTS_6[port][source]!;
  return () => ({ port, frames: [frames.echo({ from, to, source, destination, id, ttl })] });
}

const FLAGS = [SYN, ACK, ACK | PSH, FIN | ACK, RST, RST | ACK, SYN | ACK, 0, FIN | SYN];

/** A life of a connection, or packets that belong to none; what comes next is drawn. */
export function drawSteps(rng: Rng, talk: Talk): Step[] {
  const isTcp = talk.protocol === 'tcp';
  const any = <T>(list: readonly T[]): T => list[rng.int(list.length)]!;
  const look = (): Look => ({
    flags: any(FLAGS),
    payload: any([0, 1, 8, 100, 600]),
    ttl: any([64, 64, 64, 2, 1]),
  });
  const conversation = new Conversation(drawStart(rng), drawStart(rng));
  const numbered = (side: 'client' | 'server', given: Look): Look => {
    const { flags = ACK, payload = 0 } = given;
    if (!isTcp) return given;
    return { ...given, numbers: conversation.say(side, flags, payload, drawAberration(rng, flags)) };
  };
  const ask = (given: Look, change?: (frame: Uint8Array) => Uint8Array[]): Step =>
    from(talk, numbered('client', given), change);
  const reply = (given: Look): Step => answer(talk, numbered('server', given));
  const beginning: (() => Step)[] = isTcp
    ? [
        () => ask({ flags: SYN }),
        () => reply({ flags: SYN | ACK }),
        () => ask({ flags: ACK }),
        () => ask({ flags: ACK | PSH, payload: 100 }),
        () => reply({ flags: ACK, payload: 50 }),
      ]
    : [() => ask({ payload: 20 }), () => reply({ payload: 30 }), () => ask({ payload: 21 })];
  const odd = (): Step => {
    switch (rng.int(isTcp ? 13 : 9)) {
      case 0:
        return ask(look());
      case 1:
        return reply(look());
      case 2:
        return complain(talk, any(talk.frames.unreachable));
      case 3:
        return complain(talk, talk.frames.timeExceeded);
      case 4:
        return ask({ payload: 100 }, damage(any(talk.frames.fragile)));
      case 5:
        return ask({ payload: 200 }, talk.frames.fragments);
      case 6:
        return ask({ payload: any(talk.frames.large), dontFragment: rng.int(2) === 0 });
      case 7:
        return ask({ ttl: any([1, 2]), payload: 10 });
      case 8:
        return reply({ payload: 40 });
      case 9:
        return ask({ flags: FIN | ACK });
      case 10:
        return reply({ flags: FIN | ACK });
      case 11:
        return ask({ payload: 40 });
      default:
        return reply({ flags: any([RST, RST | ACK, SYN | ACK]) });
    }
  };
  const kept = beginning.slice(0, rng.int(beginning.length + 1)).map((step) => step());
  return [...kept, ...Array.from({ length: rng.int(4) + (kept.length === 0 ? 1 : 0) }, odd)];
}
