import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { WorkQueue } from '../../client/work-queue.ts';
import { silentLogger } from '../../platform/logger.ts';
import { VirtualClock } from '../../platform/virtual-clock.ts';

function setUp(reconcile: (key: string) => Promise<{ requeueAfterMs: number } | undefined>, concurrency = 1) {
  const clock = new VirtualClock(0);
  const metrics = new Registry();
  const queue = new WorkQueue({ name: 'test', clock, logger: silentLogger, metrics, reconcile, concurrency });
  return { clock, metrics, queue };
}

describe('WorkQueue', () => {
  it('works a key off once however often it was added before', async () => {
    const seen: string[] = [];
    const { clock, queue } = setUp(async (key) => void seen.push(key) as undefined);
    for (const key of ['a', 'b', 'a', 'a']) queue.add(key);
    await clock.settle();
    expect(seen).toEqual(['a', 'b']);
  });

  it('never works on one key twice at a time, and again after it was added meanwhile', async () => {
    const log: string[] = [];
    let release: () => void = () => {};
    const { clock, queue } = setUp(async (key) => {
      log.push(`begin ${key}`);
      await new Promise<void>((resolve) => {
        release = resolve;
      });
      log.push(`end ${key}`);
      return undefined;
    }, 4);
    queue.add('a');
    await clock.settle();
    queue.add('a');
    await clock.settle();
    expect(log).toEqual(['begin a']);
    release();
    await clock.settle();
    expect(log).toEqual(['begin a', 'end a', 'begin a']);
    release();
    await clock.settle();
  });

  it('comes back after a growing delay when a reconcile fails', async () => {
    const times: number[] = [];
    const { clock, queue } = setUp(async () => {
      times.push(clock.now());
      if (times.length < 5) throw new Error('not yet');
      return undefined;
    });
    queue.add('a');
    await clock.run(1000);
    expect(times).toEqual([0, 5, 15, 35, 75]);
  });

  it('comes back when it was asked to, at the earliest time asked for', async () => {
    const times: number[] = [];
    const { clock, queue } = setUp(async () => {
      times.push(clock.now());
      return times.length === 1 ? { requeueAfterMs: 100 } : undefined;
    });
    queue.add('a');
    await clock.settle();
    queue.addAfter('a', 500);
    await clock.run(1000);
    expect(times).toEqual([0, 100]);
  });

  it('takes nothing more once it is stopped', async () => {
    const seen: string[] = [];
    const { clock, queue } = setUp(async (key) => void seen.push(key) as undefined);
    queue.addAfter('later', 10);
    await queue.stop();
    queue.add('a');
    await clock.run(100);
    expect(seen).toEqual([]);
  });

  it('counts under the names of client-go', async () => {
    const { clock, metrics, queue } = setUp(async () => {
      throw new Error('always');
    });
    queue.add('a');
    await clock.run(6);
    const text = await metrics.metrics();
    expect(text).toContain('workqueue_adds_total{name="test"} 2');
    expect(text).toContain('workqueue_retries_total{name="test"} 2');
    await queue.stop();
  });
});
