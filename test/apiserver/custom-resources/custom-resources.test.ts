import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ApiHarness } from '../api-harness.ts';
import { conditionOf, DEFINITIONS, define, gone, settled, WIDGETS, widget, widgets } from './definitions.ts';

let api: ApiHarness;

beforeEach(async () => {
  api = await ApiHarness.start();
});
afterEach(() => api.close());

describe('a definition', () => {
  it('is established, and served at once', async () => {
    const crd = await define(api, widgets());
    expect(crd.spec.names).toMatchObject({ singular: 'widget', listKind: 'WidgetList' });
    expect(crd.spec.conversion).toEqual({ strategy: 'None' });
    expect(crd.status.acceptedNames).toEqual(crd.spec.names);
    expect(crd.status.storedVersions).toEqual(['v1']);
    expect(conditionOf(crd, 'NamesAccepted')).toMatchObject({
      status: 'True',
      reason: 'NoConflicts',
      message: 'no conflicts found',
    });
    expect(conditionOf(crd, 'Established')).toMatchObject({
      status: 'True',
      reason: 'InitialNamesAccepted',
      message: 'the initial names have been accepted',
    });
    expect(await api.ok('GET', WIDGETS)).toMatchObject({ kind: 'WidgetList', items: [] });
  });

  it('does not get names that another has, until they are free', async () => {
    await define(api, widgets());
    const other = widgets({ names: { plural: 'gadgets', kind: 'Gadget', shortNames: ['wd'] } });
    other.metadata.name = 'gadgets.example.com';
    await api.ok('POST', DEFINITIONS, other);
    const refused = await settled(
      api,
      'gadgets.example.com',
      (crd) => conditionOf(crd, 'NamesAccepted') !== undefined,
    );
    expect(conditionOf(refused, 'NamesAccepted')).toMatchObject({
      status: 'False',
      reason: 'ShortNamesConflict',
      message: '"wd" is already in use',
    });
    expect(conditionOf(refused, 'Established')).toMatchObject({ status: 'False', reason: 'NotAccepted' });
    expect((await api.call('GET', '/apis/example.com/v1/namespaces/default/gadgets')).status).toBe(404);
    await api.ok('DELETE', `${DEFINITIONS}/widgets.example.com`);
    await settled(api, 'gadgets.example.com', (crd) => conditionOf(crd, 'Established')?.status === 'True');
    expect((await api.call('GET', '/apis/example.com/v1/namespaces/default/gadgets')).status).toBe(200);
  });

  it('may change its short names, and is told that CEL rules are not run', async () => {
    const rule = { 'x-kubernetes-validations': [{ rule: 'self.size > 1' }] };
    const spec = { type: 'object', properties: { size: { type: 'integer' } }, ...rule };
    const definition = widgets({
      schema: { type: 'object', properties: { spec } },
      version: { selectableFields: undefined },
    });
    const made = await api.call('POST', DEFINITIONS, definition);
    expect(made.headers.warning).toContain('this server does not run CEL rules yet');
    const url = `${DEFINITIONS}/widgets.example.com`;
    await settled(api, 'widgets.example.com', (crd) => conditionOf(crd, 'Established')?.status === 'True');
    await api.ok('POST', WIDGETS, widget('a', { size: 1 }));
    await api.patch(url, 'merge', { spec: { names: { shortNames: ['w1', 'w2'] } } });
    await settled(api, 'widgets.example.com', (crd) => crd.status.acceptedNames.shortNames.length === 2);
    const { resources } = await api.ok('GET', '/apis/example.com/v1');
    expect(resources[0].shortNames).toEqual(['w1', 'w2']);
    expect((await api.ok('GET', url)).spec.versions[0].schema.openAPIV3Schema.properties.spec).toMatchObject(
      rule,
    );
  });

  it('of embedded resources checks that they are some', async () => {
    const template = {
      type: 'object',
      'x-kubernetes-embedded-resource': true,
      'x-kubernetes-preserve-unknown-fields': true,
    };
    const spec = { type: 'object', properties: { template } };
    await define(
      api,
      widgets({ schema: { type: 'object', properties: { spec } }, version: { selectableFields: undefined } }),
    );
    const bad = widget('a', { template: { kind: 'Pod', metadata: { name: 'No Good' } } });
    const causes = (await api.fails('POST', WIDGETS, bad)).details?.causes ?? [];
    expect(causes.map(({ field }) => field)).toEqual([
      'spec.template.apiVersion',
      'spec.template.metadata.name',
    ]);
    const good = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a' }, spec: { any: 1 } };
    expect((await api.ok('POST', WIDGETS, widget('a', { template: good }))).spec.template).toEqual(good);
  });

  it('takes its objects with it, and waits for their finalizers', async () => {
    await define(api, widgets());
    await api.ok('POST', WIDGETS, widget('a'));
    const held = widget('b');
    held.metadata.finalizers = ['example.com/hold'];
    await api.ok('POST', WIDGETS, held);
    const watch = await api.watch(`${WIDGETS}?watch=1`);
    const going = await api.ok('DELETE', `${DEFINITIONS}/widgets.example.com`);
    expect(going.metadata.finalizers).toEqual(['customresourcecleanup.apiextensions.k8s.io']);
    expect(conditionOf(going, 'Terminating')).toMatchObject({
      status: 'True',
      reason: 'InstanceDeletionPending',
    });
    expect(await api.fails('POST', WIDGETS, widget('c'))).toMatchObject({
      code: 405,
      message: 'create not allowed while custom resource definition is terminating',
    });
    expect(await watch.summary(4)).toEqual(['ADDED a', 'ADDED b', 'DELETED a', 'MODIFIED b']);
    await api.patch(`${WIDGETS}/b`, 'merge', { metadata: { finalizers: null } });
    await gone(api, 'widgets.example.com');
    await watch.ended;
    expect((await api.call('GET', WIDGETS)).status).toBe(404);
    expect((await api.call('GET', '/apis/example.com/v1')).status).toBe(404);
  });
});

describe('a custom resource', () => {
  beforeEach(async () => {
    await define(api, widgets());
  });

  it('is pruned, defaulted and stored', async () => {
    const made = await api.call(
      'POST',
      WIDGETS,
      widget('a', { size: 3, what: 1, free: { any: { thing: 1 } } }, { status: { phase: 'x' } }),
    );
    expect(made.status).toBe(201);
    expect(made.headers.warning).toBe('299 - "unknown field \\"spec.what\\""');
    expect(made.body.spec).toEqual({ size: 3, color: 'red', replicas: 1, free: { any: { thing: 1 } } });
    expect(made.body.status).toBeUndefined();
    expect(made.body.metadata.generation).toBe(1);
    expect(
      await api.fails('POST', `${WIDGETS}?fieldValidation=Strict`, widget('b', { what: 1 })),
    ).toMatchObject({
      code: 400,
      message:
        'Widget in version "v1" cannot be handled as a Widget: strict decoding error: unknown field "spec.what"',
    });
  });

  it('is checked against its schema', async () => {
    const spec = {
      size: 'big',
      color: 'blue',
      replicas: 1.5,
      tags: ['a', 'a'],
      ports: [{ port: 1 }, { port: 1 }, {}],
    };
    const status = await api.fails('POST', WIDGETS, widget('a', spec));
    expect(status.code).toBe(422);
    expect(status.details?.causes).toEqual([
      {
        field: 'spec.size',
        reason: 'FieldValueTypeInvalid',
        message: 'Invalid value: "string": spec.size in body must be of type integer: "string"',
      },
      {
        field: 'spec.color',
        reason: 'FieldValueNotSupported',
        message: 'Unsupported value: "blue": supported values: "red", "green"',
      },
      {
        field: 'spec.replicas',
        reason: 'FieldValueTypeInvalid',
        message: 'Invalid value: "number": spec.replicas in body must be of type integer: "number"',
      },
      { field: 'spec.tags[1]', reason: 'FieldValueDuplicate', message: 'Duplicate value: "a"' },
      {
        field: 'spec.ports[1]',
        reason: 'FieldValueDuplicate',
        message: 'Duplicate value: {"port":1,"protocol":"TCP"}',
      },
      { field: 'spec.ports[2].port', reason: 'FieldValueRequired', message: 'Required value' },
    ]);
  });

  it('counts generations of everything but metadata and status', async () => {
    const made = await api.ok('POST', WIDGETS, widget('a', { size: 1 }));
    const labelled = await api.patch(`${WIDGETS}/a`, 'merge', {
      metadata: { labels: { a: 'b' } },
      status: { phase: 'x' },
    });
    expect(labelled).toMatchObject({ metadata: { generation: 1 } });
    expect(labelled.status).toBeUndefined();
    const resized = await api.patch(`${WIDGETS}/a`, 'json', [
      { op: 'replace', path: '/spec/size', value: 2 },
    ]);
    expect(resized.metadata.generation).toBe(2);
    const status = {
      ...resized,
      spec: { size: 9 },
      status: { phase: 'Ready' },
      metadata: { ...resized.metadata, labels: { c: 'd' } },
    };
    const ready = await api.ok('PUT', `${WIDGETS}/a/status`, status);
    expect(ready).toMatchObject({
      spec: { size: 2 },
      status: { phase: 'Ready' },
      metadata: { generation: 2, labels: { a: 'b' } },
    });
    expect(ready.metadata.uid).toBe(made.metadata.uid);
    expect(await api.fails('PUT', `${WIDGETS}/a`, widget('a', { size: 1 }))).toMatchObject({ code: 422 });
    expect(
      await api.fails('PATCH', `${WIDGETS}/a`, {}, { contentType: 'application/strategic-merge-patch+json' }),
    ).toMatchObject({ code: 415 });
  });

  it('scales', async () => {
    await api.ok('POST', WIDGETS, widget('a', { replicas: 2 }));
    await api.patch(`${WIDGETS}/a/status`, 'merge', { status: { replicas: 1, selector: 'a=b' } });
    expect(await api.ok('GET', `${WIDGETS}/a/scale`)).toMatchObject({
      kind: 'Scale',
      spec: { replicas: 2 },
      status: { replicas: 1, selector: 'a=b' },
    });
    expect(await api.patch(`${WIDGETS}/a/scale`, 'merge', { spec: { replicas: 5 } })).toMatchObject({
      spec: { replicas: 5 },
    });
    expect(await api.ok('GET', `${WIDGETS}/a`)).toMatchObject({
      spec: { replicas: 5 },
      metadata: { generation: 2 },
    });
  });
});
