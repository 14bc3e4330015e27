import { describe, expect, it } from 'vitest';
import { podEndpoint } from '../../../controllers/endpoints/pod-endpoint.ts';
import type { Node, Pod, Service } from '../../../openapi/generated/types.ts';

const node: Node = { metadata: { name: 'node-1', labels: { 'topology.kubernetes.io/zone': 'east' } } };
const pod = (ready: boolean): Pod => ({
  metadata: { name: 'web', namespace: 'default', uid: '1' },
  spec: { nodeName: 'node-1', containers: [] },
  status: { podIP: '10.244.0.2', conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] },
});
const service = (trafficDistribution?: string): Service => ({
  metadata: { name: 'web', namespace: 'default' },
  spec: trafficDistribution ? { trafficDistribution } : {},
});

describe('hints', () => {
  it.each([
    [undefined, undefined],
    ['PreferClose', { forZones: [{ name: 'east' }] }],
    ['PreferSameZone', { forZones: [{ name: 'east' }] }],
    ['PreferSameNode', { forNodes: [{ name: 'node-1' }], forZones: [{ name: 'east' }] }],
  ])('of trafficDistribution %s', (distribution, hints) => {
    expect(podEndpoint(service(distribution), pod(true), '10.244.0.2', node).hints).toEqual(hints);
  });

  it('only for endpoints that are ready, and places that are known', () => {
    expect(podEndpoint(service('PreferClose'), pod(false), '10.244.0.2', node).hints).toBeUndefined();
    expect(podEndpoint(service('PreferClose'), pod(true), '10.244.0.2', undefined).hints).toBeUndefined();
  });
});
