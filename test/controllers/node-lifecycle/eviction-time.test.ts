import { describe, expect, it } from 'vitest';
import { evictionTime } from '../../../controllers/node-lifecycle/eviction-time.ts';
import {
  healthTaints,
  nodeHealth,
  UNREACHABLE,
  unknownConditions,
} from '../../../controllers/node-lifecycle/node-health.ts';
import type { Pod, Toleration } from '../../../openapi/generated/types.ts';
import { node, pod } from '../pods.ts';

const SINCE = '2026-01-01T00:00:00Z';
const at = Date.parse(SINCE);
const dead = node('n', { spec: { taints: [{ key: UNREACHABLE, effect: 'NoExecute', timeAdded: SINCE }] } });
const tolerating = (...tolerations: Toleration[]): Pod => ({
  ...pod('p'),
  spec: { containers: [], tolerations },
});

describe('evictionTime', () => {
  it('is at once without a toleration', () => expect(evictionTime(tolerating(), dead)).toBe(at));

  it('is after the shortest toleration that has an end', () => {
    const two = tolerating(
      { key: UNREACHABLE, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 },
      { operator: 'Exists', tolerationSeconds: 60 },
    );
    expect(evictionTime(two, dead)).toBe(at + 60_000);
  });

  it('is never with an endless toleration or without such a taint', () => {
    expect(evictionTime(tolerating({ operator: 'Exists' }), dead)).toBeUndefined();
    expect(evictionTime(tolerating(), node('fine'))).toBeUndefined();
  });
});

describe('node health', () => {
  const alive = node('n');

  it('is what the kubelet said, until it is silent for too long', () => {
    expect(nodeHealth(alive, at, 40_000, at + 40_000)).toBe('Ready');
    expect(nodeHealth(alive, at, 40_000, at + 40_001)).toBe('Unknown');
  });

  it('turns all conditions unknown and taints, once', () => {
    const conditions = unknownConditions(alive, at);
    expect(conditions).toMatchObject([{ type: 'Ready', status: 'Unknown', reason: 'NodeStatusUnknown' }]);
    const taints = healthTaints(alive, 'Unknown', at);
    expect(taints.map(({ key, effect }) => [key, effect])).toEqual([
      [UNREACHABLE, 'NoSchedule'],
      [UNREACHABLE, 'NoExecute'],
    ]);
    const tainted = node('n', { spec: { taints } });
    expect(healthTaints(tainted, 'Unknown', at + 5000)).toEqual(taints);
    expect(healthTaints(tainted, 'Ready', at + 5000)).toEqual([]);
  });

  it('leaves the taints of others alone', () => {
    const own = { key: 'dedicated', value: 'x', effect: 'NoSchedule' };
    expect(healthTaints(node('n', { spec: { taints: [own] } }), 'Ready', at)).toEqual([own]);
  });
});
