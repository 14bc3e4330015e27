import { expect, it } from 'vitest';
import { Deadlines } from '../../../apiserver/flow-control/deadlines.ts';
import { VirtualClock } from '../../../platform/virtual-clock.ts';

it('answers for work that takes too long, and only then', async () => {
  const clock = new VirtualClock();
  const deadlines = new Deadlines(clock);
  const never = new Promise<string>(() => {});
  const slow = deadlines.within(1000, never, () => 'late');
  const quick = deadlines.within(1000, Promise.resolve('done'), () => 'late');
  await expect(quick).resolves.toBe('done');
  await clock.run(1500);
  await expect(slow).resolves.toBe('late');
  const failing = deadlines.within(1000, Promise.reject(new Error('broken')), () => 'late');
  await expect(failing).rejects.toThrow('broken');
  deadlines.close();
});
