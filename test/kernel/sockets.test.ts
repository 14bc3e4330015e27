import { afterAll, beforeAll, expect, it } from 'vitest';
import { seededRng } from '../../platform/rng.ts';
import { drawDatagram } from './datagrams.ts';
import { describeFrame } from './describe-frame.ts';
import type { Host, Out } from './host.ts';
import { KernelApp } from './kernel-app.ts';
import { KernelHost } from './kernel-host.ts';
import { CASES, SEED } from './seed.ts';
import { SimApp } from './sim-app.ts';
import { SimHost } from './sim-host.ts';
import type { AppCommand, SocketApp } from './socket-app.ts';
import {
  FAMILIES,
  type Family,
  IMPATIENT,
  LIKE_OURS,
  NODE_MAC,
  PATIENT,
  PEER_MAC,
  SOCKET_HOST,
} from './socket-host.ts';
import { describeStep, drawTalk, PLAIN_SEGMENT, type SocketStep } from './socket-steps.ts';
import { type PeerEnds, TcpPeer } from './tcp-peer.ts';
import { TIMED_SPAN_MS, TIMED_TALKS } from './timed-talks.ts';

const OPEN_PORT = 80;
/** A talk takes longer than a case of the others. */
const TALKS = Math.ceil(CASES / 2);
/** In which a late acknowledgment comes, and in which it has come on a machine that is busy. */
const LATE_MS = 40;
const LATER_MS = 300;

let kernel: KernelHost;
let sim: SimHost;
let apps: { readonly kernel: SocketApp; readonly sim: SocketApp };
beforeAll(async () => {
  kernel = await KernelHost.start(SOCKET_HOST);
  sim = await SimHost.start(SOCKET_HOST);
  for (const line of [...LIKE_OURS, ...PATIENT.kernel])
    expect(await kernel.run(line)).toMatchObject({ stderr: '' });
  for (const line of PATIENT.sim) expect(await sim.run(line)).toMatchObject({ stderr: '' });
  apps = { kernel: new KernelApp(kernel.namespace), sim: new SimApp(sim) };
  for (const app of Object.values(apps)) {
    for (const { node: host } of Object.values(FAMILIES))
      await app.tell({ do: 'listen', name: host, host, port: OPEN_PORT, backlog: 100 });
  }
});
afterAll(async () => {
  await apps?.kernel.close();
  await kernel?.close();
  await sim?.close();
});

let lastPort = 10_000;

it.each(['IPv4', 'IPv6'] as const)('speaks TCP as Linux does, whatever its peer says: %s', async (family) => {
  const rng = seededRng(SEED ^ (family === 'IPv6' ? 1 : 0));
  const differences: string[] = [];
  for (let i = 0; i < TALKS; i++) {
    const isActive = rng.int(3) === 0;
    const ends = endsOf(family, isActive, rng.int(10) === 0 ? 81 : OPEN_PORT);
    const name = isActive ? 'c' : String(ends.port);
    const difference = await playTalk(ends, name, drawTalk(rng, isActive, name, connectOf(ends)));
    if (difference !== undefined) differences.push(`case ${i}: ${difference}`);
  }
  expect(differences).toEqual([]);
});

it('takes as many half-open connections as Linux does', async () => {
  for (const [i, backlog] of [0, 1, 2, 5].entries()) {
    const port = 90 + i;
    const { node: host } = FAMILIES.IPv4;
    for (const app of Object.values(apps))
      await app.tell({ do: 'listen', name: `${port}`, host, port, backlog });
    const answers = { kernel: 0, sim: 0 };
    for (let n = 0; n < 8; n++) {
      const ends = endsOf('IPv4', false, port);
      const syn = (peer: TcpPeer): Uint8Array => peer.frame({ ...PLAIN_SEGMENT, flags: 2 });
      const [there, here] = [new TcpPeer(ends), new TcpPeer(ends)];
      answers.kernel += there.hear(await kernel.exchange('d0', [syn(there)])).length;
      answers.sim += here.hear(await sim.exchange('d0', [syn(here)])).length;
    }
    expect([backlog, answers.sim]).toEqual([backlog, answers.kernel]);
    for (const app of Object.values(apps)) await app.tell({ do: 'unlisten', name: `${port}` });
  }
});

it.each(['IPv4', 'IPv6'] as const)('takes and sends datagrams as Linux does: %s', async (family) => {
  const rng = seededRng(SEED ^ (family === 'IPv6' ? 3 : 2));
  const { node: host, peer: address } = FAMILIES[family];
  const name = `udp ${family}`;
  for (const app of Object.values(apps)) await app.tell({ do: 'udp', name, host, port: 5353 });
  const differences: string[] = [];
  for (let i = 0; i < CASES; i++) {
    const { what, frame, size } = drawDatagram(rng, family);
    const heard: string[] = [];
    for (const [host, app] of [
      [kernel, apps.kernel],
      [sim, apps.sim],
    ] as const) {
      const sent = size && (await app.tell({ do: 'sendto', name, size, host: address, port: 7 }));
      const out = await host.exchange('d0', frame === undefined ? [] : [frame]);
      const words = out.map((each) => describeFrame(each.frame, [FAMILIES[family].node]));
      const own = words.filter((each) => !/ proto 6 /.test(each)).map(withoutId);
      heard.push([sent, JSON.stringify(await app.tell({ do: 'datagrams', name })), ...own].join('\n    '));
    }
    if (heard[0] !== heard[1])
      differences.push(`case ${i}: ${what}\n  Linux:\n    ${heard[0]}\n  podwire:\n    ${heard[1]}`);
  }
  expect(differences).toEqual([]);
});

/** Of what a socket sends, pieces included, it is drawn. */
const withoutId = (words: string): string =>
  words.replace(/ id \d+ /, ' id * ').replace(/ headers \S+/, ' headers *');

it('is as patient as Linux', async () => {
  for (const line of [...IMPATIENT.kernel, ...IMPATIENT.both])
    expect(await kernel.run(line)).toMatchObject({ stderr: '' });
  for (const line of [...IMPATIENT.sim, ...IMPATIENT.both])
    expect(await sim.run(line)).toMatchObject({ stderr: '' });
  const talks = Object.entries(TIMED_TALKS).map(([what, { isActive = false, steps }]) => {
    const ends = endsOf('IPv4', isActive, OPEN_PORT);
    const name = isActive ? 'c' : String(ends.port);
    return { what, ends, steps: steps(name, connectOf(ends)) };
  });
  const [there, here]: [Out[], Out[]] = [[], []];
  for (const { ends, steps } of talks) {
    const peers = [new TcpPeer(ends), new TcpPeer(ends)] as const;
    for (const step of steps) {
      await begun(kernel, apps.kernel, peers[0], step, there);
      await begun(sim, apps.sim, peers[1], step, here);
    }
  }
  here.push(...(await sim.pass(TIMED_SPAN_MS)));
  there.push(...(await kernel.collect(() => false, TIMED_SPAN_MS)));
  for (const { what, ends } of talks) {
    const [linux, podwire] = [saidIn(there, ends), saidIn(here, ends)];
    expect([what, podwire.map(({ words }) => words)]).toEqual([what, linux.map(({ words }) => words)]);
    for (const [i, { after }] of linux.entries())
      expect(
        Math.abs(podwire[i]!.after - after),
        `${what}, segment ${i}, ${podwire[i]!.after} for ${after}`,
      ).toBeLessThan(150 + after / 5);
  }
});

async function begun(host: Host, app: SocketApp, peer: TcpPeer, step: SocketStep, out: Out[]): Promise<void> {
  if ('command' in step) await app.tell(step.command);
  const heard = await host.exchange('d0', 'command' in step ? [] : [peer.frame(step.segment)]);
  await app.tell({ do: 'tick' });
  peer.hear(heard);
  out.push(...heard);
}

/** What was said in a talk, and how long after what was said before. */
function saidIn(out: readonly Out[], ends: PeerEnds): { words: string; after: number }[] {
  const peer = new TcpPeer(ends);
  const own = out.filter(({ frame }) => peer.isSpokenTo(frame));
  return own.map((each, i) => ({
    words: peer.hear([each]).join(),
    after: each.at - (own[i - 1]?.at ?? each.at),
  }));
}

/** Each case has a port of its own, so that what comes late of another is not taken for its own. */
function endsOf(family: Family, isActive: boolean, nodePort: number): PeerEnds {
  const port = ++lastPort;
  const { peer, node } = FAMILIES[family];
  const common = { mac: PEER_MAC, nodeMac: NODE_MAC, address: peer, nodeAddress: node };
  return { ...common, port, nodePort: isActive ? port : nodePort };
}

const connectOf = ({ address, port, nodeAddress, nodePort }: PeerEnds): AppCommand => ({
  do: 'connect',
  name: 'c',
  host: address,
  port,
  source: nodeAddress,
  source_port: nodePort,
});

async function playTalk(
  ends: PeerEnds,
  name: string,
  steps: readonly SocketStep[],
): Promise<string | undefined> {
  const peers = { kernel: new TcpPeer(ends), sim: new TcpPeer(ends) };
  try {
    for (const [at, step] of steps.entries()) {
      const podwire = await playedHere(peers.sim, ends, step);
      const linux = await playedThere(peers.kernel, ends, step, podwire.said.length);
      if (wordsOf(linux) === wordsOf(podwire)) continue;
      const told = steps.slice(0, at + 1).map((each) => `    ${describeStep(each)}`);
      return `\n${told.join('\n')}\n  Linux:\n    ${wordsOf(linux)}\n  podwire:\n    ${wordsOf(podwire)}`;
    }
    return undefined;
  } finally {
    for (const app of Object.values(apps)) await app.tell({ do: 'abort', name });
  }
}

/** What a step does: what the program hears, what the peer hears, what `ss` shows. */
interface Played {
  readonly heard: string;
  readonly said: readonly string[];
  readonly shown: readonly string[];
}

const wordsOf = ({ heard, said, shown }: Played): string => [heard, ...said, ...shown].join('\n    ');

async function playedHere(peer: TcpPeer, ends: PeerEnds, step: SocketStep): Promise<Played> {
  const heard = 'command' in step ? JSON.stringify(await apps.sim.tell(step.command)) : '';
  const out = await sim.exchange('d0', 'command' in step ? [] : [peer.frame(step.segment)]);
  out.push(...(await sim.pass(LATE_MS)));
  return { heard, said: peer.hear(out), shown: await shownBy(sim, ends) };
}

/** As many segments as are expected are waited for, but not for ever. */
async function playedThere(
  peer: TcpPeer,
  ends: PeerEnds,
  step: SocketStep,
  expected: number,
): Promise<Played> {
  const heard = 'command' in step ? JSON.stringify(await apps.kernel.tell(step.command)) : '';
  const said = peer.hear(await kernel.exchange('d0', 'command' in step ? [] : [peer.frame(step.segment)]));
  await apps.kernel.tell({ do: 'tick' });
  if (said.length < expected) {
    const isOurs = (frame: Uint8Array): boolean => peer.isSpokenTo(frame);
    const wanted = expected - said.length;
    const isAll = (seen: readonly Out[]): boolean =>
      seen.filter(({ frame }) => isOurs(frame)).length >= wanted;
    said.push(...peer.hear(await kernel.collect(isAll, LATER_MS)));
  }
  return { heard, said, shown: await shownBy(kernel, ends) };
}

async function shownBy(host: Host, { port }: PeerEnds): Promise<string[]> {
  const { stdout } = await host.run('ss -tan');
  const own = stdout.split('\n').filter((line) => new RegExp(`:${port}(\\s|$)`).test(line));
  return own.map((line) => line.replace(/ +/g, ' ').trim());
}
