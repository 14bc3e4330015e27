import { afterEach, describe, expect, it, vi } from 'vitest';
import type {
  AdmissionReviewAnswer,
  AdmissionReviewRequest,
  WebhookCaller,
} from '../../apiserver/admission/webhook-caller.ts';
import { ApiHarness } from './api-harness.ts';
import { CONFIG_MAPS, configMap, SERVICES, service } from './objects.ts';

const MUTATING = '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations';
const VALIDATING = '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations';

function configuration(resource: string, extra: object = {}): object {
  return {
    metadata: { name: 'test.example.com' },
    webhooks: [
      {
        name: 'test.example.com',
        clientConfig: { url: 'https://127.0.0.1:1/' },
        rules: [
          { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE', 'UPDATE'], resources: [resource] },
        ],
        sideEffects: 'NoneOnDryRun',
        admissionReviewVersions: ['v1'],
        ...extra,
      },
    ],
  };
}

function allow(review: AdmissionReviewRequest, patch?: object[]): AdmissionReviewAnswer {
  const base = { uid: review.request.uid, allowed: true };
  if (!patch) return { response: base };
  return {
    response: {
      ...base,
      patchType: 'JSONPatch',
      patch: Buffer.from(JSON.stringify(patch)).toString('base64'),
    },
  };
}

let api: ApiHarness;
afterEach(() => api.close());

async function start(caller: WebhookCaller): Promise<void> {
  api = await ApiHarness.start({ webhooks: caller });
}

describe('mutating webhooks', () => {
  it('completes a Service in line, so that the create answers with its address', async () => {
    const caller = vi.fn<WebhookCaller>(async (_config, review) => {
      const { spec } = review.request.object as { spec: object };
      return allow(review, [
        {
          op: 'replace',
          path: '/spec',
          value: { ...spec, clusterIP: '10.96.0.5', clusterIPs: ['10.96.0.5'] },
        },
      ]);
    });
    await start(caller);
    await api.ok('POST', MUTATING, configuration('services'));
    const created = await api.ok('POST', SERVICES, service('web'));
    expect(created.spec).toMatchObject({ clusterIP: '10.96.0.5', type: 'ClusterIP' });
    expect(caller.mock.calls[0]?.[1].request).toMatchObject({
      operation: 'CREATE',
      namespace: 'default',
      name: 'web',
      resource: { group: '', version: 'v1', resource: 'services' },
      oldObject: null,
      dryRun: false,
      userInfo: { username: 'admin' },
    });
    await api.ok('POST', CONFIG_MAPS, configMap('a'));
    expect(caller).toHaveBeenCalledTimes(1);
    await api.ok('POST', `${SERVICES}?dryRun=All`, service('dry'));
    expect(caller.mock.calls[1]?.[1].request.dryRun).toBe(true);
  });

  it('goes without a webhook that fails and may be ignored, not without one that may not', async () => {
    await start(async () => {
      throw new Error('connection refused');
    });
    await api.ok('POST', MUTATING, configuration('services', { failurePolicy: 'Ignore' }));
    const created = await api.ok('POST', SERVICES, service('web'));
    expect(created.spec.clusterIP).toBeUndefined();
    await api.patch(`${MUTATING}/test.example.com`, 'json', [
      { op: 'replace', path: '/webhooks/0/failurePolicy', value: 'Fail' },
    ]);
    expect(await api.fails('POST', SERVICES, service('other'))).toMatchObject({
      code: 500,
      message: 'Internal error occurred: failed calling webhook "test.example.com": connection refused',
    });
  });

  it('passes on a refusal in its own words', async () => {
    const status = {
      code: 422,
      reason: 'Invalid',
      message: 'Service "web" is invalid: spec.clusterIP: taken',
      details: { name: 'web' },
    };
    await start(async (_config, review) => ({
      response: { uid: review.request.uid, allowed: false, status },
    }));
    await api.ok('POST', MUTATING, configuration('services'));
    expect(await api.fails('POST', SERVICES, service('web'))).toMatchObject({ ...status });
  });

  it.each([
    ['no answer', {}],
    ['a patch that is no JSON', { response: { allowed: true, patchType: 'JSONPatch', patch: 'eA==' } }],
    [
      'a patch of a wrong type',
      {
        response: {
          allowed: true,
          patchType: 'JSONPatch',
          patch: Buffer.from('[{"op":"add","path":"/spec/ports","value":5}]').toString('base64'),
        },
      },
    ],
    [
      'a patch that takes the name away',
      {
        response: {
          allowed: true,
          patchType: 'JSONPatch',
          patch: Buffer.from('[{"op":"remove","path":"/metadata"}]').toString('base64'),
        },
      },
    ],
  ])('refuses %s and stores nothing', async (_what, answer) => {
    await start(async () => answer as AdmissionReviewAnswer);
    await api.ok('POST', MUTATING, configuration('services'));
    const status = await api.fails('POST', SERVICES, service('web'));
    expect(status.status).toBe('Failure');
    await api.fails('GET', `${SERVICES}/web`);
  });

  it('selects by namespace and object labels', async () => {
    const caller = vi.fn<WebhookCaller>(async (_config, review) => allow(review));
    await start(caller);
    const selectors = {
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'default' } },
      objectSelector: { matchLabels: { app: 'a' } },
    };
    await api.ok('POST', MUTATING, configuration('configmaps', selectors));
    await api.ok('POST', '/api/v1/namespaces/kube-system/configmaps', configMap('x', {}, { app: 'a' }));
    await api.ok('POST', CONFIG_MAPS, configMap('y', {}, { app: 'b' }));
    expect(caller).not.toHaveBeenCalled();
    await api.ok('POST', CONFIG_MAPS, configMap('z', {}, { app: 'a' }));
    expect(caller).toHaveBeenCalledTimes(1);
  });
});

describe('validating webhooks', () => {
  it('refuses', async () => {
    await start(async () => ({
      response: { allowed: false, status: { message: 'not today' }, warnings: ['careful'] },
    }));
    await api.ok('POST', VALIDATING, configuration('configmaps'));
    expect(await api.fails('POST', CONFIG_MAPS, configMap('a'))).toMatchObject({
      code: 403,
      message: 'admission webhook "test.example.com" denied the request: not today',
    });
  });
});
