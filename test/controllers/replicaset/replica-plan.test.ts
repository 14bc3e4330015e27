import { describe, expect, it } from 'vitest';
import { planReplicas, replicaSetStatus } from '../../../controllers/replicaset/replica-plan.ts';
import type { ReplicaSet } from '../../../openapi/generated/types.ts';
import { pod } from '../pods.ts';

const wanting = (replicas: number): ReplicaSet => ({ metadata: { name: 'web' }, spec: { replicas } });

describe('planReplicas', () => {
  it('creates what is missing and does not count pods that are going', () => {
    const pods = [pod('a'), pod('b', { deleting: true })];
    expect(planReplicas(wanting(3), pods)).toEqual({ create: 2, remove: [] });
  });

  it('takes away the pods that serve least', () => {
    const waiting = { ...pod('waiting'), spec: { containers: [] } };
    const pods = [pod('ready'), pod('unready', { ready: false }), waiting];
    const { remove } = planReplicas(wanting(1), pods);
    expect(remove.map(({ metadata }) => metadata.name)).toEqual(['waiting', 'unready']);
  });

  it('does nothing while it is being deleted', () => {
    const going = { ...wanting(3), metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' } };
    expect(planReplicas(going, [])).toEqual({ create: 0, remove: [] });
  });
});

it('counts ready pods, and as available those that have been for long enough', () => {
  const set = { ...wanting(2), spec: { replicas: 2, minReadySeconds: 10 } };
  const now = Date.parse('2026-01-01T00:00:05Z');
  const pods = [pod('a'), pod('b', { ready: false })];
  expect(replicaSetStatus(set, pods, now)).toMatchObject({
    replicas: 2,
    readyReplicas: 1,
    availableReplicas: 0,
  });
  expect(replicaSetStatus(set, pods, now + 5000)).toMatchObject({ availableReplicas: 1 });
});
