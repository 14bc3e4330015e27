import { writeEthernet } from '../../agents/netstack/header/ethernet.ts';
import { writeIpv4Header } from '../../agents/netstack/header/ipv4-header.ts';
import { writeSctpChecksum } from '../../agents/netstack/header/sctp-header.ts';
import { ipv4 } from '../../agents/netstack/ipv4.ts';
import { mac } from '../../agents/netstack/mac.ts';
import type { Rng } from '../../platform/rng.ts';
import { HOSTS } from '../agents/netstack/flow/flow-world.ts';
import { CLIENT, SERVER, type Side, type TalkStep } from './talk-step.ts';

const DATA = 0;
const INIT = 1;
const INIT_ACK = 2;
const SACK = 3;
const HEARTBEAT = 4;
const HEARTBEAT_ACK = 5;
const ABORT = 6;
const SHUTDOWN = 7;
const SHUTDOWN_ACK = 8;
const ERROR = 9;
const COOKIE_ECHO = 10;
const COOKIE_ACK = 11;
const SHUTDOWN_COMPLETE = 14;

type Move = readonly [Side, ...types: number[]];

/** Ways that associations go; a case begins with one, or in the middle of one. */
const LIVES: readonly (readonly Move[])[] = [
  [
    ['client', INIT],
    ['server', INIT_ACK],
    ['client', COOKIE_ECHO],
    ['server', COOKIE_ACK],
    ['client', DATA],
    ['server', SACK],
    ['client', HEARTBEAT],
    ['server', HEARTBEAT_ACK],
    ['client', SHUTDOWN],
    ['server', SHUTDOWN_ACK],
    ['client', SHUTDOWN_COMPLETE],
    ['client', INIT],
  ],
  [
    ['client', HEARTBEAT],
    ['server', HEARTBEAT_ACK],
    ['client', DATA],
    ['server', SHUTDOWN],
    ['client', SHUTDOWN_ACK],
    ['server', SHUTDOWN_COMPLETE],
  ],
  [
    ['client', INIT],
    ['server', INIT],
    ['client', INIT_ACK],
    ['server', INIT_ACK],
    ['client', COOKIE_ECHO],
    ['server', COOKIE_ECHO],
    ['client', COOKIE_ACK],
    ['server', COOKIE_ACK],
  ],
  [
    ['client', INIT],
    ['server', ABORT],
    ['client', INIT],
    ['server', INIT_ACK],
    ['client', COOKIE_ECHO, DATA],
    ['server', ERROR],
    ['client', INIT],
    ['server', INIT_ACK],
  ],
  [
    ['client', SHUTDOWN_ACK],
    ['server', SHUTDOWN_COMPLETE],
    ['client', INIT],
    ['server', INIT_ACK],
    ['client', COOKIE_ECHO],
    ['client', COOKIE_ECHO],
    ['server', COOKIE_ACK, DATA],
  ],
];
const TYPES = [
  ...[DATA, INIT, INIT_ACK, SACK, HEARTBEAT, HEARTBEAT_ACK, ABORT, SHUTDOWN, SHUTDOWN_ACK, ERROR],
  ...[COOKIE_ECHO, COOKIE_ACK, 12, 13, SHUTDOWN_COMPLETE, 15, 31, 32, 33, 64, 193, 255],
];
/** How a chunk may lie about its length. */
const LIES = [0, 1, 3, 4, 5, 1000];

/** A life of an association with stray chunks, wrong tags and lengths, and repetitions in it. */
export function drawSctpTalk(rng: Rng, sourcePort: number): TalkStep[] {
  const any = <T>(list: readonly T[]): T => list[rng.int(list.length)]!;
  const tags = { client: 0x1000 + rng.int(1000), server: 0x2000 + rng.int(1000) };
  const life = any(LIVES);
  const moves = life.slice(rng.int(4) === 0 ? rng.int(life.length) : 0).flatMap((move): Move[] => {
    const more = rng.int(4) === 0 ? [any(TYPES)] : [];
    const stray: Move = [any(['client', 'server']), any(TYPES), ...more];
    return any([[move], [move], [move], [move, stray], [stray, move], []]);
  });
  const oddness = any([0, 1, 3]);
  const steps: TalkStep[] = [];
  for (const [side, ...types] of moves) {
    const isOdd = rng.int(6) < oddness;
    const other = side === 'client' ? 'server' : 'client';
    const right = types.includes(INIT) ? 0 : tags[other];
    if (isOdd && rng.int(4) === 0) tags[side] += 1;
    const tag = isOdd ? any([right, tags[side], tags[other], 0, 77]) : right;
    const chunks = types.map((type) => ({
      type,
      flags: isOdd ? rng.int(2) : 0,
      initTag: isOdd && rng.int(3) === 0 ? any([0, 77]) : tags[side],
      lie: isOdd && rng.int(4) === 0 ? any(LIES) : undefined,
    }));
    const cut = isOdd && rng.int(6) === 0 ? rng.int(24) : 0;
    const what = `${side} tag ${tag} chunks ${JSON.stringify(chunks)} cut ${cut}`;
    const own = side === 'client' ? CLIENT : SERVER;
    const step = { what, port: own.port, frame: frameOf(side, sourcePort, tag, chunks, cut) };
    const times = rng.int(8) === 0 ? 1 + rng.int(3) : 1;
    for (let i = 0; i < times; i++) steps.push(step);
  }
  return steps;
}

interface Chunk {
  readonly type: number;
  readonly flags: number;
  readonly initTag: number;
  readonly lie: number | undefined;
}

function chunkBytes({ type, flags, initTag, lie }: Chunk): Uint8Array {
  const length = type === INIT || type === INIT_ACK ? 20 : 8;
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  bytes.set([type, flags]);
  view.setUint16(2, lie ?? length);
  view.setUint32(4, initTag);
  return bytes;
}

function frameOf(
  side: Side,
  sourcePort: number,
  tag: number,
  chunks: readonly Chunk[],
  cut: number,
): Uint8Array {
  const [own, other] = side === 'client' ? [CLIENT, SERVER] : [SERVER, CLIENT];
  const ports = side === 'client' ? [sourcePort, SERVER.transportPort] : [SERVER.transportPort, sourcePort];
  const body = chunks.flatMap((chunk) => [...chunkBytes(chunk)]);
  const kept = body.slice(0, body.length - Math.min(cut, body.length));
  const frame = new Uint8Array(34 + 12 + kept.length);
  const gateway = mac(side === 'client' ? '02:00:00:00:01:01' : '02:00:00:00:00:01');
  const hosts: Readonly<Record<string, ReturnType<typeof mac>>> = HOSTS[own.port];
  writeEthernet(frame, 0, gateway, hosts[own.address]!, 0x0800);
  writeIpv4Header(frame, 14, {
    source: ipv4(own.address),
    destination: ipv4(other.address),
    protocol: 132,
    totalLength: frame.length - 14,
    tos: 0,
    ttl: 64,
    id: 1,
    fragment: 0x4000,
  });
  const view = new DataView(frame.buffer);
  view.setUint16(34, ports[0]!);
  view.setUint16(36, ports[1]!);
  view.setUint32(38, tag);
  frame.set(kept, 46);
  writeSctpChecksum(frame, 34, frame.length);
  return frame;
}
