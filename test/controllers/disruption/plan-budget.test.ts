import { expect, it } from 'vitest';
import { planBudget } from '../../../controllers/disruption/plan-budget.ts';

const NOW = Date.UTC(2026, 0, 1);
const pod = (name: string, ready = true) => ({
  metadata: { name },
  status: { phase: 'Running', conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] },
});
const four = [pod('a'), pod('b'), pod('c'), pod('d', false)];

it.each([
  [{ minAvailable: 2 }, 2, 1],
  [{ minAvailable: 3 }, 3, 0],
  [{ minAvailable: '50%' }, 2, 1],
  [{ minAvailable: '51%' }, 3, 0],
  [{ maxUnavailable: 1 }, 3, 0],
  [{ maxUnavailable: 2 }, 2, 1],
  [{ maxUnavailable: '100%' }, 0, 3],
])('%j wants %i healthy and allows %i', (spec, desiredHealthy, disruptionsAllowed) => {
  expect(planBudget({ metadata: {}, spec }, four, 4, NOW)).toMatchObject({
    currentHealthy: 3,
    desiredHealthy,
    disruptionsAllowed,
  });
});

it('counts a pod whose eviction was allowed as gone, for two minutes', () => {
  const at = (ms: number) => new Date(NOW - ms).toISOString();
  const status = { disruptedPods: { a: at(10_000), b: at(130_000), gone: at(1_000) } };
  const plan = planBudget({ metadata: {}, spec: { minAvailable: 1 }, status }, four, 4, NOW);
  expect(plan).toMatchObject({ currentHealthy: 2, disruptionsAllowed: 1, disruptedPods: { a: at(10_000) } });
});
