import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Anything, ApiHarness } from '../api-harness.ts';
import { DEFINITIONS, define, WIDGETS, widget, widgets } from './definitions.ts';

let api: ApiHarness;

beforeEach(async () => {
  api = await ApiHarness.start();
});
afterEach(() => api.close());

const RUNS = Number(process.env.FUZZ_RUNS ?? 400);
vi.setConfig({ testTimeout: 120_000 });
const odd = fc.oneof(
  fc.constantFrom(
    null,
    '',
    '__proto__',
    0,
    -1,
    1e20,
    1.5,
    true,
    [],
    {},
    [null],
    [[]],
    { toString: '' },
    { type: 'object' },
    '(',
    '.a[?(',
  ),
  fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<unknown>,
);

function mutated(object: unknown, keys: readonly number[], value: unknown): unknown {
  if (typeof object !== 'object' || object === null || keys.length === 0) return value;
  const copy = (Array.isArray(object) ? [...object] : { ...object }) as Record<string, unknown>;
  const names = Object.keys(copy);
  const [first = 0, ...rest] = keys;
  const name = names[first % Math.max(1, names.length)];
  if (name === undefined) return value;
  copy[name] = mutated(copy[name], rest, value);
  return copy;
}

const changes = fc.tuple(fc.array(fc.nat(30), { minLength: 1, maxLength: 12 }), odd);

async function answers(method: string, url: string, body: unknown, contentType?: string): Promise<number> {
  const { status, body: answer } = await api.call(method, url, body, contentType ? { contentType } : {});
  expect(status, `${method} ${url} ${JSON.stringify(body)}: ${JSON.stringify(answer)}`).toBeLessThan(500);
  return status;
}

function nested(depth: number): Anything {
  let schema: Anything = { type: 'string' };
  for (let level = 0; level < depth; level++) schema = { type: 'object', properties: { a: schema } };
  return schema;
}

function deep(depth: number): unknown {
  let value: unknown = 'x';
  for (let level = 0; level < depth; level++) value = { a: value };
  return value;
}

const withSpec = (spec: Anything): Anything =>
  widgets({ schema: { type: 'object', properties: { spec } }, version: { selectableFields: undefined } });

describe('hostile', () => {
  it('definitions of any shape', async () => {
    let accepted = 0;
    await fc.assert(
      fc.asyncProperty(changes, async ([keys, value]) => {
        const status = await answers('POST', DEFINITIONS, mutated(widgets(), keys, value));
        if (status !== 201) return;
        accepted++;
        await answers('POST', WIDGETS, widget('a', { size: 1 }));
        await answers('GET', '/openapi/v3/apis/example.com/v1', undefined);
        await answers('GET', WIDGETS, undefined);
        await api.ok('DELETE', `${DEFINITIONS}/widgets.example.com`);
        await answers('GET', '/apis', undefined);
      }),
      // Each is a definition that comes, is used and goes.
      { numRuns: Math.min(RUNS, 2000) },
    );
    expect(accepted).toBeGreaterThan(0);
  });

  it('custom resources of any shape', async () => {
    await define(api, widgets());
    const sample = widget('a', {
      size: 3,
      tags: ['a'],
      ports: [{ port: 1 }],
      free: { any: [{ thing: 1 }] },
      limit: '1%',
    });
    await api.ok('POST', WIDGETS, sample);
    const methods = fc.constantFrom(
      ['POST', WIDGETS, 'application/json'],
      ['PUT', `${WIDGETS}/a`, 'application/json'],
      ['PUT', `${WIDGETS}/a/status`, 'application/json'],
      ['PATCH', `${WIDGETS}/a`, 'application/merge-patch+json'],
      ['PATCH', `${WIDGETS}/a?fieldManager=x&force=1`, 'application/apply-patch+yaml'],
      ['PATCH', `${WIDGETS}/a/scale`, 'application/merge-patch+json'],
    );
    await fc.assert(
      fc.asyncProperty(methods, changes, async ([method = '', url = '', type], [keys, value]) => {
        await answers(method, url, mutated(sample, keys, value), type);
      }),
      { numRuns: RUNS },
    );
  });

  it('schemas and values that nest too deeply', async () => {
    expect(await answers('POST', DEFINITIONS, withSpec(nested(300)))).toBe(400);
    await define(api, withSpec(nested(80)));
    await answers('POST', WIDGETS, widget('a', deep(80) as Anything));
    await api.ok('DELETE', `${DEFINITIONS}/widgets.example.com`);
    await define(api, withSpec({ type: 'object', 'x-kubernetes-preserve-unknown-fields': true }));
    expect(await answers('POST', WIDGETS, widget('b', deep(5000) as Anything))).toBe(400);
    const list = Buffer.from(
      `{"apiVersion":"example.com/v1","kind":"Widget","metadata":{"name":"c"},"spec":{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}}`,
    );
    expect((await api.call('POST', WIDGETS, undefined, { bytes: list })).status).toBe(400);
  });

  it('names of what every object has', async () => {
    const schema = JSON.parse(
      '{"type":"object","properties":{"__proto__":{"type":"object","properties":{"polluted":{"type":"string","default":"yes"}}},"constructor":{"type":"object","properties":{"prototype":{"type":"object","x-kubernetes-preserve-unknown-fields":true}}}}}',
    ) as Anything;
    await define(api, withSpec(schema));
    const body =
      '{"apiVersion":"example.com/v1","kind":"Widget","metadata":{"name":"a"},"spec":{"__proto__":{},"constructor":{"prototype":{"polluted":1}}}}';
    const made = await api.call('POST', WIDGETS, undefined, { bytes: Buffer.from(body) });
    expect(made.status).toBe(201);
    expect(JSON.stringify((await api.ok('GET', `${WIDGETS}/a`)).spec)).toBe(
      '{"__proto__":{"polluted":"yes"},"constructor":{"prototype":{"polluted":1}}}',
    );
    const apply = { contentType: 'application/apply-patch+yaml' };
    const url = `${WIDGETS}/a?fieldManager=x&force=true`;
    await api.ok('PATCH', url, undefined, { ...apply, bytes: Buffer.from(body) });
    await api.ok('PATCH', url, undefined, {
      ...apply,
      bytes: Buffer.from(body.replace('"__proto__":{},', '')),
    });
    await answers(
      'PATCH',
      `${WIDGETS}/a`,
      JSON.parse('{"spec":{"__proto__":{"polluted":"no"}}}'),
      'application/merge-patch+json',
    );
    expect(({} as Anything).polluted).toBeUndefined();
    await answers('GET', '/openapi/v3/apis/example.com/v1', undefined);
  });

  it('patterns that would keep another engine busy for ever', async () => {
    await define(
      api,
      withSpec({ type: 'object', properties: { a: { type: 'string', pattern: '^(a+)+$' } } }),
    );
    const begin = performance.now();
    expect(await answers('POST', WIDGETS, widget('a', { a: `${'a'.repeat(10_000)}!` }))).toBe(422);
    expect(performance.now() - begin).toBeLessThan(2_000);
    const look = withSpec({ type: 'object', properties: { a: { type: 'string', pattern: '(?=a)' } } });
    look.metadata.name = 'looks.example.com';
    look.spec.names = { plural: 'looks', kind: 'Look' };
    expect(await api.fails('POST', DEFINITIONS, look)).toMatchObject({
      code: 422,
      message: expect.stringContaining(
        "must be a valid regular expression, but isn't: error parsing regexp: invalid or unsupported Perl syntax: `(?=`",
      ),
    });
  });

  it('schemas and values that multiply', async () => {
    const many = (count: number, value: Anything): Anything =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`p${index}`, value]));
    const items = (item: Anything): Anything => ({
      type: 'object',
      properties: { a: { type: 'array', items: item } },
    });
    await define(
      api,
      withSpec({
        type: 'object',
        properties: {
          defaults: items({ type: 'object', properties: many(500, { type: 'string', default: 'x' }) }),
          patterns: items({ type: 'string', pattern: '^(?:[a-z]{0,63}\\.){0,15}$' }),
          junctors: items({ type: 'string', anyOf: Array.from({ length: 500 }, () => ({ pattern: 'x' })) }),
          enumeration: items({
            type: 'string',
            enum: Array.from({ length: 5_000 }, (_, index) => `e${index}`),
          }),
        },
      }),
    );
    const begin = performance.now();
    const list = (length: number, value: unknown): Anything => ({ a: Array.from({ length }, () => value) });
    expect(await answers('POST', WIDGETS, widget('a', { defaults: list(50_000, {}) }))).toBe(400);
    expect(await answers('POST', WIDGETS, widget('b', { patterns: list(1_000, 'a'.repeat(1_000)) }))).toBe(
      422,
    );
    expect(await answers('POST', WIDGETS, widget('c', { junctors: list(20_000, 'abc') }))).toBe(422);
    expect(await answers('POST', WIDGETS, widget('d', { enumeration: list(50_000, 'e4999') }))).toBe(201);
    expect(performance.now() - begin).toBeLessThan(10_000);
  });

  it('a thousand definitions, and the cost of a request stays what it was', async () => {
    await define(api, widgets());
    const timeOf = async (): Promise<number> => {
      const begin = performance.now();
      for (let index = 0; index < 200; index++) {
        await api.ok('POST', WIDGETS, widget(`w${index}`, { size: 1 }));
        await api.ok('GET', `${WIDGETS}/w${index}`);
        await api.ok('DELETE', `${WIDGETS}/w${index}`);
      }
      return performance.now() - begin;
    };
    await timeOf();
    const before = await timeOf();
    for (let index = 0; index < 1000; index++) {
      const each = widgets({ names: { plural: `gadgets${index}`, kind: `Gadget${index}`, shortNames: [] } });
      each.metadata.name = `gadgets${index}.example.com`;
      await api.ok('POST', DEFINITIONS, each);
    }
    const after = Math.min(await timeOf(), await timeOf());
    expect(after).toBeLessThan(before * 3 + 100);
    const { resources } = await api.ok('GET', '/apis/example.com/v1');
    expect(resources.filter(({ name }: Anything) => !name.includes('/'))).toHaveLength(1001);
  }, 60_000);
});
