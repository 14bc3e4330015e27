import { describe, expect, it } from 'vitest';
import { ApiHarness } from './api-harness.ts';

const EVENTS = '/api/v1/namespaces/default/events';
const NEW_EVENTS = '/apis/events.k8s.io/v1/namespaces/default/events';
const autoscalers = (version: string) =>
  `/apis/autoscaling/${version}/namespaces/default/horizontalpodautoscalers`;

describe('a resource that is served in two versions', () => {
  it('shows an Event of events.k8s.io as a core one, and back', async () => {
    const api = await ApiHarness.start();
    await api.ok('POST', NEW_EVENTS, {
      metadata: { name: 'e' },
      eventTime: '2026-01-02T03:04:05.000001Z',
      reportingController: 'example.com/tester',
      reportingInstance: 'tester-1',
      action: 'Looking',
      reason: 'Seen',
      regarding: { kind: 'Pod', namespace: 'default', name: 'web' },
      note: 'all is well',
      type: 'Normal',
    });
    const old = await api.ok('GET', `${EVENTS}/e`);
    expect(old).toMatchObject({
      apiVersion: 'v1',
      involvedObject: { kind: 'Pod', name: 'web' },
      message: 'all is well',
      reportingComponent: 'example.com/tester',
    });
    const again = await api.ok('GET', `${NEW_EVENTS}/e`);
    expect(again).toMatchObject({
      apiVersion: 'events.k8s.io/v1',
      note: 'all is well',
      metadata: { resourceVersion: old.metadata.resourceVersion },
    });
  });

  it('keeps what v1 of an autoscaler cannot say', async () => {
    const api = await ApiHarness.start();
    const memory = {
      type: 'Resource',
      resource: { name: 'memory', target: { type: 'AverageValue', averageValue: '1Gi' } },
    };
    await api.ok('POST', autoscalers('v2'), {
      metadata: { name: 'web' },
      spec: { scaleTargetRef: { kind: 'Deployment', name: 'web' }, maxReplicas: 5, metrics: [memory] },
    });
    const v1 = await api.ok('GET', `${autoscalers('v1')}/web`);
    expect(v1).toMatchObject({ apiVersion: 'autoscaling/v1', spec: { maxReplicas: 5 } });
    const changed = { ...v1, spec: { ...(v1.spec as object), targetCPUUtilizationPercentage: 70 } };
    await api.ok('PUT', `${autoscalers('v1')}/web`, changed);
    const v2 = await api.ok('GET', `${autoscalers('v2')}/web`);
    expect(v2.spec).toMatchObject({
      metrics: [memory, { resource: { name: 'cpu', target: { averageUtilization: 70 } } }],
    });
    expect(v2.metadata.annotations).toBeUndefined();
    const watch = await api.watch(
      `${autoscalers('v1')}?watch=1&resourceVersion=${v1.metadata.resourceVersion}`,
    );
    expect((await watch.first(1))[0]).toMatchObject({
      type: 'MODIFIED',
      object: { apiVersion: 'autoscaling/v1', spec: { targetCPUUtilizationPercentage: 70 } },
    });
    watch.stop();
  });
});
