import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { sealMessage } from '../../openapi/protobuf-envelope.ts';
import { allResources, groupVersion } from '../../openapi/resources.ts';
import { sampleObject } from '../openapi/sample-object.ts';
import { ADMIN, ApiHarness } from './api-harness.ts';
import { configMap, deployment, PODS, pod, service } from './objects.ts';

let api: ApiHarness;
beforeAll(async () => {
  api = await ApiHarness.start();
  await api.ok('POST', PODS, pod('a', { node: 'n' }));
});
afterAll(() => api.close());

/** For each of the five below; CI makes a hundred thousand inputs of it. */
const RUNS = Number(process.env.FUZZ_RUNS ?? 1500);
vi.setConfig({ testTimeout: 120_000 });
const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'BREW'] as const;
const PATCHES = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
] as const;

const roots = allResources.map(({ group, version, resource, namespaced }) => {
  const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  return `${root}${namespaced ? '/namespaces/default' : ''}/${resource}`;
});

/** Whatever comes in, the answer is an answer: never a 5xx of ours, and always one that says what is wrong. */
async function answers(
  method: string,
  url: string,
  bytes: Uint8Array | undefined,
  type: string,
): Promise<void> {
  const abort = new AbortController();
  const response = await api.server.handle({
    method,
    url,
    user: ADMIN,
    headers: { 'content-type': type },
    signal: abort.signal,
    ...(bytes ? { body: bytes } : {}),
  });
  abort.abort();
  if (response.status < 500) return;
  const text = response.body instanceof Uint8Array ? Buffer.from(response.body).toString() : 'a stream';
  // Waiting for a revision of the future, and no way to nodes, are answers.
  expect([503, 504], `${method} ${url} ${type} ${Buffer.from(bytes ?? []).toString()}: ${text}`).toContain(
    response.status,
  );
}

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
    { $patch: 'delete' },
    'a/b',
    '\u0000',
  ),
  fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<unknown>,
);
const paths = fc
  .constantFrom(...roots, PODS)
  .chain((root) =>
    fc
      .constantFrom('', '/a', '/a/status', '/a/scale', '/a/binding', '/a/eviction', '/a/finalize', '/a/log')
      .map((tail) => root + tail),
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

const samples = [
  pod('a'),
  configMap('a'),
  service('a'),
  deployment('a'),
  ...allResources.map(({ message }) => ({ ...sampleObject(message), metadata: { name: 'a' } })),
];
const objects = fc
  .tuple(fc.constantFrom(...samples), fc.array(fc.nat(30), { minLength: 1, maxLength: 7 }), odd)
  .map(([sample, keys, value]) => mutated(sample, keys, value));

describe('hostile input', () => {
  it('bodies of any shape', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...METHODS), paths, objects, async (method, url, body) => {
        const type = method === 'PATCH' ? PATCHES[url.length % 3]! : 'application/json';
        await answers(method, url, Buffer.from(JSON.stringify(body)), type);
      }),
      { numRuns: RUNS },
    );
  });

  it('patches of any shape', async () => {
    const operation = fc.record({
      op: fc.constantFrom('add', 'remove', 'replace', 'move', 'copy', 'test', 'x'),
      path: fc.constantFrom(
        '',
        '/',
        '/metadata',
        '/metadata/labels/a',
        '/spec/containers/-',
        '/spec/containers/0/name',
        '/__proto__/a',
        '/spec/x/y/z',
        'spec',
      ),
      from: fc.constantFrom('/metadata', '/spec', '', '/nope'),
      value: odd,
    });
    const body = fc.oneof(objects, fc.array(operation, { maxLength: 4 }), odd);
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...PATCHES, 'application/apply-patch+yaml'),
        paths,
        body,
        (type, url, patch) => answers('PATCH', url, Buffer.from(JSON.stringify(patch)), type),
      ),
      { numRuns: RUNS },
    );
  });

  it('bytes that are nothing', async () => {
    const types = [
      'application/json',
      'application/yaml',
      'application/vnd.kubernetes.protobuf',
      ...PATCHES,
      'x',
      '',
    ] as const;
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('POST', 'PUT', 'PATCH', 'DELETE'),
        paths,
        fc.constantFrom(...types),
        fc.uint8Array({ maxLength: 200 }),
        (method, url, type, bytes) => answers(method, url, bytes, type),
      ),
      { numRuns: RUNS },
    );
  });

  it('protobuf with single bytes changed', async () => {
    const bodies = allResources.map((definition, index) => {
      const { kind, message } = definition;
      const object = { ...sampleObject(message), metadata: { name: 'a' } };
      const { bytes } = sealMessage(message, groupVersion(definition), kind, object);
      return { url: roots[index]!, bytes };
    });
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...bodies),
        fc.nat(),
        fc.nat(255),
        async ({ url, bytes }, at, value) => {
          const changed = Uint8Array.from(bytes);
          changed[at % changed.length] = value;
          await answers('POST', url, changed, 'application/vnd.kubernetes.protobuf');
        },
      ),
      { numRuns: RUNS },
    );
  });

  it('paths and queries', async () => {
    const part = fc.constantFrom(
      'api',
      'apis',
      'v1',
      'apps',
      'namespaces',
      'default',
      'pods',
      'a',
      '',
      '..',
      '%00',
      '%zz',
      '%2F',
      'watch',
      'openapi',
      'v3',
      'status',
      '__proto__',
      'constructor',
    );
    const name = fc.constantFrom(
      'watch',
      'limit',
      'continue',
      'labelSelector',
      'fieldSelector',
      'resourceVersion',
      'resourceVersionMatch',
      'timeoutSeconds',
      'dryRun',
      'fieldValidation',
      'sendInitialEvents',
      'allowWatchBookmarks',
      'gracePeriodSeconds',
      'propagationPolicy',
      'tailLines',
    );
    const value = fc.oneof(
      fc.constantFrom(
        'true',
        '1',
        '0',
        '-1',
        'a=b',
        'a in (b',
        '!',
        ',',
        'metadata.name=a',
        'spec.nodeName!=x',
        'Exact',
        'NotOlderThan',
        '99',
        'WzEsImEiLCJiIl0',
      ),
      fc.string({ maxLength: 12 }),
    );
    const url = fc
      .tuple(
        fc.oneof(
          paths,
          fc.array(part, { maxLength: 8 }).map((parts) => `/${parts.join('/')}`),
        ),
        fc.array(fc.tuple(name, value), { maxLength: 4 }),
      )
      .map(
        ([path, query]) =>
          `${path}?${query.map(([key, text]) => `${key}=${encodeURIComponent(text)}`).join('&')}`,
      );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...METHODS), url, async (method, target) => {
        const done = answers(method, target, undefined, 'application/json');
        await api.clock.drive(done, 60_000);
      }),
      { numRuns: RUNS },
    );
  });
});
