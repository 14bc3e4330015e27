import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeEthernet } from '../../../../agents/netstack/header/ethernet.ts';
import { writeIpv4Header } from '../../../../agents/netstack/header/ipv4-header.ts';
import { writeSctpChecksum } from '../../../../agents/netstack/header/sctp-header.ts';
import { ipv4 } from '../../../../agents/netstack/ipv4.ts';
import { mac } from '../../../../agents/netstack/mac.ts';
import { runNodeCommand } from '../../../../agents/shell/run-node-command.ts';
import { FlowWorld } from '../flow/flow-world.ts';

const RULES = `*filter
-A FORWARD -m conntrack --ctstate INVALID -j DROP
COMMIT
`;
const TAGS = { client: 0x1111, server: 0x2222 };

let world: FlowWorld;

beforeEach(() => {
  world = new FlowWorld({ rules: RULES });
});
afterEach(() => world.ns.delete());

interface Odd {
  readonly tag?: number;
  readonly initTag?: number;
  readonly flags?: number;
  readonly length?: number;
}

/** Whether a packet with chunks of these types comes through. */
async function says(
  side: 'client' | 'server',
  types: readonly number[],
  { tag, initTag = TAGS[side], flags = 0, length }: Odd = {},
): Promise<boolean> {
  const isClient = side === 'client';
  const chunks = types.flatMap((type) => {
    const chunk = new Uint8Array(type === 1 || type === 2 ? 20 : 8);
    chunk.set([type, flags, 0, length ?? chunk.length]);
    new DataView(chunk.buffer).setUint32(4, initTag);
    return [...chunk];
  });
  const frame = new Uint8Array(34 + 12 + chunks.length);
  const [to, from] = isClient
    ? [mac('02:00:00:00:01:01'), mac('02:00:00:00:01:02')]
    : [mac('02:00:00:00:00:01'), mac('02:00:00:00:12:64')];
  writeEthernet(frame, 0, to, from, 0x0800);
  const [source, destination] = [ipv4('10.244.1.2'), ipv4('172.18.0.100')];
  writeIpv4Header(frame, 14, {
    source: isClient ? source : destination,
    destination: isClient ? destination : source,
    protocol: 132,
    totalLength: frame.length - 14,
    tos: 0,
    ttl: 64,
    id: 1,
    fragment: 0,
  });
  const view = new DataView(frame.buffer);
  view.setUint16(34, isClient ? 4000 : 80);
  view.setUint16(36, isClient ? 80 : 4000);
  view.setUint32(38, tag ?? (types.includes(1) ? 0 : TAGS[isClient ? 'server' : 'client']));
  frame.set(chunks, 46);
  writeSctpChecksum(frame, 34, frame.length);
  world.send(isClient ? 'pod2' : 'eth0', frame);
  const left = await world.take();
  return left.some((each) => each.frame[12] === 8 && each.frame[13] === 0);
}

async function opens(): Promise<void> {
  expect(await says('client', [INIT])).toBe(true);
  expect(await says('server', [INIT_ACK])).toBe(true);
  expect(await says('client', [COOKIE_ECHO])).toBe(true);
  expect(await says('server', [COOKIE_ACK])).toBe(true);
}

async function told(): Promise<string> {
  const { stdout } = await runNodeCommand(['conntrack', '-L', '-p', 'sctp'], '', { ns: world.ns });
  return stdout.replace(/ src.*\n/, '');
}

const DATA = 0;
const INIT = 1;
const INIT_ACK = 2;
const HEARTBEAT = 4;
const HEARTBEAT_ACK = 5;
const ABORT = 6;
const SHUTDOWN = 7;
const SHUTDOWN_ACK = 8;
const ERROR = 9;
const COOKIE_ECHO = 10;
const COOKIE_ACK = 11;
const SHUTDOWN_COMPLETE = 14;

it('goes through the states of an association, each with its own time-out', async () => {
  const life = [
    ['client', INIT, '10 CLOSED'],
    ['server', INIT_ACK, '3 COOKIE_WAIT'],
    ['client', COOKIE_ECHO, '3 COOKIE_ECHOED'],
    ['server', COOKIE_ACK, '210 ESTABLISHED'],
    ['client', DATA, '210 ESTABLISHED'],
    ['client', SHUTDOWN, '3 SHUTDOWN_SENT'],
    ['server', SHUTDOWN_ACK, '3 SHUTDOWN_ACK_SENT'],
    ['client', SHUTDOWN_COMPLETE, '10 CLOSED'],
  ] as const;
  for (const [side, type, expected] of life) {
    expect(await says(side, [type])).toBe(true);
    expect(await told()).toBe(`sctp     132 ${expected}`);
  }
});

it('tells of an association as conntrack(8) does', async () => {
  await opens();
  const { stdout } = await runNodeCommand(['conntrack', '-L'], '', { ns: world.ns });
  expect(stdout).toBe(
    'sctp     132 210 ESTABLISHED src=10.244.1.2 dst=172.18.0.100 sport=4000 dport=80 ' +
      'src=172.18.0.100 dst=10.244.1.2 sport=80 dport=4000 [ASSURED] mark=0 use=1\n',
  );
});

it('has time-outs that sysctls set', async () => {
  world.ns.sysctl.set('net.netfilter.nf_conntrack_sctp_timeout_established', 77);
  await opens();
  expect(await told()).toBe('sctp     132 77 ESTABLISHED');
});

describe('a packet is INVALID', () => {
  it.each([
    ['with a tag that was not agreed on', [DATA], { tag: 5 }],
    ['with a cookie under another tag', [COOKIE_ECHO], { tag: 5 }],
    ['with an INIT that has a tag', [INIT], { tag: 5 }],
    ['with an ABORT under another tag', [ABORT], { tag: 5 }],
    ['with an ABORT whose tag is its receiver’s, if it says that it is its own', [ABORT], { flags: 1 }],
    ['without chunks', [], {}],
    ['with an INIT beside other chunks', [INIT, DATA], {}],
    ['with a cookie behind other chunks', [DATA, COOKIE_ECHO], {}],
    ['with a chunk of no length', [DATA], { length: 0 }],
  ] as const)('%s', async (_what, types, odd) => {
    await opens();
    expect(await says('client', types, odd)).toBe(false);
    expect(await told()).toBe('sctp     132 210 ESTABLISHED');
  });

  it.each([
    ['DATA', DATA],
    ['an INIT ACK', INIT_ACK],
    ['an ABORT', ABORT],
    ['a SHUTDOWN', SHUTDOWN],
    ['an ERROR', ERROR],
    ['a COOKIE ECHO', COOKIE_ECHO],
    ['a COOKIE ACK', COOKIE_ACK],
    ['a SHUTDOWN COMPLETE', SHUTDOWN_COMPLETE],
  ])('if it would begin with %s', async (_what, type) => {
    expect(await says('client', [type])).toBe(false);
    expect(await told()).toBe('');
  });
});

it('walks over chunks whose lengths leave the packet', async () => {
  await opens();
  expect(await says('client', [DATA, SHUTDOWN], { length: 200 })).toBe(true);
  expect(await told()).toBe('sctp     132 210 ESTABLISHED');
});

it('believes an ABORT with the tag of its receiver’s peer, if it says so', async () => {
  await opens();
  expect(await says('client', [ABORT], { flags: 1, tag: TAGS.client })).toBe(true);
  expect(await told()).toBe('sctp     132 10 CLOSED');
});

it('is not kept alive by an INIT that nobody answers', async () => {
  expect(await says('client', [INIT])).toBe(true);
  await world.clock.runUntil(() => false, 4000);
  expect(await says('client', [INIT])).toBe(true);
  expect(await told()).toBe('sctp     132 6 CLOSED');
});

it('picks up by a heartbeat, as on a second path of an association', async () => {
  expect(await says('client', [HEARTBEAT])).toBe(true);
  expect(await told()).toBe('sctp     132 30 HEARTBEAT_SENT');
  expect(await says('server', [HEARTBEAT_ACK])).toBe(true);
  expect(await told()).toBe('sctp     132 210 ESTABLISHED');
});

it('takes over new tags when a heartbeat with another one is answered', async () => {
  await opens();
  expect(await says('client', [HEARTBEAT], { tag: 0x99 })).toBe(true);
  expect(await says('server', [HEARTBEAT_ACK], { tag: 0x77 })).toBe(true);
  expect(await says('server', [DATA], { tag: 0x77 })).toBe(true);
  expect(await says('server', [DATA])).toBe(false);
});

it('keeps its tag when an INIT ACK asks for another', async () => {
  expect(await says('client', [INIT])).toBe(true);
  expect(await says('server', [INIT_ACK])).toBe(true);
  expect(await says('client', [INIT_ACK], { initTag: 0x99 })).toBe(false);
});
