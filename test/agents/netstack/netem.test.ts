import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runNodeCommand } from '../../../agents/shell/run-node-command.ts';
import { FlowWorld, frameOf } from './flow/flow-world.ts';
import { get, serve } from './get.ts';
import { TwoNodes } from './two-nodes.ts';

const COUNT = 2000;

describe('netem', () => {
  let world: FlowWorld;
  const run = async (line: string): Promise<string> => {
    const { stdout, stderr } = await runNodeCommand(line.split(' '), '', { ns: world.ns });
    return stdout + stderr;
  };
  /** Frames numbered by their payload's length go from outside to a pod; what arrives, with when. */
  async function arrivals(count: number): Promise<{ length: number; at: number; frame: Uint8Array }[]> {
    const { clock, ns } = world;
    const seen: { length: number; at: number; frame: Uint8Array }[] = [];
    const device = world.devices.pod3;
    const start = clock.now();
    const shape = { protocol: 'udp', flags: 0, ttl: 64, dontFragment: false, sourcePort: 1 } as const;
    const ends = { source: '172.18.0.100', destination: '10.244.1.3', destinationPort: 2 };
    for (let i = 0; i < count; i++) {
      world.send('eth0', frameOf('eth0', { ...shape, ...ends, payload: i % 1000 }));
    }
    for (let ms = 0; ms < 3000; ms += 10) {
      for (const { port, frame } of await world.take())
        if (port === 'pod3' && frame[13] === 0)
          seen.push({ length: frame.length - 42, at: clock.now() - start, frame });
      await clock.runUntil(() => false, 10);
    }
    expect(device.up && ns.drops.get('DEV_READY') === 0).toBe(true);
    return seen;
  }

  beforeEach(async () => {
    world = new FlowWorld({ rules: '' });
    await arrivals(1);
  });
  afterEach(() => world.ns.delete());

  it('delays, and with jitter changes the order', async () => {
    await run('tc qdisc add dev pod3 root netem delay 100ms 50ms limit 5000');
    const seen = await arrivals(200);
    expect(seen).toHaveLength(200);
    for (const { at } of seen) expect(at).toBeGreaterThanOrEqual(50);
    for (const { at } of seen) expect(at).toBeLessThanOrEqual(160);
    expect(seen.map(({ length }) => length)).not.toEqual(seen.map((_, i) => i));
  });

  it('loses and doubles its share', async () => {
    await run('tc qdisc add dev pod3 root netem loss 10% limit 5000');
    const left = (await arrivals(COUNT)).length;
    expect(left).toBeGreaterThan(COUNT * 0.86);
    expect(left).toBeLessThan(COUNT * 0.94);
    expect(world.ns.drops.get('QDISC_DROP')).toBe(COUNT - left);
    await run('tc qdisc replace dev pod3 root netem duplicate 20% limit 5000');
    expect((await arrivals(COUNT)).length).toBeGreaterThan(COUNT * 1.15);
  });

  it('lets some overtake', async () => {
    await run('tc qdisc add dev pod3 root netem delay 100ms reorder 25% limit 5000');
    const early = (await arrivals(COUNT)).filter(({ at }) => at < 50);
    expect(early.length).toBeGreaterThan(COUNT * 0.2);
    expect(early.length).toBeLessThan(COUNT * 0.3);
  });

  it('is as fast as it is said to be', async () => {
    await run('tc qdisc add dev pod3 root netem rate 1mbit limit 5000');
    const seen = await arrivals(400);
    const bits = seen.reduce((sum, { length }) => sum + (length + 42) * 8, 0);
    expect(seen.at(-1)!.at).toBeGreaterThanOrEqual(bits / 1000 - 10);
    expect(seen.at(-1)!.at).toBeLessThanOrEqual(bits / 1000 + 20);
  });

  it('damages bits, and drops what does not fit its queue', async () => {
    await run('tc qdisc add dev pod3 root netem corrupt 100%');
    const clean = frameOf('eth0', {
      protocol: 'udp',
      flags: 0,
      ttl: 63,
      dontFragment: false,
      sourcePort: 1,
      source: '172.18.0.100',
      destination: '10.244.1.3',
      destinationPort: 2,
      payload: 0,
    });
    const [damaged] = await arrivals(1);
    expect(Buffer.from(damaged?.frame.subarray(14) ?? []).equals(clean.subarray(14))).toBe(false);
    await run('tc qdisc replace dev pod3 root netem delay 10ms limit 10');
    expect(await arrivals(50)).toHaveLength(10);
  });

  it('is shown as tc shows it, and goes', async () => {
    await run(
      'tc qdisc add dev pod3 root netem delay 100ms 10ms loss 1% duplicate 0.5% reorder 25% rate 2mbit',
    );
    expect(await run('tc qdisc show dev pod3')).toBe(
      'qdisc netem 8001: dev pod3 root refcnt 2 limit 1000 delay 100ms  10ms loss 1% duplicate 0.5% reorder 25% rate 2Mbit\n',
    );
    expect(await run('tc qdisc add dev pod3 root netem loss 1%')).toContain('Exclusivity flag on');
    await run('tc qdisc del dev pod3 root');
    expect(await run('tc qdisc show dev pod3')).toContain('noqueue');
    for (const [line, reason] of [
      ['tc qdisc del dev pod3 root', 'Cannot delete'],
      ['tc qdisc add dev none root netem loss 1%', 'Cannot find device'],
      ['tc qdisc add dev pod3 root netem loss 200%', 'not a percentage'],
      ['tc qdisc add dev pod3 root netem delay soon', 'latency'],
      ['tc qdisc add dev pod3 root netem reorder 5%', 'without specifying some delay'],
      ['tc qdisc add dev pod3 root tbf rate 1mbit', 'Unknown qdisc'],
    ] as const)
      expect(await run(line)).toContain(reason);
  });
});

it('TCP gets through a bad tunnel', async () => {
  const lab = new TwoNodes();
  const [client, server] = [lab.pod(1, 2).ns, lab.pod(2, 2).ns];
  serve(server, 8080, 'p22');
  for (const { ns } of lab.nodes) {
    const line = 'tc qdisc add dev eth0 root netem delay 40ms 30ms loss 10% duplicate 5% reorder 10%';
    expect((await runNodeCommand(line.split(' '), '', { ns })).exitCode).toBe(0);
  }
  for (let i = 0; i < 5; i++) expect(await get(lab, client, '10.244.2.2', 8080)).toBe('p22 saw 10.244.1.2');
});
