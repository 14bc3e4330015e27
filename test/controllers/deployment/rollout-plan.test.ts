import { describe, expect, it } from 'vitest';
import { deploymentStatus, isComplete } from '../../../controllers/deployment/deployment-status.ts';
import { planRollout, rolloutBounds } from '../../../controllers/deployment/rollout-plan.ts';
import type { Deployment, ReplicaSet } from '../../../openapi/generated/types.ts';

function deployment(replicas: number, strategy: object = {}): Deployment {
  return {
    metadata: { name: 'web', generation: 1 },
    spec: { replicas, strategy: { type: 'RollingUpdate', ...strategy } },
  };
}

function replicaSet(name: string, replicas: number, available = replicas): ReplicaSet {
  const status = { replicas, readyReplicas: available, availableReplicas: available };
  return { metadata: { name, creationTimestamp: '2026-01-01T00:00:00Z' }, spec: { replicas }, status };
}

describe('rolloutBounds', () => {
  it.each([
    [4, {}, { maxSurge: 1, maxUnavailable: 1 }],
    [3, {}, { maxSurge: 1, maxUnavailable: 0 }],
    [10, { maxSurge: 3, maxUnavailable: '0%' }, { maxSurge: 3, maxUnavailable: 0 }],
    [1, { maxSurge: 0, maxUnavailable: '0%' }, { maxSurge: 0, maxUnavailable: 1 }],
  ])('of %i replicas with %j', (replicas, rollingUpdate, expected) => {
    expect(rolloutBounds(deployment(replicas, { rollingUpdate }))).toEqual(expected);
  });
});

describe('planRollout', () => {
  it('reaches the new template without ever leaving the bounds', () => {
    const wanted = deployment(10);
    const { maxSurge, maxUnavailable } = rolloutBounds(wanted);
    const newest = replicaSet('new', 0);
    const old = replicaSet('old', 10);
    for (let step = 0; step < 100 && (newest.spec!.replicas !== 10 || old.spec!.replicas !== 0); step++) {
      for (const { replicaSet: set, replicas } of planRollout(wanted, newest, [old]))
        set.spec!.replicas = replicas;
      const total = newest.spec!.replicas! + old.spec!.replicas!;
      expect(total).toBeLessThanOrEqual(10 + maxSurge);
      // Old pods end at once; of the new ones one becomes available a step.
      old.status!.availableReplicas = old.spec!.replicas!;
      newest.status!.availableReplicas = Math.min(
        newest.spec!.replicas!,
        newest.status!.availableReplicas! + 1,
      );
      const available = newest.status!.availableReplicas! + old.status!.availableReplicas!;
      expect(available).toBeGreaterThanOrEqual(10 - maxUnavailable);
    }
    expect([newest.spec!.replicas, old.spec!.replicas]).toEqual([10, 0]);
  });

  it('takes pods that do not serve away first', () => {
    const plan = planRollout(deployment(4), replicaSet('new', 1, 0), [
      replicaSet('bad', 1, 0),
      replicaSet('good', 3),
    ]);
    expect(plan.map(({ replicaSet: { metadata }, replicas }) => [metadata.name, replicas])).toEqual([
      ['bad', 0],
    ]);
  });

  it('ends all old pods before the first new one with Recreate', () => {
    const recreate = deployment(2, { type: 'Recreate' });
    const newest = replicaSet('new', 0);
    expect(planRollout(recreate, newest, [replicaSet('old', 2)])).toMatchObject([{ replicas: 0 }]);
    const stopping = { ...replicaSet('old', 2), spec: { replicas: 0 } };
    expect(planRollout(recreate, newest, [stopping])).toEqual([]);
    expect(planRollout(recreate, newest, [replicaSet('old', 0)])).toMatchObject([{ replicas: 2 }]);
  });

  it('rolls nothing out while paused, but follows the number of replicas', () => {
    const paused = deployment(5);
    paused.spec!.paused = true;
    expect(planRollout(paused, replicaSet('new', 1), [replicaSet('old', 3)])).toMatchObject([
      { replicas: 2 },
    ]);
  });
});

describe('deploymentStatus', () => {
  it('is complete only when all pods are new and available', () => {
    const wanted = deployment(2);
    const now = Date.parse('2026-01-01T00:00:10Z');
    const half = deploymentStatus(wanted, replicaSet('new', 2, 1), [replicaSet('new', 2, 1)], now);
    expect(isComplete(wanted, half)).toBe(false);
    expect(half.conditions!.find(({ type }) => type === 'Progressing')).toMatchObject({
      reason: 'ReplicaSetUpdated',
    });
    const whole = deploymentStatus(wanted, replicaSet('new', 2), [replicaSet('new', 2)], now);
    expect(isComplete(wanted, whole)).toBe(true);
    expect(whole.conditions!.map(({ reason }) => reason)).toEqual([
      'MinimumReplicasAvailable',
      'NewReplicaSetAvailable',
    ]);
  });

  it('gives up waiting at the deadline', () => {
    const wanted = deployment(1);
    const stuck = replicaSet('new', 1, 0);
    const start = Date.parse('2026-01-01T00:00:00Z');
    const first = deploymentStatus(wanted, stuck, [stuck], start);
    const later = deploymentStatus({ ...wanted, status: first }, stuck, [stuck], start + 601_000);
    expect(later.conditions!.find(({ type }) => type === 'Progressing')).toMatchObject({
      status: 'False',
      reason: 'ProgressDeadlineExceeded',
    });
  });
});
