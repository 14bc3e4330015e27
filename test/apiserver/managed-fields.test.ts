import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Anything, ApiHarness } from './api-harness.ts';
import { CONFIG_MAPS, configMap, DEPLOYMENTS, deployment, PODS, pod, SERVICES } from './objects.ts';

let api: ApiHarness;
const KUBECTL = { userAgent: 'kubectl/v1.33.0 (linux/amd64) kubernetes/abc' };
const MERGE = { contentType: 'application/merge-patch+json' };

beforeEach(async () => {
  api = await ApiHarness.start();
});
afterEach(() => api.close());

/** `manager operation subresource`, in the order they are listed. */
const managersOf = (object: Anything): string[] =>
  (object.metadata.managedFields ?? []).map((entry: Anything) =>
    `${entry.manager} ${entry.operation} ${entry.subresource ?? ''}`.trim(),
  );
const fieldsOf = (object: Anything, manager: string): Anything =>
  object.metadata.managedFields.find((entry: Anything) => entry.manager === manager)?.fieldsV1;

describe('managedFields', () => {
  it('name the creator as the owner of what it set and of the defaults', async () => {
    const created = await api.ok('POST', DEPLOYMENTS, deployment('web', { replicas: 2 }), KUBECTL);
    expect(created.metadata.managedFields).toEqual([
      {
        manager: 'kubectl',
        operation: 'Update',
        apiVersion: 'apps/v1',
        time: '2026-01-01T00:00:00Z',
        fieldsType: 'FieldsV1',
        fieldsV1: {
          'f:spec': {
            'f:progressDeadlineSeconds': {},
            'f:replicas': {},
            'f:revisionHistoryLimit': {},
            'f:selector': {},
            'f:strategy': {
              'f:rollingUpdate': { '.': {}, 'f:maxSurge': {}, 'f:maxUnavailable': {} },
              'f:type': {},
            },
            'f:template': {
              'f:metadata': { 'f:labels': { '.': {}, 'f:app': {} } },
              'f:spec': {
                'f:containers': {
                  'k:{"name":"web"}': {
                    '.': {},
                    'f:image': {},
                    'f:imagePullPolicy': {},
                    'f:name': {},
                    'f:resources': {},
                    'f:terminationMessagePath': {},
                    'f:terminationMessagePolicy': {},
                  },
                },
                'f:dnsPolicy': {},
                'f:restartPolicy': {},
                'f:schedulerName': {},
                'f:securityContext': {},
                'f:terminationGracePeriodSeconds': {},
              },
            },
          },
        },
      },
    ]);
  });

  it('know list maps, sets and atomic values', async () => {
    const object = {
      metadata: { name: 's', labels: { a: '1' }, finalizers: ['example.com/x'] },
      spec: {
        selector: { app: 's' },
        ports: [
          { port: 80, name: 'web' },
          { port: 53, protocol: 'UDP', name: 'dns' },
        ],
      },
    };
    const fields = fieldsOf(await api.ok('POST', SERVICES, object, KUBECTL), 'kubectl');
    expect(fields['f:metadata']).toEqual({
      'f:labels': { '.': {}, 'f:a': {} },
      'f:finalizers': { '.': {}, 'v:"example.com/x"': {} },
    });
    expect(fields['f:spec']['f:selector']).toEqual({});
    expect(Object.keys(fields['f:spec']['f:ports'])).toEqual([
      '.',
      'k:{"port":80,"protocol":"TCP"}',
      'k:{"port":53,"protocol":"UDP"}',
    ]);
  });

  it('go to whoever changes a field, and end with it', async () => {
    await api.ok('POST', CONFIG_MAPS, configMap('a', { x: '1', y: '1' }), KUBECTL);
    const other = { ...MERGE, userAgent: 'other' };
    const changed = await api.ok('PATCH', `${CONFIG_MAPS}/a`, { data: { x: '2' } }, other);
    expect(fieldsOf(changed, 'kubectl')).toEqual({ 'f:data': { '.': {}, 'f:y': {} } });
    expect(fieldsOf(changed, 'other')).toEqual({ 'f:data': { 'f:x': {} } });
    const removed = await api.ok('PATCH', `${CONFIG_MAPS}/a`, { data: { x: null } }, KUBECTL_PATCH);
    expect(managersOf(removed)).toEqual(['kubectl Update']);
    await api.ok('PATCH', `${CONFIG_MAPS}/a`, { data: null }, KUBECTL_PATCH);
    expect((await api.ok('GET', `${CONFIG_MAPS}/a`)).metadata.managedFields).toBeUndefined();
  });

  it('keep the time, and the revision, while nothing changes', async () => {
    const before = await api.ok('POST', CONFIG_MAPS, configMap('a', { x: '1' }), KUBECTL);
    await api.clock.run(60_000);
    expect(await api.ok('PATCH', `${CONFIG_MAPS}/a`, { data: { x: '1' } }, KUBECTL_PATCH)).toEqual(before);
    const after = await api.ok('PATCH', `${CONFIG_MAPS}/a`, { data: { x: '2' } }, KUBECTL_PATCH);
    expect(after.metadata.managedFields[0].time).toBe('2026-01-01T00:01:00Z');
  });

  it('tell the parts of an object apart', async () => {
    await api.ok('POST', PODS, pod('p'), KUBECTL);
    const status = { status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] } };
    const kubelet = { ...MERGE, userAgent: 'kubelet/v1' };
    const changed = await api.ok('PATCH', `${PODS}/p/status`, status, kubelet);
    expect(managersOf(changed)).toEqual(['kubectl Update', 'kubelet Update status']);
    expect(fieldsOf(changed, 'kubectl')['f:status']).toBeUndefined();
    expect(fieldsOf(changed, 'kubelet')).toEqual({
      'f:status': {
        'f:conditions': { '.': {}, 'k:{"type":"Ready"}': { '.': {}, 'f:status': {}, 'f:type': {} } },
        'f:phase': {},
      },
    });
    await api.ok('POST', DEPLOYMENTS, deployment('d'), KUBECTL);
    await api.ok(
      'PATCH',
      `${DEPLOYMENTS}/d/scale`,
      { spec: { replicas: 5 } },
      { ...MERGE, userAgent: 'hpa' },
    );
    const scaled = await api.ok('GET', `${DEPLOYMENTS}/d`);
    expect(managersOf(scaled)).toEqual(['hpa Update scale', 'kubectl Update']);
    expect(fieldsOf(scaled, 'hpa')).toEqual({ 'f:spec': { 'f:replicas': {} } });
    expect(fieldsOf(scaled, 'kubectl')['f:spec']['f:replicas']).toBeUndefined();
  });

  it('can be named, reset, and are kept from clients that do not know them', async () => {
    const url = `${CONFIG_MAPS}/a`;
    const created = await api.ok(
      'POST',
      `${CONFIG_MAPS}?fieldManager=me`,
      configMap('a', { x: '1' }),
      KUBECTL,
    );
    expect(managersOf(created)).toEqual(['me Update']);
    for (const managedFields of [[], [{ operation: 'Nonsense' }], undefined]) {
      const metadata = { ...created.metadata, resourceVersion: undefined, managedFields };
      expect(managersOf(await api.ok('PUT', url, { ...created, metadata }))).toEqual(['me Update']);
    }
    const reset = await api.ok('PATCH', url, { metadata: { managedFields: [{}] } }, MERGE);
    expect(reset.metadata.managedFields).toBeUndefined();
    const still = await api.ok('PATCH', url, { data: { x: '2' } }, MERGE);
    expect(still.metadata.managedFields).toBeUndefined();
  });

  it('may be edited, in any spelling of a key', async () => {
    const { metadata } = await api.ok('POST', SERVICES, {
      metadata: { name: 's' },
      spec: { ports: [{ port: 1 }] },
    });
    const fieldsV1 = { 'f:spec': { 'f:ports': { 'k:{"protocol":"TCP", "port":1}': { 'f:port': {} } } } };
    const entry = { ...metadata.managedFields[0], manager: 'm', fieldsV1 };
    const edited = await api.ok('PATCH', `${SERVICES}/s`, { metadata: { managedFields: [entry] } }, MERGE);
    expect(fieldsOf(edited, 'm')['f:spec']['f:ports']).toEqual({
      'k:{"port":1,"protocol":"TCP"}': { 'f:port': {} },
    });
  });

  it('hold ten updaters, and the older ones together', async () => {
    await api.ok('POST', CONFIG_MAPS, configMap('a', { m0: '' }), { userAgent: 'm0' });
    for (let index = 1; index < 15; index++) {
      await api.clock.run(1000);
      await api.ok(
        'PATCH',
        `${CONFIG_MAPS}/a`,
        { data: { [`m${index}`]: '' } },
        { ...MERGE, userAgent: `m${index}` },
      );
    }
    const object = await api.ok('GET', `${CONFIG_MAPS}/a`);
    expect(managersOf(object).map((text) => text.split(' ')[0])).toEqual([
      'ancient-changes',
      ...[6, 7, 8, 9, 10, 11, 12, 13, 14].map((index) => `m${index}`),
    ]);
    expect(Object.keys(fieldsOf(object, 'ancient-changes')['f:data'])).toHaveLength(7);
  });

  it('refuse managers with no proper name', async () => {
    const long = await api.fails('POST', `${CONFIG_MAPS}?fieldManager=${'x'.repeat(129)}`, configMap('a'));
    expect(long).toMatchObject({
      code: 422,
      message:
        'CreateOptions.meta.k8s.io "" is invalid: fieldManager: Too long: may not be more than 128 bytes',
    });
    const odd = await api.fails('POST', `${CONFIG_MAPS}?fieldManager=a%07`, configMap('a'));
    expect(odd.message).toContain('should only contain printable characters');
    const created = await api.ok('POST', CONFIG_MAPS, configMap('a', { x: '' }), {
      userAgent: `${'é'.repeat(100)}\t/v1`,
    });
    expect(Buffer.byteLength(created.metadata.managedFields[0].manager)).toBeLessThanOrEqual(128);
  });
});

const KUBECTL_PATCH = { ...MERGE, ...KUBECTL };
