import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Anything, ApiHarness } from './api-harness.ts';
import { PODS, pod } from './objects.ts';

const BUDGETS = '/apis/policy/v1/namespaces/default/poddisruptionbudgets';
let api: ApiHarness;

beforeEach(async () => {
  api = await ApiHarness.start();
  for (const name of ['a', 'b']) {
    const made = (await api.ok('POST', PODS, pod(name, { node: 'node-1' }))) as Anything;
    made.metadata.labels = { app: 'web' };
    const labelled = await api.ok('PUT', `${PODS}/${name}`, made);
    const status = { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] };
    await api.ok('PUT', `${PODS}/${name}/status`, { ...labelled, status });
  }
});
afterEach(() => api.close());

const evict = (name: string) => api.call('POST', `${PODS}/${name}/eviction`, { metadata: { name } });

async function budget(status: object): Promise<void> {
  const spec = { minAvailable: 1, selector: { matchLabels: { app: 'web' } } };
  const made = await api.ok('POST', BUDGETS, { metadata: { name: 'web' }, spec });
  await api.ok('PUT', `${BUDGETS}/web/status`, { ...made, status });
}

it('spends the budget, and is refused when that is used up', async () => {
  await budget({ observedGeneration: 1, disruptionsAllowed: 1, currentHealthy: 2, desiredHealthy: 1 });
  expect((await evict('a')).status).toBe(201);
  expect((await api.ok('GET', `${BUDGETS}/web`)).status).toMatchObject({
    disruptionsAllowed: 0,
    disruptedPods: { a: expect.any(String) },
  });
  const refused = await evict('b');
  expect(refused.status).toBe(429);
  expect(refused.body).toMatchObject({
    reason: 'TooManyRequests',
    message: "Cannot evict pod as it would violate the pod's disruption budget.",
    details: {
      causes: [
        {
          reason: 'DisruptionBudget',
          message: 'The disruption budget web needs 1 healthy pods and has 2 currently',
        },
      ],
    },
  });
});

it('waits for a budget that nobody has looked at yet', async () => {
  await budget({ observedGeneration: 0, disruptionsAllowed: 1 });
  const refused = await evict('a');
  expect([refused.status, refused.headers['retry-after']]).toEqual([429, '10']);
});

it('lets go of what does not run, and of what no budget speaks of', async () => {
  await budget({ observedGeneration: 1, disruptionsAllowed: 0 });
  await api.ok('POST', PODS, pod('free', { node: 'node-1' }));
  expect((await evict('free')).status).toBe(201);
});
