import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { EtcdStorage } from '../../../apiserver/storage/etcd/etcd-storage.ts';
import { JournalStorage } from '../../../apiserver/storage/journal/journal-storage.ts';
import { MemoryStorage } from '../../../apiserver/storage/memory-storage.ts';
import type { Storage } from '../../../apiserver/storage/storage.ts';
import { systemClock } from '../../../platform/clock.ts';
import { silentLogger } from '../../../platform/logger.ts';
import { hasTool } from '../../integration/running-cluster.ts';
import { type Anything, ApiHarness } from '../api-harness.ts';
import { EtcdProcess } from '../storage/etcd-process.ts';
import { DEFINITIONS, define, WIDGETS, widget, widgets } from './definitions.ts';

const NAME = `${DEFINITIONS}/widgets.example.com`;
const V2 = WIDGETS.replace('/v1/', '/v2/');
const BETA = WIDGETS.replace('/v1/', '/v1beta1/');

let api: ApiHarness;

beforeEach(async () => {
  api = await ApiHarness.start();
});
afterEach(() => api.close());

const specOf = (properties: Anything): Anything => ({
  openAPIV3Schema: { type: 'object', properties: { spec: { type: 'object', properties } } },
});

function version(name: string, properties: Anything, more: Anything = {}): Anything {
  return { name, served: true, storage: false, schema: specOf(properties), ...more };
}

const size = { type: 'integer' };

/** Changes a definition's versions; what is served follows at once. */
async function change(versions: readonly Anything[]): Promise<Anything> {
  return api.patch(NAME, 'merge', { spec: { versions } });
}

describe('versions', () => {
  it('differ in their apiVersion alone', async () => {
    const versions = [
      version('v1beta1', { size }),
      version('v1', { size }, { storage: true }),
      version('v2', { size, added: { type: 'string', default: 'x' } }),
    ];
    await define(api, widgets({ spec: { versions } }));
    const watch = await api.watch(`${BETA}?watch=1`);
    const made = await api.ok('POST', V2, { ...widget('a', { size: 1 }), apiVersion: 'example.com/v2' });
    expect(made).toMatchObject({ apiVersion: 'example.com/v2', spec: { size: 1 } });
    expect(await api.ok('GET', `${WIDGETS}/a`)).toMatchObject({
      apiVersion: 'example.com/v1',
      spec: { size: 1 },
    });
    const listed = await api.ok('GET', BETA);
    expect(listed).toMatchObject({ kind: 'WidgetList', apiVersion: 'example.com/v1beta1' });
    expect(listed.items[0]).toMatchObject({ kind: 'Widget', apiVersion: 'example.com/v1beta1' });
    expect((await watch.first(1))[0]).toMatchObject({
      type: 'ADDED',
      object: { apiVersion: 'example.com/v1beta1' },
    });
    expect(await api.fails('POST', V2, widget('b'))).toMatchObject({
      message:
        'the API version in the data (example.com/v1) does not match the expected API version (example.com/v2)',
    });
    const group = await api.ok('GET', '/apis/example.com');
    expect(group.versions.map((each: Anything) => each.version)).toEqual(['v2', 'v1', 'v1beta1']);
    expect(group.preferredVersion.version).toBe('v2');
  });

  it('come and go, and with them their watches', async () => {
    const both = [version('v1', { size }, { storage: true }), version('v2', { size })];
    await define(api, widgets({ spec: { versions: both } }));
    await api.ok('POST', WIDGETS, widget('a', { size: 1 }));
    const [first, second] = [await api.watch(`${WIDGETS}?watch=1`), await api.watch(`${V2}?watch=1`)];
    await Promise.all([first.first(1), second.first(1)]);
    await change([version('v1', { size }, { storage: true, served: false }), version('v2', { size })]);
    await first.ended;
    expect((await api.call('GET', `${WIDGETS}/a`)).status).toBe(404);
    expect(await api.ok('GET', `${V2}/a`)).toMatchObject({ spec: { size: 1 } });
    await change([version('v1', { size }, { storage: true }), version('v2', { size }, { served: false })]);
    await second.ended;
    expect(await api.ok('GET', WIDGETS)).toMatchObject({
      items: [{ apiVersion: 'example.com/v1', spec: { size: 1 } }],
    });
  });

  it('are stored in one of them, and every one that ever was is remembered', async () => {
    await define(api, widgets({ spec: { versions: [version('v1', { size }, { storage: true })] } }));
    await api.ok('POST', WIDGETS, widget('a', { size: 1 }));
    const crd = await change([version('v1', { size }), version('v2', { size }, { storage: true })]);
    expect(crd.status.storedVersions).toEqual(['v1', 'v2']);
    expect(await api.ok('GET', `${V2}/a`)).toMatchObject({ apiVersion: 'example.com/v2', spec: { size: 1 } });
    await api.patch(`${WIDGETS}/a`, 'merge', { spec: { size: 2 } });
    expect(await api.ok('GET', `${V2}/a`)).toMatchObject({ apiVersion: 'example.com/v2', spec: { size: 2 } });
    const gone = { spec: { versions: [version('v2', { size }, { storage: true })] } };
    const refused = await api.fails('PATCH', NAME, gone, { contentType: 'application/merge-patch+json' });
    expect(refused.details?.causes?.[0]).toMatchObject({
      field: 'status.storedVersions[0]',
      message: expect.stringContaining('missing from spec.versions; v1 was previously a storage version'),
    });
  });

  it('warn when they are deprecated', async () => {
    const versions = [
      version('v1', { size }, { storage: true }),
      version('v1beta1', { size }, { deprecated: true }),
      version('v1alpha1', { size }, { deprecated: true, deprecationWarning: 'do not' }),
    ];
    await define(api, widgets({ spec: { versions } }));
    const warning = async (url: string): Promise<string | undefined> =>
      (await api.call('GET', url)).headers.warning;
    expect(await warning(WIDGETS)).toBeUndefined();
    expect(await warning(BETA)).toBe(
      '299 - "example.com/v1beta1 Widget is deprecated; use example.com/v1 Widget"',
    );
    expect(await warning(WIDGETS.replace('/v1/', '/v1alpha1/'))).toBe('299 - "do not"');
  });
});

describe('a changed schema', () => {
  it('is in force for the next request, also for what is stored', async () => {
    await define(
      api,
      widgets({ spec: { versions: [version('v1', { size, old: size }, { storage: true })] } }),
    );
    await api.ok('POST', WIDGETS, widget('a', { size: 100, old: 1 }));
    const watch = await api.watch(`${WIDGETS}?watch=1`);
    const color = { type: 'string', default: 'red' };
    await change([version('v1', { size: { ...size, maximum: 10 }, color }, { storage: true })]);
    expect((await api.ok('GET', `${WIDGETS}/a`)).spec).toEqual({ size: 100, color: 'red' });
    expect(await api.fails('POST', WIDGETS, widget('b', { size: 11 }))).toMatchObject({
      details: {
        causes: [{ message: 'Invalid value: 11: spec.size in body should be less than or equal to 10' }],
      },
    });
    // What was too large before the bound was set may stay so.
    expect((await api.patch(`${WIDGETS}/a`, 'merge', { spec: { color: 'green' } })).spec).toEqual({
      size: 100,
      color: 'green',
    });
    expect(await watch.summary(2)).toEqual(['ADDED a', 'MODIFIED a']);
  });
});

const newPlace = (): string => mkdtempSync(join(tmpdir(), 'podwire-definitions-'));

describe('a storage', () => {
  it('that is opened again has what was defined', async () => {
    await api.close();
    const folder = newPlace();
    const open = (): Promise<Storage> => JournalStorage.open({ path: folder, logger: silentLogger });
    api = await ApiHarness.start({ storage: await open() });
    await define(api, widgets());
    await api.ok('POST', WIDGETS, widget('a', { size: 1 }));
    await api.close();
    api = await ApiHarness.start({ storage: await open() });
    expect(await api.ok('GET', `${WIDGETS}/a`)).toMatchObject({ spec: { size: 1, color: 'red' } });
    expect(await api.ok('GET', '/apis/example.com/v1')).toMatchObject({ groupVersion: 'example.com/v1' });
    await api.close();
    rmSync(folder, { recursive: true });
    api = await ApiHarness.start();
  });
});

it('objects that come before their definition are not lost', async () => {
  await api.close();
  const storage = new MemoryStorage(1);
  api = await ApiHarness.start({ storage });
  const early = (name: string): Buffer =>
    Buffer.from(
      JSON.stringify({
        kind: 'Widget',
        apiVersion: 'example.com/v1',
        metadata: { name, namespace: 'default' },
      }),
    );
  await storage.create('/registry/example.com/widgets/default/a', early('a'));
  await storage.create('/registry/example.com/widgets/default/b', early('b'));
  await storage.delete('/registry/example.com/widgets/default/b', (await storage.load()).revision);
  await define(api, widgets());
  expect((await api.ok('GET', WIDGETS)).items.map((each: Anything) => each.metadata.name)).toEqual(['a']);
});

async function deleteIsSeenByBoth(one: ApiHarness, two: ApiHarness): Promise<void> {
  await two.ok('DELETE', NAME);
  const watch = await one.watch(`${DEFINITIONS}?watch=1`);
  while ((await one.call('GET', NAME)).status !== 404) await watch.first(watch.events.length + 1);
  watch.stop();
  expect((await one.call('GET', WIDGETS)).status).toBe(404);
  expect((await two.call('GET', WIDGETS)).status).toBe(404);
}

describe('two servers', () => {
  it('on one memory serve the same, and so does one that comes later', async () => {
    await api.close();
    const storage = new MemoryStorage(1);
    api = await ApiHarness.start({ storage });
    const other = await ApiHarness.start({ storage });
    await define(api, widgets());
    await other.ok('POST', WIDGETS, widget('a', { size: 1 }));
    expect(await api.ok('GET', `${WIDGETS}/a`)).toMatchObject({ spec: { size: 1 } });
    await deleteIsSeenByBoth(api, other);
    await define(api, widgets());
    await api.ok('POST', WIDGETS, widget('b', { size: 1 }));
    const late = await ApiHarness.start({ storage });
    expect(await late.ok('GET', `${WIDGETS}/b`)).toMatchObject({ spec: { size: 1 } });
  });

  it.runIf(hasTool('etcd'))(
    'on one etcd serve a definition as soon as one of them does',
    async () => {
      await api.close();
      const etcd = await EtcdProcess.start();
      const start = async (): Promise<ApiHarness> =>
        ApiHarness.start({
          storage: await EtcdStorage.open({
            servers: [etcd.url],
            prefix: '/definitions',
            clock: systemClock,
            logger: silentLogger,
          }),
        });
      api = await start();
      const other = await start();
      try {
        await define(api, widgets());
        for (let index = 0; index < 20; index++) {
          await other.ok('POST', WIDGETS, widget(`a${index}`, { size: 1 }));
          expect(await api.ok('GET', `${WIDGETS}/a${index}`)).toMatchObject({ spec: { size: 1 } });
        }
        await deleteIsSeenByBoth(api, other);
      } finally {
        await other.close();
        await api.close();
        await etcd.remove();
        api = await ApiHarness.start();
      }
    },
    60_000,
  );
});
