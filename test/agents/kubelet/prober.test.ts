import { expect, it } from 'vitest';
import { Prober } from '../../../agents/kubelet/prober.ts';
import type { Probe } from '../../../openapi/generated/types.ts';
import { VirtualClock } from '../../../platform/virtual-clock.ts';

/** Runs a probe whose attempts go as `results` say; the last goes on for ever. */
function build(probe: Probe, results: readonly boolean[]) {
  const clock = new VirtualClock();
  const start = clock.now();
  const attempts: number[] = [];
  const changes: [number, boolean][] = [];
  const failures: string[] = [];
  const seconds = (): number => (clock.now() - start) / 1000;
  const prober = new Prober({
    clock,
    probe,
    attempt: async () => {
      attempts.push(seconds());
      const ok = results[Math.min(attempts.length, results.length) - 1]!;
      return ok ? { ok } : { ok, message: `attempt ${attempts.length}` };
    },
    onChange: (healthy) => changes.push([seconds(), healthy]),
    onFailure: (message) => failures.push(message),
  });
  return { clock, attempts, changes, failures, prober };
}

it('waits at first, then keeps its period', async () => {
  const { clock, attempts, changes } = build({ initialDelaySeconds: 3, periodSeconds: 2 }, [true]);
  await clock.run(8_000);
  expect(attempts).toEqual([3, 5, 7]);
  expect(changes).toEqual([[3, true]]);
});

it('takes Kubernetes’ defaults: every 10 s, three failures', async () => {
  const { clock, attempts, changes, failures } = build({}, [false]);
  await clock.run(45_000);
  expect(attempts).toEqual([0, 10, 20, 30, 40]);
  expect(changes).toEqual([[20, false]]);
  expect(failures.slice(0, 2)).toEqual(['attempt 1', 'attempt 2']);
});

it('counts runs: one success between failures starts them anew', async () => {
  const probe = { periodSeconds: 1, failureThreshold: 2, successThreshold: 2 };
  const { clock, changes } = build(probe, [true, true, false, true, false, false, true, false, true, true]);
  await clock.run(20_000);
  expect(changes).toEqual([
    [1, true],
    [5, false],
    [9, true],
  ]);
});

it('stops, even while an attempt is under way', async () => {
  const { clock, attempts, changes, prober } = build({ periodSeconds: 1 }, [true]);
  await clock.run(0);
  prober.stop();
  await clock.run(10_000);
  expect(attempts).toEqual([0]);
  expect(changes.length).toBeLessThanOrEqual(1);
});
