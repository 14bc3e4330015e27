import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Anything, ApiHarness } from '../api-harness.ts';
import { define, WIDGETS, widget, widgets } from './definitions.ts';

const APPLY = { contentType: 'application/apply-patch+yaml' } as const;

let api: ApiHarness;

beforeEach(async () => {
  api = await ApiHarness.start();
  await define(api, widgets());
});
afterEach(() => api.close());

const url = (manager: string, more = ''): string => `${WIDGETS}/a?fieldManager=${manager}${more}`;

function apply(manager: string, spec: Anything, more = ''): Promise<Anything> {
  return api.ok('PATCH', url(manager, more), widget('a', spec), APPLY);
}

const ownedBy = (object: Anything, manager: string): Anything =>
  object.metadata.managedFields.find((entry: Anything) => entry.manager === manager)?.fieldsV1;

describe('server-side apply of a custom resource', () => {
  it('merges lists by their keys, which have defaults, and takes out what is no longer applied', async () => {
    await apply('one', { ports: [{ port: 80, name: 'http' }], tags: ['a'] });
    const both = await apply('two', { ports: [{ port: 80, protocol: 'UDP' }], tags: ['b'] });
    expect(both.spec.ports).toEqual([
      { port: 80, protocol: 'TCP', name: 'http' },
      { port: 80, protocol: 'UDP' },
    ]);
    expect(both.spec.tags).toEqual(['a', 'b']);
    expect(ownedBy(both, 'one')).toEqual({
      'f:spec': {
        'f:ports': { 'k:{"port":80,"protocol":"TCP"}': { '.': {}, 'f:name': {}, 'f:port': {} } },
        'f:tags': { 'v:"a"': {} },
      },
    });
    const less = await apply('one', { tags: [] });
    expect(less.spec).toMatchObject({ ports: [{ port: 80, protocol: 'UDP' }], tags: ['b'] });
  });

  it('owns what no schema describes field by field', async () => {
    const first = await apply('one', { free: { a: { b: 1 }, list: [1, 2] } });
    expect(ownedBy(first, 'one')).toEqual({
      'f:spec': { 'f:free': { 'f:a': { '.': {}, 'f:b': {} }, 'f:list': {} } },
    });
    const second = await apply('two', { free: { a: { c: 2 } } });
    expect(second.spec.free).toEqual({ a: { b: 1, c: 2 }, list: [1, 2] });
    const conflict = await api.fails('PATCH', url('two'), widget('a', { free: { a: { b: 2 } } }), APPLY);
    expect(conflict).toMatchObject({
      code: 409,
      message: 'Apply failed with 1 conflict: conflict with "one": .spec.free.a.b',
    });
    expect((await apply('two', { free: { a: { b: 2 } } }, '&force=true')).spec.free).toEqual({
      a: { b: 2 },
      list: [1, 2],
    });
  });

  it('refuses fields that the schema does not have, and values that do not fit', async () => {
    expect(await api.fails('PATCH', url('one'), widget('a', { what: 1 }), APPLY)).toMatchObject({
      code: 400,
      message:
        'failed to create typed patch object (default/a; example.com/v1, Kind=Widget): .spec.what: field not declared in schema',
    });
    expect(await api.fails('PATCH', url('one'), widget('a', { size: 'x' }), APPLY)).toMatchObject({
      code: 422,
    });
    expect((await api.call('GET', `${WIDGETS}/a`)).status).toBe(404);
  });

  it('refuses items that no key can be made of', async () => {
    const list = '.spec.ports: element 0: associative list with keys';
    for (const [spec, message] of [
      [{ ports: [null, null] }, `${list} may not have a null element`],
      [{ ports: [1] }, `${list} may not have non-map elements`],
      [
        { tags: [{}] },
        ".spec.tags: element 0: associative list without keys has an element that's a map type",
      ],
    ] as const) {
      expect(await api.fails('PATCH', url('one'), widget('a', spec), APPLY)).toMatchObject({
        code: 400,
        message: expect.stringContaining(message),
      });
    }
  });

  it('keeps status apart, and scale', async () => {
    await apply('one', { size: 1, replicas: 3 });
    const status = widget('a', {}, { status: { phase: 'Ready' } });
    const ready = await api.ok('PATCH', `${WIDGETS}/a/status?fieldManager=two`, status, APPLY);
    expect(ready).toMatchObject({ spec: { size: 1 }, status: { phase: 'Ready' } });
    expect(ownedBy(ready, 'two')).toEqual({ 'f:status': { 'f:phase': {} } });
    const scale = {
      apiVersion: 'autoscaling/v1',
      kind: 'Scale',
      metadata: { name: 'a' },
      spec: { replicas: 9 },
    };
    const scaled = await api.ok('PATCH', `${WIDGETS}/a/scale?fieldManager=hpa&force=true`, scale, APPLY);
    expect(scaled).toMatchObject({ spec: { replicas: 9 } });
    const after = await api.ok('GET', `${WIDGETS}/a`);
    expect(ownedBy(after, 'hpa')).toEqual({ 'f:spec': { 'f:replicas': {} } });
  });

  it('tracks those who write otherwise', async () => {
    await api.ok('POST', `${WIDGETS}?fieldManager=hand`, widget('a', { size: 1, tags: ['x'] }));
    const conflict = await api.fails('PATCH', url('one'), widget('a', { size: 2 }), APPLY);
    expect(conflict.message).toContain('conflict with "hand" using example.com/v1: .spec.size');
  });
});
