import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ANONYMOUS } from '../../apiserver/authentication/user-info.ts';
import { sealMessage } from '../../openapi/protobuf-envelope.ts';
import { ADMIN, ApiHarness } from './api-harness.ts';
import { CONFIG_MAPS, configMap, DEPLOYMENTS, deployment, PODS, pod, SERVICES, service } from './objects.ts';

let api: ApiHarness;
beforeEach(async () => {
  api = await ApiHarness.start();
});
afterEach(() => api.close());

describe('bootstrap', () => {
  it('makes the namespaces and the kubernetes Service with its endpoints', async () => {
    const { items } = await api.ok('GET', '/api/v1/namespaces');
    expect(items.map((item: { metadata: { name: string } }) => item.metadata.name)).toEqual([
      'default',
      'kube-node-lease',
      'kube-public',
      'kube-system',
    ]);
    const kubernetes = await api.ok('GET', `${SERVICES}/kubernetes`);
    expect(kubernetes.spec).toMatchObject({
      clusterIP: '10.96.0.1',
      ports: [{ port: 443, targetPort: 6443 }],
    });
    const endpoints = await api.ok('GET', '/api/v1/namespaces/default/endpoints/kubernetes');
    expect(endpoints.subsets[0]).toMatchObject({
      addresses: [{ ip: '172.18.0.1' }],
      ports: [{ port: 6443 }],
    });
    const address = await api.ok('GET', '/apis/networking.k8s.io/v1/ipaddresses/10.96.0.1');
    expect(address.spec.parentRef).toMatchObject({ resource: 'services', name: 'kubernetes' });
  });
});

describe('create', () => {
  it('stamps metadata and applies defaults', async () => {
    const created = await api.ok('POST', PODS, pod('a'));
    expect(created).toMatchObject({
      kind: 'Pod',
      apiVersion: 'v1',
      metadata: { name: 'a', namespace: 'default', generation: 1, creationTimestamp: '2026-01-01T00:00:00Z' },
      spec: {
        restartPolicy: 'Always',
        dnsPolicy: 'ClusterFirst',
        schedulerName: 'default-scheduler',
        serviceAccountName: 'default',
        terminationGracePeriodSeconds: 30,
        enableServiceLinks: true,
        containers: [{ imagePullPolicy: 'Always', terminationMessagePath: '/dev/termination-log' }],
      },
      status: { phase: 'Pending', qosClass: 'BestEffort' },
    });
    expect(created.metadata.uid).toMatch(/^[0-9a-f-]{36}$/);
    expect(created.spec.tolerations).toHaveLength(2);
    expect(await api.ok('GET', `${PODS}/a`)).toEqual(created);
  });

  it('makes names from generateName', async () => {
    const created = await api.ok('POST', CONFIG_MAPS, { metadata: { generateName: 'web-' } });
    expect(created.metadata.name).toMatch(/^web-[a-z0-9]{5}$/);
  });

  it('refuses a second object of the same name', async () => {
    await api.ok('POST', CONFIG_MAPS, configMap('a'));
    expect(await api.fails('POST', CONFIG_MAPS, configMap('a'))).toMatchObject({
      code: 409,
      reason: 'AlreadyExists',
      message: 'configmaps "a" already exists',
    });
  });

  it('stores nothing on a dry run', async () => {
    const created = await api.ok('POST', `${CONFIG_MAPS}?dryRun=All`, configMap('a'));
    expect(created.metadata.uid).toBeDefined();
    await api.fails('GET', `${CONFIG_MAPS}/a`);
    expect(await api.fails('POST', `${CONFIG_MAPS}?dryRun=Some`, configMap('a'))).toMatchObject({
      code: 422,
    });
  });

  it('treats unknown fields as fieldValidation asks', async () => {
    const object = { ...configMap('a'), colour: 'red', metadata: { name: 'a', shape: 'round' } };
    expect(await api.fails('POST', `${CONFIG_MAPS}?fieldValidation=Strict`, object)).toMatchObject({
      code: 400,
      message:
        'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field "metadata.shape", unknown field "colour"',
    });
    const warned = await api.call('POST', CONFIG_MAPS, object);
    expect(warned.status).toBe(201);
    expect(warned.headers.warning).toBe(
      '299 - "unknown field \\"metadata.shape\\"", 299 - "unknown field \\"colour\\""',
    );
    expect(warned.body.colour).toBeUndefined();
    const ignored = await api.call('POST', `${CONFIG_MAPS}?fieldValidation=Ignore`, {
      ...object,
      metadata: { name: 'b' },
    });
    expect(ignored.headers.warning).toBeUndefined();
  });

  it('takes YAML', async () => {
    const bytes = Buffer.from('metadata: {name: a}\ndata: {key: "1"}\n');
    const created = await api.ok('POST', CONFIG_MAPS, undefined, { bytes, contentType: 'application/yaml' });
    expect(created.data).toEqual({ key: '1' });
  });

  it('does not unfold YAML aliases without end', async () => {
    const levels = Array.from({ length: 30 }, (_, n) => `a${n + 1}: &a${n + 1} [*a${n}, *a${n}, *a${n}]`);
    const bytes = Buffer.from(`a0: &a0 [x]\n${levels.join('\n')}\n`);
    const status = await api.fails('POST', CONFIG_MAPS, undefined, {
      bytes,
      contentType: 'application/yaml',
    });
    expect(status).toMatchObject({ code: 400, message: expect.stringContaining('too large') });
  });

  it.each([
    [
      'a missing namespace',
      '/api/v1/namespaces/nope/configmaps',
      configMap('a'),
      404,
      'namespaces "nope" not found',
    ],
    [
      'another namespace',
      CONFIG_MAPS,
      { metadata: { name: 'a', namespace: 'b' } },
      400,
      'the namespace of the provided object does not match the namespace sent on the request',
    ],
    [
      'another kind',
      CONFIG_MAPS,
      { kind: 'Pod', apiVersion: 'v1', metadata: { name: 'a' } },
      400,
      'the kind in the data does not match',
    ],
    [
      'another version',
      CONFIG_MAPS,
      { kind: 'ConfigMap', apiVersion: 'v2', metadata: { name: 'a' } },
      400,
      'the API version in the data (v2) does not match the expected API version (v1)',
    ],
    [
      'a bad name',
      CONFIG_MAPS,
      configMap('A_b'),
      422,
      'ConfigMap "A_b" is invalid: metadata.name: Invalid value: "A_b": a lowercase RFC 1123 subdomain',
    ],
    [
      'a wrong type',
      SERVICES,
      service('a', { ports: [{ port: '80' }] }),
      400,
      'json: cannot unmarshal string into Go struct field ServicePort.spec.ports.port of type int32',
    ],
    ['a list', CONFIG_MAPS, [], 400, 'must be a JSON object'],
  ])('refuses %s', async (_what, url, body, code, message) => {
    const status = await api.fails('POST', url, body);
    expect(status.code).toBe(code);
    expect(status.message).toContain(message);
  });

  it('refuses broken JSON and unknown media types', async () => {
    expect(await api.fails('POST', CONFIG_MAPS, undefined, { bytes: Buffer.from('{"a":') })).toMatchObject({
      code: 400,
    });
    expect(
      await api.fails('POST', CONFIG_MAPS, undefined, { bytes: Buffer.from([0xff, 0xfe]) }),
    ).toMatchObject({ code: 400 });
    expect(await api.fails('POST', CONFIG_MAPS, {}, { contentType: 'text/plain' })).toMatchObject({
      code: 415,
      reason: 'UnsupportedMediaType',
    });
  });

  it('reports every fault at once, with its path', async () => {
    const bad = service('a', {
      ports: [
        { port: 70000, name: 'x' },
        { port: 80, protocol: 'TPC', name: 'x' },
      ],
      type: 'Foo',
    });
    const status = await api.fails('POST', SERVICES, bad);
    expect(status.reason).toBe('Invalid');
    expect(status.details?.causes).toEqual([
      {
        field: 'spec.type',
        reason: 'FieldValueNotSupported',
        message:
          'Unsupported value: "Foo": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort"',
      },
      {
        field: 'spec.ports[0].port',
        reason: 'FieldValueInvalid',
        message: 'Invalid value: 70000: must be between 1 and 65535, inclusive',
      },
      {
        field: 'spec.ports[0].targetPort',
        reason: 'FieldValueInvalid',
        message: 'Invalid value: 70000: must be between 1 and 65535, inclusive',
      },
      { field: 'spec.ports[1].name', reason: 'FieldValueDuplicate', message: 'Duplicate value: "x"' },
      {
        field: 'spec.ports[1].protocol',
        reason: 'FieldValueNotSupported',
        message: 'Unsupported value: "TPC": supported values: "SCTP", "TCP", "UDP"',
      },
    ]);
    expect(status.message).toMatch(/^Service "a" is invalid: \[spec\.type: Unsupported value/);
  });
});

describe('update', () => {
  it('counts generations and refuses an old resourceVersion', async () => {
    const first = await api.ok('POST', DEPLOYMENTS, deployment('web'));
    const second = await api.ok('PUT', `${DEPLOYMENTS}/web`, {
      ...first,
      spec: { ...first.spec, replicas: 3 },
    });
    expect(second.metadata.generation).toBe(2);
    const labelled = await api.patch(`${DEPLOYMENTS}/web`, 'merge', { metadata: { labels: { a: 'b' } } });
    expect(labelled.metadata.generation).toBe(2);
    expect(await api.fails('PUT', `${DEPLOYMENTS}/web`, first)).toMatchObject({
      code: 409,
      reason: 'Conflict',
      message:
        'Operation cannot be fulfilled on deployments.apps "web": the object has been modified; please apply your changes to the latest version and try again',
    });
  });

  it('keeps the revision when nothing changes', async () => {
    const first = await api.ok('POST', CONFIG_MAPS, configMap('a', { x: '1' }));
    const second = await api.ok('PUT', `${CONFIG_MAPS}/a`, configMap('a', { x: '1' }));
    expect(second).toEqual(first);
  });

  it('keeps spec and status apart', async () => {
    const created = await api.ok('POST', DEPLOYMENTS, deployment('web'));
    const status = await api.ok('PUT', `${DEPLOYMENTS}/web/status`, {
      ...created,
      spec: { ...created.spec, replicas: 9 },
      status: { readyReplicas: 1 },
    });
    expect(status).toMatchObject({
      spec: { replicas: 1 },
      status: { readyReplicas: 1 },
      metadata: { generation: 1 },
    });
    const spec = await api.patch(`${DEPLOYMENTS}/web`, 'merge', {
      spec: { replicas: 2 },
      status: { readyReplicas: 5 },
    });
    expect(spec).toMatchObject({
      spec: { replicas: 2 },
      status: { readyReplicas: 1 },
      metadata: { generation: 2 },
    });
  });

  it.each([
    [
      'a pod',
      PODS,
      pod('a'),
      { spec: { restartPolicy: 'Never' } },
      'spec: Forbidden: pod updates may not change fields other than',
    ],
    [
      'a selector',
      DEPLOYMENTS,
      deployment('a'),
      { spec: { selector: { matchLabels: { app: 'b' } } } },
      'field is immutable',
    ],
    [
      'a ClusterIP',
      SERVICES,
      service('a', { clusterIP: '10.96.0.7' }),
      { spec: { clusterIP: '10.96.0.8', clusterIPs: ['10.96.0.8'] } },
      'may not change once set',
    ],
    [
      'an immutable ConfigMap',
      CONFIG_MAPS,
      { ...configMap('a'), immutable: true },
      { data: { a: 'b' } },
      'field is immutable when `immutable` is set',
    ],
    [
      'a uid',
      CONFIG_MAPS,
      configMap('a'),
      { metadata: { uid: 'x' } },
      'Precondition failed: UID in precondition: x',
    ],
  ])('protects what may not change in %s', async (_what, url, object, patch, message) => {
    await api.ok('POST', url, object);
    const status = await api.fails('PATCH', `${url}/a`, patch, {
      contentType: 'application/merge-patch+json',
    });
    expect(status.message).toContain(message);
  });

  it('lets a pod change its image and get more tolerations', async () => {
    await api.ok('POST', PODS, pod('a'));
    const patched = await api.patch(`${PODS}/a`, 'strategic', {
      spec: { containers: [{ name: 'main', image: 'pause:2' }] },
    });
    expect(patched.spec.containers[0]).toMatchObject({ image: 'pause:2', name: 'main' });
  });

  it('makes some kinds by PUT', async () => {
    const lease = { metadata: { name: 'n', namespace: 'kube-node-lease' }, spec: { holderIdentity: 'n' } };
    const url = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/n';
    expect((await api.call('PUT', url, lease)).status).toBe(201);
    expect(await api.fails('PUT', `${CONFIG_MAPS}/nope`, configMap('nope'))).toMatchObject({ code: 404 });
  });
});

describe('patch', () => {
  it('applies a JSON patch, and refuses one whose test fails', async () => {
    await api.ok('POST', CONFIG_MAPS, configMap('a', { x: '1' }));
    const patched = await api.patch(`${CONFIG_MAPS}/a`, 'json', [
      { op: 'replace', path: '/data/x', value: '2' },
    ]);
    expect(patched.data).toEqual({ x: '2' });
    const contentType = 'application/json-patch+json';
    const test = [{ op: 'test', path: '/data/x', value: '1' }];
    expect(await api.fails('PATCH', `${CONFIG_MAPS}/a`, test, { contentType })).toMatchObject({ code: 422 });
    const proto = [{ op: 'add', path: '/__proto__/x', value: 1 }];
    expect((await api.fails('PATCH', `${CONFIG_MAPS}/a`, proto, { contentType })).code).toBeLessThan(500);
  });
});

describe('subresources', () => {
  it('scales by GET, PUT and PATCH of scale', async () => {
    await api.ok('POST', DEPLOYMENTS, deployment('web'));
    const scale = await api.ok('GET', `${DEPLOYMENTS}/web/scale`);
    expect(scale).toMatchObject({
      kind: 'Scale',
      apiVersion: 'autoscaling/v1',
      spec: { replicas: 1 },
      status: { selector: 'app=web' },
    });
    await api.ok('PUT', `${DEPLOYMENTS}/web/scale`, { ...scale, spec: { replicas: 4 } });
    expect(await api.patch(`${DEPLOYMENTS}/web/scale`, 'merge', { spec: { replicas: 5 } })).toMatchObject({
      spec: { replicas: 5 },
    });
    expect((await api.ok('GET', `${DEPLOYMENTS}/web`)).spec.replicas).toBe(5);
    expect(
      await api.fails('PUT', `${DEPLOYMENTS}/web/scale`, { ...scale, spec: { replicas: 2 } }),
    ).toMatchObject({ code: 409 });
  });

  it('binds a pod to a node once', async () => {
    await api.ok('POST', PODS, pod('a'));
    const binding = { target: { kind: 'Node', name: 'node-1' } };
    expect((await api.call('POST', `${PODS}/a/binding`, binding)).status).toBe(201);
    const bound = await api.ok('GET', `${PODS}/a`);
    expect(bound.spec.nodeName).toBe('node-1');
    expect(bound.status.conditions).toEqual([
      expect.objectContaining({ type: 'PodScheduled', status: 'True' }),
    ]);
    expect(await api.fails('POST', `${PODS}/a/binding`, binding)).toMatchObject({
      code: 409,
      message: expect.stringContaining('already assigned to node "node-1"'),
    });
  });

  it('evicts', async () => {
    await api.ok('POST', PODS, pod('a'));
    await api.ok('POST', `${PODS}/a/eviction`, { metadata: { name: 'a' } });
    await api.fails('GET', `${PODS}/a`);
  });

  it('answers 404 and 405 where there is nothing', async () => {
    await api.ok('POST', CONFIG_MAPS, configMap('a'));
    expect(await api.fails('GET', `${CONFIG_MAPS}/a/status`)).toMatchObject({ code: 404 });
    expect(await api.fails('GET', '/api/v1/namespaces/default/widgets')).toMatchObject({ code: 404 });
    expect(await api.fails('POST', `${PODS}`.replace('/namespaces/default', ''), pod('a'))).toMatchObject({
      code: 405,
    });
    expect(await api.fails('GET', '/api/v1/%zz')).toMatchObject({ code: 400 });
  });
});

describe('delete', () => {
  it('answers a Status, and 404 the second time', async () => {
    const { metadata } = await api.ok('POST', CONFIG_MAPS, configMap('a'));
    expect(await api.ok('DELETE', `${CONFIG_MAPS}/a`)).toMatchObject({
      status: 'Success',
      details: { name: 'a', kind: 'configmaps', uid: metadata.uid },
    });
    expect(await api.fails('DELETE', `${CONFIG_MAPS}/a`)).toMatchObject({
      code: 404,
      message: 'configmaps "a" not found',
    });
  });

  it('removes an unscheduled pod at once', async () => {
    await api.ok('POST', PODS, pod('a'));
    await api.ok('DELETE', `${PODS}/a`);
    await api.fails('GET', `${PODS}/a`);
  });

  it('leaves a scheduled pod to its agent', async () => {
    await api.ok('POST', PODS, pod('a', { node: 'node-1' }));
    const going = await api.ok('DELETE', `${PODS}/a`);
    expect(going.metadata).toMatchObject({
      deletionGracePeriodSeconds: 30,
      deletionTimestamp: '2026-01-01T00:00:30Z',
    });
    const shorter = await api.ok('DELETE', `${PODS}/a`, {
      kind: 'DeleteOptions',
      apiVersion: 'v1',
      gracePeriodSeconds: 5,
    });
    expect(shorter.metadata.deletionGracePeriodSeconds).toBe(5);
    const longer = await api.ok('DELETE', `${PODS}/a?gracePeriodSeconds=60`);
    expect(longer.metadata.deletionGracePeriodSeconds).toBe(5);
    await api.ok('DELETE', `${PODS}/a`, { gracePeriodSeconds: 0 });
    await api.fails('GET', `${PODS}/a`);
  });

  it('waits for finalizers, and takes no new ones', async () => {
    await api.ok('POST', CONFIG_MAPS, { metadata: { name: 'a', finalizers: ['example.com/x'] } });
    expect((await api.ok('DELETE', `${CONFIG_MAPS}/a`)).metadata.deletionTimestamp).toBeDefined();
    const more = { metadata: { finalizers: ['example.com/x', 'example.com/y'] } };
    const status = await api.fails('PATCH', `${CONFIG_MAPS}/a`, more, {
      contentType: 'application/merge-patch+json',
    });
    expect(status.message).toContain('no new finalizers can be added');
    await api.patch(`${CONFIG_MAPS}/a`, 'merge', { metadata: { finalizers: null } });
    await api.fails('GET', `${CONFIG_MAPS}/a`);
  });

  it('turns propagation policies into finalizers', async () => {
    await api.ok('POST', DEPLOYMENTS, deployment('a'));
    await api.ok('POST', DEPLOYMENTS, deployment('b'));
    const foreground = await api.ok('DELETE', `${DEPLOYMENTS}/a`, { propagationPolicy: 'Foreground' });
    expect(foreground.metadata.finalizers).toEqual(['foregroundDeletion']);
    const orphan = await api.ok('DELETE', `${DEPLOYMENTS}/b?propagationPolicy=Orphan`);
    expect(orphan.metadata.finalizers).toEqual(['orphan']);
    expect(await api.fails('DELETE', `${DEPLOYMENTS}/b?propagationPolicy=Sideways`)).toMatchObject({
      code: 422,
    });
  });

  it('takes its options, and evictions, as protobuf too', async () => {
    const contentType = 'application/vnd.kubernetes.protobuf';
    const message = 'apis.meta.v1.DeleteOptions';
    const options = { propagationPolicy: 'Foreground' };
    for (const [name, apiVersion] of [
      ['a', 'v1'],
      ['b', 'apps/v1'],
      ['c', 'meta.k8s.io/v1'],
    ] as const) {
      await api.ok('POST', DEPLOYMENTS, deployment(name));
      const { bytes } = sealMessage(message, apiVersion, 'DeleteOptions', options);
      const going = await api.ok('DELETE', `${DEPLOYMENTS}/${name}`, undefined, { bytes, contentType });
      expect(going.metadata.finalizers).toEqual(['foregroundDeletion']);
    }
    await api.ok('POST', PODS, pod('p', { node: 'n' }));
    const eviction = {
      metadata: { name: 'p', namespace: 'default' },
      deleteOptions: { gracePeriodSeconds: 0 },
    };
    const { bytes } = sealMessage('policy.v1.Eviction', 'policy/v1', 'Eviction', eviction);
    await api.ok('POST', `${PODS}/p/eviction`, undefined, { bytes, contentType });
    await api.fails('GET', `${PODS}/p`);
  });

  it('checks preconditions', async () => {
    await api.ok('POST', CONFIG_MAPS, configMap('a'));
    expect(await api.fails('DELETE', `${CONFIG_MAPS}/a`, { preconditions: { uid: 'x' } })).toMatchObject({
      code: 409,
    });
    expect(
      await api.fails('DELETE', `${CONFIG_MAPS}/a`, { preconditions: { resourceVersion: '1' } }),
    ).toMatchObject({ code: 409 });
  });

  it('deletes a selected collection', async () => {
    await api.ok('POST', CONFIG_MAPS, configMap('a', {}, { app: 'x' }));
    await api.ok('POST', CONFIG_MAPS, configMap('b', {}, { app: 'y' }));
    await api.ok('DELETE', `${CONFIG_MAPS}?labelSelector=app%3Dx`);
    const { items } = await api.ok('GET', CONFIG_MAPS);
    expect(items.map((item: { metadata: { name: string } }) => item.metadata.name)).toEqual(['b']);
  });

  it('holds a namespace until it is finalized', async () => {
    await api.ok('POST', '/api/v1/namespaces', { metadata: { name: 'team' } });
    const going = await api.ok('DELETE', '/api/v1/namespaces/team');
    expect(going.status.phase).toBe('Terminating');
    expect(await api.fails('POST', '/api/v1/namespaces/team/configmaps', configMap('a'))).toMatchObject({
      code: 403,
      details: { causes: [expect.objectContaining({ reason: 'NamespaceTerminating' })] },
    });
    await api.ok('PUT', '/api/v1/namespaces/team/finalize', { ...going, spec: { finalizers: [] } });
    await api.fails('GET', '/api/v1/namespaces/team');
    expect(await api.fails('DELETE', '/api/v1/namespaces/default')).toMatchObject({ code: 403 });
  });
});

describe('authorization', () => {
  it('keeps components to what they need', async () => {
    const proxy = { name: 'system:kube-proxy', groups: ['system:authenticated'] };
    expect((await api.call('GET', SERVICES, undefined, { user: proxy })).status).toBe(200);
    expect(await api.fails('GET', PODS, undefined, { user: proxy })).toMatchObject({
      code: 403,
      reason: 'Forbidden',
      message:
        'pods is forbidden: User "system:kube-proxy" cannot list resource "pods" in API group "" in the namespace "default"',
    });
    expect((await api.call('GET', '/version', undefined, { user: ANONYMOUS })).status).toBe(200);
  });

  it('keeps an agent to its own node and pods', async () => {
    const agent = { name: 'system:node:node-1', groups: ['system:nodes'] };
    const mine = await api.ok('POST', PODS, pod('mine', { node: 'node-1' }));
    const other = await api.ok('POST', PODS, pod('other', { node: 'node-2' }));
    const status = (object: object): object => ({ ...object, status: { phase: 'Running' } });
    await api.ok('PUT', `${PODS}/mine/status`, status(mine), { user: agent });
    expect(await api.fails('PUT', `${PODS}/other/status`, status(other), { user: agent })).toMatchObject({
      code: 403,
    });
    expect(await api.fails('GET', '/api/v1/pods', undefined, { user: agent })).toMatchObject({ code: 403 });
    const own = await api.ok('GET', '/api/v1/pods?fieldSelector=spec.nodeName%3Dnode-1', undefined, {
      user: agent,
    });
    expect(own.items).toHaveLength(1);
    await api.ok('POST', '/api/v1/nodes', { metadata: { name: 'node-2' } }, { user: ADMIN });
    expect(await api.fails('DELETE', '/api/v1/nodes/node-2', undefined, { user: agent })).toMatchObject({
      code: 403,
    });
  });
});
