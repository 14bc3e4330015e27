import { afterEach, expect, it } from 'vitest';
import { FlowWorld, frameOf, replyTo } from '../flow/flow-world.ts';

let world: FlowWorld;
afterEach(() => world.ns.delete());

const SERVER = '172.18.0.100';
const [SYN, RST, ACK] = [2, 4, 16];

const open = (match: string): void => {
  world = new FlowWorld({
    rules: `*filter\n-A FORWARD -p tcp --syn -m connlimit ${match} -j DROP\nCOMMIT\n`,
  });
};

function segment(sourcePort: number, flags: number, source = '10.244.1.2'): Uint8Array {
  const ends = { source, destination: SERVER, sourcePort, destinationPort: 80 };
  const port = source === '10.244.1.2' ? 'pod2' : 'pod3';
  return frameOf(port, { ...ends, protocol: 'tcp', flags, ttl: 64, payload: 0, dontFragment: true });
}

/** A connection's first segment, if it came through. */
async function passed(sourcePort: number, source = '10.244.1.2'): Promise<Uint8Array | undefined> {
  world.send(source === '10.244.1.2' ? 'pod2' : 'pod3', segment(sourcePort, SYN, source));
  const left = await world.take();
  return left.find(({ port, frame }) => port === 'eth0' && frame[12] === 8 && frame[13] === 0)?.frame;
}

const opens = async (sourcePort: number, source?: string): Promise<boolean> =>
  (await passed(sourcePort, source)) !== undefined;

it('lets no more connections of an address through than the limit', async () => {
  open('--connlimit-above 2');
  expect([await opens(1001), await opens(1002), await opens(1003)]).toEqual([true, true, false]);
  // What was let through may come again.
  expect(await opens(1001)).toBe(true);
  expect(await opens(1001, '10.244.1.3')).toBe(true);
});

it('counts whole networks together', async () => {
  open('--connlimit-above 2 --connlimit-mask 24');
  expect([await opens(1001), await opens(1001, '10.244.1.3'), await opens(1002)]).toEqual([
    true,
    true,
    false,
  ]);
});

it('forgets connections that were closed', async () => {
  open('--connlimit-above 1');
  const syn = await passed(1001);
  expect(await opens(1002)).toBe(false);
  const numbers = { sequence: 0, acknowledgment: 2, window: 0, options: new Uint8Array() };
  world.send('eth0', replyTo(syn!, { flags: RST | ACK, payload: 0, ttl: 64, numbers })!);
  await world.take();
  expect(await opens(1002)).toBe(true);
});

it('forgets connections that have expired', async () => {
  open('--connlimit-above 1');
  expect(await opens(1001)).toBe(true);
  await world.clock.runUntil(() => false, 121_000);
  expect(await opens(1002)).toBe(true);
});

it('asks for every packet of an established connection', async () => {
  world = new FlowWorld({
    rules: '*filter\n-A FORWARD -m connlimit --connlimit-above 1 --connlimit-mask 0\nCOMMIT\n',
  });
  const datagram = (sourcePort: number) =>
    frameOf('pod2', {
      ...{ protocol: 'udp', source: '10.244.1.2', destination: SERVER, sourcePort, destinationPort: 53 },
      ...{ flags: 0, ttl: 64, payload: 4, dontFragment: true },
    });
  const counted = async (sourcePort: number): Promise<string | undefined> => {
    world.send('pod2', datagram(sourcePort));
    await world.take();
    return /\[(\d+):\d+\] -A FORWARD/.exec(world.ns.iptables.save({ counters: true }))?.[1];
  };
  for (let i = 0; i < 4; i++) expect(await counted(1001)).toBe('0');
  expect(await counted(1002)).toBe('1');
  expect(await counted(1001)).toBe('2');
});
