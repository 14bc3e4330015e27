import { describe, expect, it } from 'vitest';
import { sleep } from '../../platform/clock.ts';
import { VirtualClock } from '../../platform/virtual-clock.ts';

describe('VirtualClock', () => {
  it('fires timers by time and, within an instant, in the order they were set', async () => {
    const clock = new VirtualClock(0);
    const seen: string[] = [];
    clock.setTimeout(() => seen.push('late'), 20);
    clock.setTimeout(() => seen.push('first'), 10);
    clock.setTimeout(() => seen.push('second'), 10);
    await clock.run(15);
    expect(seen).toEqual(['first', 'second']);
    expect(clock.now()).toBe(15);
    await clock.run(5);
    expect(seen).toEqual(['first', 'second', 'late']);
  });

  it('never fires a timer that was cleared', async () => {
    const clock = new VirtualClock(0);
    let fired = false;
    const timer = clock.setTimeout(() => {
      fired = true;
    }, 1);
    clock.clearTimeout(timer);
    await clock.run(10);
    expect(fired).toBe(false);
  });

  it('lets promises run between two instants', async () => {
    const clock = new VirtualClock(0);
    const times: number[] = [];
    const work = async () => {
      for (const pause of [10, 10, 10]) {
        await sleep(clock, pause);
        times.push(clock.now());
      }
    };
    await clock.drive(work(), 100);
    expect(times).toEqual([10, 20, 30]);
  });

  it('keeps order over many timers set at random', async () => {
    const clock = new VirtualClock(0);
    const fired: number[] = [];
    const delays = Array.from({ length: 500 }, (_, index) => (index * 7919) % 499);
    for (const delay of delays) clock.setTimeout(() => fired.push(delay), delay);
    await clock.run(1000);
    expect(fired).toEqual([...delays].sort((a, b) => a - b));
  });

  it('rejects when a promise does not settle in time', async () => {
    const clock = new VirtualClock(0);
    await expect(clock.drive(new Promise(() => {}), 50)).rejects.toThrow('still waiting after 50 ms');
  });
});
