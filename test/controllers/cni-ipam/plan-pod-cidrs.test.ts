import { describe, expect, it } from 'vitest';
import { planPodCidrs } from '../../../controllers/cni-ipam/plan-pod-cidrs.ts';
import { node } from '../pods.ts';

const OPTIONS = { clusterCidr: '10.244.0.0/16', nodeMask: 24 };
const with_ = (name: string, podCIDR: string) => node(name, { spec: { podCIDR } });

describe('planPodCidrs', () => {
  it('gives each node the lowest share that is free', () => {
    const plan = planPodCidrs([with_('a', '10.244.1.0/24'), node('b'), node('c')], OPTIONS);
    expect([...plan.assign]).toEqual([
      ['b', '10.244.0.0/24'],
      ['c', '10.244.2.0/24'],
    ]);
  });

  it('never gives away a part of a share of another size', () => {
    const plan = planPodCidrs([with_('big', '10.244.0.0/22'), node('b')], OPTIONS);
    expect(plan.assign.get('b')).toBe('10.244.4.0/24');
  });

  it('says for whom nothing is left', () => {
    const tiny = { clusterCidr: '10.244.0.0/23', nodeMask: 24 };
    const plan = planPodCidrs([node('a'), node('b'), node('c')], tiny);
    expect(plan.assign.size).toBe(2);
    expect(plan.exhausted).toEqual(['c']);
  });

  it('finds shares that overlap or are foreign', () => {
    const plan = planPodCidrs(
      [with_('a', '10.244.0.0/24'), with_('b', '10.244.0.0/25'), with_('c', '10.1.0.0/24')],
      OPTIONS,
    );
    expect(plan.faults.map(({ node: name, problem }) => [name, problem])).toEqual([
      ['b', 'overlaps with node a'],
      ['c', 'is outside 10.244.0.0/16'],
    ]);
  });
});
