import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Anything, ApiHarness, type CallOptions } from './api-harness.ts';
import { CONFIG_MAPS, configMap, DEPLOYMENTS, deployment, SERVICES } from './objects.ts';

let api: ApiHarness;

beforeEach(async () => {
  api = await ApiHarness.start();
});
afterEach(() => api.close());

const APPLY: CallOptions = { contentType: 'application/apply-patch+yaml' };
const MERGE: CallOptions = { contentType: 'application/merge-patch+json', userAgent: 'editor' };

const ofType = (kind: string, apiVersion: string, object: object): object => ({
  kind,
  apiVersion,
  ...object,
});
const map = (data: Record<string, string>, metadata: object = {}): object =>
  ofType('ConfigMap', 'v1', { metadata: { name: 'a', ...metadata }, data });
const web = (spec: object): object => ofType('Deployment', 'apps/v1', { metadata: { name: 'web' }, spec });

const apply = (url: string, manager: string, config: object, query = ''): Promise<Anything> =>
  api.ok('PATCH', `${url}?fieldManager=${manager}${query}`, config, APPLY);
const refused = (url: string, manager: string, config: object, query = ''): Promise<Anything> =>
  api.fails('PATCH', `${url}?fieldManager=${manager}${query}`, config, APPLY);

const A = `${CONFIG_MAPS}/a`;
const WEB = `${DEPLOYMENTS}/web`;

const owner = (object: Anything, manager: string, operation = 'Apply'): Anything =>
  object.metadata.managedFields?.find(
    (entry: Anything) => entry.manager === manager && entry.operation === operation,
  )?.fieldsV1;

describe('apply', () => {
  it('makes an object whose fields belong to the applier, and defaults to nobody', async () => {
    const spec = { selector: { app: 'web' }, ports: [{ port: 80 }] };
    const config = ofType('Service', 'v1', { metadata: { name: 'web' }, spec });
    const { status, body } = await api.call('PATCH', `${SERVICES}/web?fieldManager=me`, config, APPLY);
    expect(status).toBe(201);
    expect(body.spec).toMatchObject({
      type: 'ClusterIP',
      ports: [{ port: 80, protocol: 'TCP', targetPort: 80 }],
    });
    expect(body.metadata.managedFields).toHaveLength(1);
    expect(owner(body, 'me')).toEqual({
      'f:spec': {
        'f:selector': {},
        'f:ports': { 'k:{"port":80,"protocol":"TCP"}': { '.': {}, 'f:port': {} } },
      },
    });
    const again = await api.call('PATCH', `${SERVICES}/web?fieldManager=me`, config, APPLY);
    expect(again).toMatchObject({
      status: 200,
      body: { metadata: { resourceVersion: body.metadata.resourceVersion } },
    });
  });

  it('takes YAML', async () => {
    const bytes = Buffer.from('apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  x: "1"\n');
    const made = await api.ok('PATCH', `${A}?fieldManager=me`, undefined, { ...APPLY, bytes });
    expect(made.data).toEqual({ x: '1' });
  });

  it('takes away what its manager alone had applied', async () => {
    await apply(A, 'me', map({ x: '1', y: '1', z: '1' }));
    await apply(A, 'you', map({ y: '1' }));
    await api.ok('PATCH', A, { data: { other: '1' } }, MERGE);
    const object = await apply(A, 'me', map({ z: '1' }));
    expect(object.data).toEqual({ y: '1', z: '1', other: '1' });
    expect(owner(object, 'me')).toEqual({ 'f:data': { 'f:z': {} } });
    expect(owner(object, 'you')).toEqual({ 'f:data': { 'f:y': {} } });
    const nothing = await apply(A, 'you', ofType('ConfigMap', 'v1', { metadata: { name: 'a' } }));
    expect(nothing.data).toEqual({ z: '1', other: '1' });
    expect(owner(nothing, 'you')).toBeUndefined();
  });

  it('merges lists by their keys, sets by value, and replaces atomic ones', async () => {
    await api.ok('POST', DEPLOYMENTS, deployment('web'));
    const containers = [{ name: 'side', image: 'pause', ports: [{ containerPort: 80 }], args: ['a'] }];
    const metadata = { name: 'web', finalizers: ['example.com/b'] };
    const config = { ...web({ template: { spec: { containers } } }), metadata };
    const object = await apply(WEB, 'me', config);
    expect(object.spec.template.spec.containers.map(({ name }: Anything) => name)).toEqual(['web', 'side']);
    await api.ok('PATCH', WEB, { metadata: { finalizers: ['example.com/a', 'example.com/b'] } }, MERGE);
    containers[0] = { name: 'side', image: 'pause', ports: [{ containerPort: 81 }], args: ['b', 'c'] };
    const changed = await apply(WEB, 'me', {
      ...web({ template: { spec: { containers } } }),
      metadata: { name: 'web' },
    });
    const side = changed.spec.template.spec.containers[1];
    expect(side.ports).toEqual([{ containerPort: 81, protocol: 'TCP' }]);
    expect(side.args).toEqual(['b', 'c']);
    expect(changed.metadata.finalizers).toEqual(['example.com/a']);
    const gone = await apply(WEB, 'me', web({ template: { spec: {} } }));
    expect(gone.spec.template.spec.containers.map(({ name }: Anything) => name)).toEqual(['web']);
  });
});

describe('conflicts', () => {
  it('are refused with every field and its owner', async () => {
    await api.ok('POST', DEPLOYMENTS, deployment('web', { replicas: 1 }), { userAgent: 'maker/v1' });
    const status = await refused(WEB, 'me', web({ replicas: 3 }));
    expect(status).toMatchObject({
      code: 409,
      reason: 'Conflict',
      message: 'Apply failed with 1 conflict: conflict with "maker" using apps/v1: .spec.replicas',
      details: {
        causes: [
          {
            reason: 'FieldManagerConflict',
            message: 'conflict with "maker" using apps/v1',
            field: '.spec.replicas',
          },
        ],
      },
    });
    const containers = [{ name: 'web', image: 'httpd' }];
    const two = await refused(WEB, 'me', web({ replicas: 3, template: { spec: { containers } } }));
    expect(two.message).toBe(
      [
        'Apply failed with 2 conflicts: conflicts with "maker" using apps/v1:',
        '- .spec.replicas',
        '- .spec.template.spec.containers[name="web"].image',
      ].join('\n'),
    );
    expect((await api.ok('GET', WEB)).spec.replicas).toBe(1);
  });

  it('end by force, by agreeing, or by giving up the field', async () => {
    await apply(A, 'one', map({ x: '1', y: '1' }));
    await refused(A, 'two', map({ x: '2' }));
    const shared = await apply(A, 'two', map({ x: '1' }));
    expect(owner(shared, 'one')).toEqual({ 'f:data': { 'f:x': {}, 'f:y': {} } });
    await refused(A, 'one', map({ x: '3', y: '1' }));
    const given = await apply(A, 'one', map({ y: '1' }));
    expect(given.data).toEqual({ x: '1', y: '1' });
    await apply(A, 'two', map({ x: '2' }));
    const forced = await apply(A, 'one', map({ x: '9', y: '1' }), '&force=true');
    expect(forced.data.x).toBe('9');
    expect(owner(forced, 'two')).toBeUndefined();
  });

  it('are no matter of an update, which takes what it changes', async () => {
    await apply(A, 'me', map({ x: '1' }));
    const changed = await api.ok('PATCH', A, { data: { x: '2' } }, MERGE);
    expect(owner(changed, 'me')).toBeUndefined();
    expect((await refused(A, 'me', map({ x: '1' }))).message).toContain(
      'conflict with "editor" using v1: .data.x',
    );
  });

  it('of an object that nobody tracked are with whatever was there', async () => {
    await api.ok('POST', CONFIG_MAPS, configMap('a', { x: '1' }));
    await api.ok('PATCH', A, { metadata: { managedFields: [{}] } }, MERGE);
    const status = await refused(A, 'me', map({ x: '2' }));
    expect(status.message).toContain('conflict with "before-first-apply" using v1: .data.x');
    const agreed = await apply(A, 'me', map({ x: '1' }));
    expect(owner(agreed, 'before-first-apply', 'Update')).toEqual({ 'f:data': { '.': {}, 'f:x': {} } });
  });
});

describe('subresources', () => {
  it('are applied apart', async () => {
    await api.ok('POST', DEPLOYMENTS, deployment('web'));
    const status = await apply(`${WEB}/status`, 'me', {
      ...web({ replicas: 9 }),
      status: { observedGeneration: 7 },
    });
    expect(status.status.observedGeneration).toBe(7);
    expect(status.spec.replicas).toBe(1);
    expect(owner(status, 'me')).toEqual({ 'f:status': { 'f:observedGeneration': {} } });
    expect(status.metadata.managedFields[0].subresource).toBe('status');
    const scale = ofType('Scale', 'autoscaling/v1', { metadata: { name: 'web' }, spec: { replicas: 4 } });
    await refused(`${WEB}/scale`, 'hpa', scale);
    const scaled = await apply(`${WEB}/scale`, 'hpa', scale, '&force=true');
    expect(scaled).toMatchObject({ kind: 'Scale', spec: { replicas: 4 } });
    const entries = (await api.ok('GET', WEB)).metadata.managedFields;
    expect(entries).toContainEqual(
      expect.objectContaining({
        manager: 'hpa',
        subresource: 'scale',
        fieldsV1: { 'f:spec': { 'f:replicas': {} } },
      }),
    );
    expect(await refused(`${DEPLOYMENTS}/none/status`, 'me', web({}))).toMatchObject({ code: 400 });
    const none = { ...web({}), metadata: { name: 'none' } };
    expect(await refused(`${DEPLOYMENTS}/none/status`, 'me', none)).toMatchObject({ code: 404 });
  });
});

describe('after client-side apply', () => {
  const LAST = 'kubectl.kubernetes.io/last-applied-configuration';

  it('kubectl takes over what its annotation names, and keeps the annotation', async () => {
    const text = JSON.stringify(map({ x: '1' }));
    const object = map({ x: '1' }, { annotations: { [LAST]: text } });
    await api.ok('POST', CONFIG_MAPS, object, { userAgent: 'kubectl-client-side-apply' });
    expect(await refused(A, 'other', map({ x: '2' }))).toMatchObject({ code: 409 });
    const taken = await apply(A, 'kubectl', map({ x: '2' }));
    expect(taken.data).toEqual({ x: '2' });
    expect(JSON.parse(taken.metadata.annotations[LAST])).toEqual(map({ x: '2' }));
    expect(await refused(A, 'kubectl', map({ x: '2' }, { annotations: { [LAST]: 'x' } }))).toBeDefined();
  });
});

describe('an apply is refused', () => {
  it.each([
    ['without a manager', A, '', map({}), 422, 'fieldManager: Required value: is required for apply patch'],
    [
      'without a type',
      A,
      '?fieldManager=m',
      { metadata: { name: 'a' } },
      400,
      'invalid object type: /, Kind=',
    ],
    ['of another type', A, '?fieldManager=m', web({}), 400, 'invalid object type: apps/v1, Kind=Deployment'],
    [
      'under another name',
      A,
      '?fieldManager=m',
      map({}, { name: 'b' }),
      400,
      'does not match the name on the URL',
    ],
    [
      'with owners',
      A,
      '?fieldManager=m',
      map({}, { managedFields: [] }),
      400,
      'metadata.managedFields must be nil',
    ],
    ['with a uid and no object', A, '?fieldManager=m', map({}, { uid: 'u' }), 409, 'uid mismatch'],
    [
      'with a field that is not there',
      WEB,
      '?fieldManager=m',
      web({ colour: 'red' }),
      400,
      'failed to create typed patch object (default/web; apps/v1, Kind=Deployment): .spec.colour: field not declared in schema',
    ],
    [
      'with a wrong type',
      WEB,
      '?fieldManager=m',
      web({ replicas: 'many' }),
      400,
      'failed to create typed patch object (default/web; apps/v1, Kind=Deployment): json: cannot unmarshal string',
    ],
    [
      'with an item twice',
      WEB,
      '?fieldManager=m',
      web({ template: { spec: { containers: [{ name: 'a' }, { name: 'a' }] } } }),
      400,
      '.spec.template.spec.containers: duplicate entries for key [name="a"]',
    ],
    [
      'with an item that has no key',
      WEB,
      '?fieldManager=m',
      web({ template: { spec: { containers: [{ image: 'a' }] } } }),
      400,
      '.spec.template.spec.containers: element 0: associative list with keys has an element that omits key field "name"',
    ],
  ])('%s', async (_what, url, query, config, code, message) => {
    const status = await api.fails('PATCH', url + query, config, APPLY);
    expect(status.code).toBe(code);
    expect(status.message).toContain(message);
    await api.fails('GET', url);
  });

  it('at another revision or uid than the present', async () => {
    await apply(A, 'me', map({ x: '1' }));
    expect(await refused(A, 'me', map({ x: '2' }, { resourceVersion: '1' }))).toMatchObject({ code: 409 });
    expect(await refused(A, 'me', map({ x: '2' }, { uid: 'other' }))).toMatchObject({ code: 409 });
  });

  it('as force of another kind of patch', async () => {
    await apply(A, 'me', map({ x: '1' }));
    const status = await api.fails('PATCH', `${A}?force=true`, { data: {} }, MERGE);
    expect(status.message).toContain('force: Forbidden: may not be specified for non-apply patch');
  });

  it('and stores nothing on a dry run', async () => {
    const made = await apply(A, 'me', map({ x: '1' }), '&dryRun=All');
    expect(owner(made, 'me')).toEqual({ 'f:data': { 'f:x': {} } });
    await api.fails('GET', A);
  });
});
