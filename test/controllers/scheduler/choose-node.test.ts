import { describe, expect, it } from 'vitest';
import { chooseNode } from '../../../controllers/scheduler/choose-node.ts';
import { quantity } from '../../../controllers/scheduler/resource-amounts.ts';
import type { Pod } from '../../../openapi/generated/types.ts';
import { node, pod } from '../pods.ts';

const NODES = [node('node-1'), node('node-2'), node('node-3')];
const unbound = (spec: Pod['spec'] = {}, owner = 'rs'): Pod => {
  const template = pod('new', { owner });
  return { ...template, spec: { containers: [{ name: 'main' }], ...spec } };
};
const on = (placed: Readonly<Record<string, readonly Pod[]>>) => (name: string) => placed[name] ?? [];

describe('chooseNode', () => {
  it('keeps the pods of one controller apart', () => {
    const placed = on({ 'node-1': [pod('a', { owner: 'rs' })], 'node-2': [pod('b', { owner: 'rs' })] });
    expect(chooseNode(unbound(), NODES, placed)).toEqual({ kind: 'node', name: 'node-3' });
  });

  it('prefers the emptier node among equals', () => {
    const placed = on({ 'node-1': [pod('x', { owner: 'other' })] });
    expect(chooseNode(unbound(), NODES, placed)).toEqual({ kind: 'node', name: 'node-2' });
  });

  it('respects nodeSelector and affinity', () => {
    const selected = unbound({ nodeSelector: { 'kubernetes.io/hostname': 'node-3' } });
    expect(chooseNode(selected, NODES, on({}))).toEqual({ kind: 'node', name: 'node-3' });
    const pinned = unbound({
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [
              { matchFields: [{ key: 'metadata.name', operator: 'In', values: ['node-2'] }] },
            ],
          },
        },
      },
    });
    expect(chooseNode(pinned, NODES, on({}))).toEqual({ kind: 'node', name: 'node-2' });
  });

  it('says why no node fits, as the Kubernetes scheduler does', () => {
    const tainted = node('node-1', { spec: { taints: [{ key: 'k', value: 'v', effect: 'NoSchedule' }] } });
    const cordoned = node('node-2', { spec: { unschedulable: true } });
    expect(chooseNode(unbound(), [tainted, cordoned], on({}))).toEqual({
      kind: 'none',
      message:
        '0/2 nodes are available: 1 node(s) had untolerated taint {k: v}, 1 node(s) were unschedulable.',
    });
    expect(chooseNode(unbound(), [], on({}))).toEqual({
      kind: 'none',
      message: 'no nodes available to schedule pods',
    });
  });

  it('counts what pods ask for', () => {
    const greedy = unbound({ containers: [{ name: 'main', resources: { requests: { cpu: '5' } } }] });
    const busy = { ...pod('a'), spec: { nodeName: 'node-1', containers: greedy.spec!.containers! } };
    expect(chooseNode(greedy, NODES.slice(0, 1), on({ 'node-1': [busy] }))).toEqual({
      kind: 'none',
      message: '0/1 nodes are available: 1 Insufficient cpu.',
    });
  });
});

it.each([
  ['100m', 0.1],
  ['2', 2],
  ['1Gi', 2 ** 30],
  ['1e3', 1000],
  ['nonsense', 0],
])('reads quantity %s', (text, value) => expect(quantity(text)).toBeCloseTo(value));
