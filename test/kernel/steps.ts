import { internetChecksum } from '../../agents/netstack/checksum.ts';
import { writeEthernet } from '../../agents/netstack/header/ethernet.ts';
import { writeIpv4Header } from '../../agents/netstack/header/ipv4-header.ts';
import { ipv4 } from '../../agents/netstack/ipv4.ts';
import { mac, readMac } from '../../agents/netstack/mac.ts';
import type { Rng } from '../../platform/rng.ts';
import { Conversation } from '../agents/netstack/flow/conversation.ts';
import { type FrameSpec, frameOf, HOSTS, type Port, replyTo } from '../agents/netstack/flow/flow-world.ts';
import { drawAberration, drawStart } from './aberration.ts';
import type { Seen } from './kernel-node.ts';

/** Who speaks to whom. */
export interface Talk {
  readonly port: Port;
  readonly source: string;
  readonly destination: string;
  readonly destinationPort: number;
  readonly sourcePort: number;
  readonly protocol: 'tcp' | 'udp';
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
    const frame = last && replyTo(inner(last.frame), { flags: ACK, payload: 0, ttl: 64, ...look });
    return frame && last && inner(last.frame) === last.frame
      ? { port: last.port, frames: [frame] }
      : undefined;
  };

/** Whatever NAT made of it: what the server says comes from its own port, or from the one that it was asked at. */
function isToServer({ destinationPort }: Talk, frame: Uint8Array): boolean {
  const carried = inner(frame);
  const sourcePort = (carried[34]! << 8) | carried[35]!;
  return sourcePort !== destinationPort && sourcePort !== SERVER_PORT;
}

/** What a tunnel carries, else the frame itself. */
function inner(frame: Uint8Array): Uint8Array {
  return frame[23] === 17 && frame[36] === 0x21 && frame[37] === 0x18 ? frame.subarray(50) : frame;
}

/** An ICMP error about the last packet, from whoever got it. */
const complain =
  (type: number, code: number): Step =>
  (seen) => {
    const last = seen.at(-1);
    if (last?.frame[12] !== 8 || last.frame[13] !== 0 || inner(last.frame) !== last.frame) return undefined;
    // RFC 1122 §3.2.2: nobody complains about a complaint.
    if (last.frame[23] === 1 && [3, 11, 12].includes(last.frame[34]!)) return undefined;
    const quoted = last.frame.subarray(14, Math.min(last.frame.length, 14 + 28 + 8));
    const length = 20 + 8 + quoted.length;
    const frame = new Uint8Array(14 + length);
    const view = new DataView(last.frame.buffer, last.frame.byteOffset);
    writeEthernet(frame, 0, readMac(last.frame, 6), readMac(last.frame, 0), 0x0800);
    writeIpv4Header(frame, 14, {
      source: view.getUint32(30) as never,
      destination: view.getUint32(26) as never,
      protocol: 1,
      totalLength: length,
      tos: 0,
      ttl: 64,
      id: 77,
      fragment: 0,
    });
    frame.set([type, code], 34);
    frame.set(quoted, 42);
    const sum = internetChecksum(frame, 34, frame.length);
    frame.set([sum >>> 8, sum & 255], 36);
    return { port: last.port, frames: [frame] };
  };

const damage =
  (at: number) =>
  (frame: Uint8Array): Uint8Array[] => {
    frame[Math.min(at, frame.length - 1)]! ^= 0x55;
    return [frame];
  };

/** Two fragments of a frame, cut at a multiple of eight bytes. */
const fragments = (frame: Uint8Array): Uint8Array[] => {
  const body = frame.subarray(34);
  const cut = Math.max(8, (body.length >> 4) << 3);
  return [body.subarray(0, cut), body.subarray(cut)].map((part, i) => {
    const piece = new Uint8Array(34 + part.length);
    piece.set(frame.subarray(0, 34));
    piece.set(part, 34);
    const view = new DataView(piece.buffer);
    view.setUint16(16, 20 + part.length);
    view.setUint16(18, 4242);
    view.setUint16(20, i === 0 ? 0x2000 : cut >> 3);
    view.setUint16(24, 0);
    view.setUint16(24, internetChecksum(piece, 14, 34));
    return piece;
  });
};

/** An echo request with an identifier and a sequence number. */
export function echo(port: Port, source: string, destination: string, id: number, ttl = 64): Step {
  return () => {
    const length = 20 + 8 + 16;
    const frame = new Uint8Array(14 + length);
    const gateway = mac(port === 'eth0' ? '02:00:00:00:00:01' : '02:00:00:00:01:01');
    writeEthernet(frame, 0, gateway, HOSTS[port][source]!, 0x0800);
    const header = { tos: 0, ttl, id, fragment: 0, totalLength: length, protocol: 1 };
    writeIpv4Header(frame, 14, { ...header, source: ipv4(source), destination: ipv4(destination) });
    frame.set([8, 0, 0, 0, id >>> 8, id & 255, 0, 1], 34);
    const sum = internetChecksum(frame, 34, frame.length);
    frame.set([sum >>> 8, sum & 255], 36);
    return { port, frames: [frame] };
  };
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
        return complain(3, any([1, 3, 4, 13]));
      case 3:
        return complain(11, 0);
      case 4:
        return ask({ payload: 100 }, damage(any([24, 40, 50, 60])));
      case 5:
        return ask({ payload: 200 }, fragments);
      case 6:
        return ask({ payload: any([1380, 1400, 1420, 1440]), dontFragment: rng.int(2) === 0 });
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
