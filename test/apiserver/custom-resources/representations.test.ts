import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Anything, ApiHarness } from '../api-harness.ts';
import { DEFINITIONS, define, WIDGETS, widget, widgets } from './definitions.ts';

const TABLE = 'application/json;as=Table;g=meta.k8s.io;v=v1';
const PARTIAL = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1';
const PROTOBUF = 'application/vnd.kubernetes.protobuf';

let api: ApiHarness;

beforeEach(async () => {
  api = await ApiHarness.start();
});
afterEach(() => api.close());

describe('tables', () => {
  it('have the columns that the definition asks for', async () => {
    const additionalPrinterColumns = [
      { name: 'Size', type: 'integer', jsonPath: '.spec.size', description: 'how large' },
      { name: 'Color', type: 'string', jsonPath: '.spec.color', priority: 1 },
      { name: 'Ready', type: 'string', jsonPath: '.spec.free.conditions[?(@.type=="Ready")].status' },
      { name: 'First', type: 'string', jsonPath: '.spec.tags[0]' },
      { name: 'Free', type: 'string', jsonPath: '.spec.free.map' },
      { name: 'Wrong', type: 'boolean', jsonPath: '.spec.color' },
      { name: 'Since', type: 'date', jsonPath: '.spec.free.since' },
      { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
    ];
    await define(api, widgets({ version: { additionalPrinterColumns } }));
    const since = new Date(api.clock.now() - 3_600_000).toISOString();
    const free = {
      conditions: [
        { type: 'X', status: 'x' },
        { type: 'Ready', status: 'True' },
      ],
      map: { a: 1 },
      since,
    };
    await api.ok('POST', WIDGETS, widget('a', { size: 3, tags: ['t'], free }));
    const table = await api.ok('GET', WIDGETS, undefined, { accept: TABLE });
    expect(
      table.columnDefinitions.map(({ name, type, priority }: Anything) => [name, type, priority]),
    ).toEqual([
      ['Name', 'string', 0],
      ['Size', 'integer', 0],
      ['Color', 'string', 1],
      ['Ready', 'string', 0],
      ['First', 'string', 0],
      ['Free', 'string', 0],
      ['Wrong', 'boolean', 0],
      ['Since', 'date', 0],
      ['Age', 'date', 0],
    ]);
    expect(table.rows[0].cells).toEqual(['a', 3, 'red', 'True', 't', '{"a":1}', '', '60m', '0s']);
  });

  it('show name and age when nothing is asked for, also to watchers', async () => {
    await define(api, widgets({ version: { additionalPrinterColumns: undefined } }));
    const watch = await api.watch(`${WIDGETS}?watch=1`, { accept: TABLE });
    await api.ok('POST', WIDGETS, widget('a'));
    const [event] = await watch.first(1);
    expect(event!.object.columnDefinitions.map(({ name }: Anything) => name)).toEqual(['Name', 'Age']);
    expect(event!.object.rows[0].cells).toEqual(['a', '0s']);
    const partial = await api.ok('GET', `${WIDGETS}/a`, undefined, { accept: PARTIAL });
    expect(partial).toMatchObject({ kind: 'PartialObjectMetadata', metadata: { name: 'a' } });
    expect(partial.spec).toBeUndefined();
  });
});

describe('protobuf', () => {
  it('is not what a custom resource is shown in, but JSON is if that will do', async () => {
    await define(api, widgets());
    await api.ok('POST', WIDGETS, widget('a'));
    expect((await api.call('GET', `${WIDGETS}/a`, undefined, { accept: PROTOBUF })).status).toBe(406);
    const fallback = `${PROTOBUF},application/json`;
    expect(await api.ok('GET', `${WIDGETS}/a`, undefined, { accept: fallback })).toMatchObject({
      kind: 'Widget',
    });
    const partial = `${PROTOBUF};as=PartialObjectMetadata;g=meta.k8s.io;v=v1`;
    const answer = await api.call('GET', `${WIDGETS}/a`, undefined, { accept: partial });
    expect(answer).toMatchObject({ status: 200, headers: { 'content-type': PROTOBUF } });
    expect((await api.call('GET', `${WIDGETS}/a/scale`, undefined, { accept: PROTOBUF })).status).toBe(200);
    const bytes = Buffer.from('k8s\0');
    expect((await api.call('POST', WIDGETS, undefined, { bytes, contentType: PROTOBUF })).status).toBe(415);
  });
});

describe('selectors', () => {
  it('find by the fields that the definition names, which may change', async () => {
    await define(api, widgets());
    await api.ok('POST', WIDGETS, widget('a', { color: 'red' }));
    await api.ok('POST', WIDGETS, widget('b', { color: 'green' }));
    const names = async (selector: string): Promise<string[]> =>
      (await api.ok('GET', `${WIDGETS}?fieldSelector=${selector}`)).items.map(
        (each: Anything) => each.metadata.name,
      );
    expect(await names('spec.color=red')).toEqual(['a']);
    expect(await names('spec.color!=red')).toEqual(['b']);
    expect(await api.fails('GET', `${WIDGETS}?fieldSelector=spec.size=1`)).toMatchObject({
      message: 'field label not supported: spec.size',
    });
    const watch = await api.watch(`${WIDGETS}?watch=1&fieldSelector=spec.color=green`);
    await api.patch(`${WIDGETS}/a`, 'merge', { spec: { color: 'green' } });
    expect(await watch.summary(2)).toEqual(['ADDED b', 'ADDED a']);
    const selectableFields = [{ jsonPath: '.spec.size' }];
    const { spec } = widgets({ version: { selectableFields } });
    await api.patch(`${DEFINITIONS}/widgets.example.com`, 'merge', { spec: { versions: spec.versions } });
    await watch.ended;
    await api.patch(`${WIDGETS}/a`, 'merge', { spec: { size: 4 } });
    expect(await names('spec.size=4')).toEqual(['a']);
    expect((await api.call('GET', `${WIDGETS}?fieldSelector=spec.color=red`)).status).toBe(400);
  });
});

describe('discovery and documents', () => {
  it('show what is served as soon as it is', async () => {
    const document = '/openapi/v3/apis/example.com/v1';
    const url = async (): Promise<string | undefined> =>
      (await api.ok('GET', '/openapi/v3')).paths['apis/example.com/v1']?.serverRelativeURL;
    expect(await url()).toBeUndefined();
    await define(api, widgets());
    const first = await url();
    expect(first).toMatch(/^\/openapi\/v3\/apis\/example\.com\/v1\?hash=[0-9A-F]{64}$/);
    const list = await api.ok('GET', '/apis/example.com/v1');
    expect(list.resources).toEqual([
      {
        name: 'widgets',
        singularName: 'widget',
        namespaced: true,
        kind: 'Widget',
        verbs: ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'],
        shortNames: ['wd'],
        categories: ['all'],
      },
      expect.objectContaining({ name: 'widgets/scale', group: 'autoscaling', version: 'v1', kind: 'Scale' }),
      expect.objectContaining({ name: 'widgets/status', kind: 'Widget' }),
    ]);
    const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
    const { body, headers } = await api.call('GET', '/apis', undefined, { accept });
    const group = body.items.find(({ metadata }: Anything) => metadata.name === 'example.com');
    expect(group.versions[0].resources[0]).toMatchObject({
      resource: 'widgets',
      responseKind: { kind: 'Widget' },
      shortNames: ['wd'],
    });
    const again = await api.call('GET', '/apis', undefined, { accept, ifNoneMatch: headers.etag! });
    expect(again).toMatchObject({ status: 304, headers: { 'content-type': headers['content-type'] } });
    const { components, paths } = await api.ok('GET', document);
    const schema = components.schemas['com.example.v1.Widget'];
    expect(schema.properties.spec.properties.size).toEqual({ type: 'integer', minimum: 1, maximum: 10 });
    expect(schema['x-kubernetes-group-version-kind']).toEqual([
      { group: 'example.com', version: 'v1', kind: 'Widget' },
    ]);
    expect(components.schemas['io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta']).toBeDefined();
    const path = paths['/apis/example.com/v1/namespaces/{namespace}/widgets/{name}'];
    expect(Object.keys(path.patch.requestBody.content)).not.toContain(
      'application/strategic-merge-patch+json',
    );
    const { spec } = widgets({
      schema: { type: 'object', properties: { other: { type: 'string' } } },
      version: { selectableFields: undefined },
    });
    await api.patch(`${DEFINITIONS}/widgets.example.com`, 'merge', { spec: { versions: spec.versions } });
    expect(await url()).not.toBe(first);
    const changed = await api.ok('GET', document);
    expect(Object.keys(changed.components.schemas['com.example.v1.Widget'].properties)).toContain('other');
  });
});
