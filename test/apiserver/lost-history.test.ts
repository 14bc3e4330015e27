import { afterEach, expect, it } from 'vitest';
import { MemoryStorage } from '../../apiserver/storage/memory-storage.ts';
import { stampRevision } from '../../apiserver/storage/stamp-revision.ts';
import type { Change, StorageEvent } from '../../apiserver/storage/storage.ts';
import { ApiHarness } from './api-harness.ts';
import { CONFIG_MAPS, configMap, PODS } from './objects.ts';

/** Storage that others write to, and that lets a test say what they did. */
class SharedStorage extends MemoryStorage {
  tell: (event: StorageEvent) => void = () => {};
  catchUp: () => Promise<void> = async () => {};

  override watch(afterRevision: number, sink: (event: StorageEvent) => void): () => void {
    this.tell = sink;
    return super.watch(afterRevision, sink);
  }
}

let api: ApiHarness;
let storage: SharedStorage;
afterEach(() => api.close());

async function start(): Promise<void> {
  storage = new SharedStorage();
  api = await ApiHarness.start({ storage });
}

function put(name: string, revision: number): Change {
  const object = { kind: 'ConfigMap', apiVersion: 'v1', metadata: { name, namespace: 'default', uid: name } };
  const bytes = stampRevision(Buffer.from(JSON.stringify(object)), revision);
  return { type: 'put', value: { key: keyOf(name), revision, bytes } };
}

const keyOf = (name: string): string => `/registry//configmaps/default/${name}`;

it('ends watches with 410 when nobody knows what they missed; the state is the right one', async () => {
  await start();
  await api.ok('POST', CONFIG_MAPS, configMap('gone'));
  await api.ok('POST', CONFIG_MAPS, configMap('kept'));
  const before = (await api.ok('GET', CONFIG_MAPS)).metadata.resourceVersion as string;
  const watches = await Promise.all(
    [CONFIG_MAPS, PODS].map((url) => api.watch(`${url}?watch=1&resourceVersion=${before}`)),
  );
  const [first, head] = [Number(before) + 10, Number(before) + 20];
  storage.tell({
    type: 'gap',
    revision: head,
    changes: [put('new', first), { type: 'delete', key: keyOf('gone'), revision: head }],
  });

  for (const watch of watches) {
    await watch.ended;
    expect(watch.events).toMatchObject([{ type: 'ERROR', object: { code: 410, reason: 'Expired' } }]);
  }
  const list = await api.ok('GET', CONFIG_MAPS);
  expect(list.metadata.resourceVersion).toBe(String(head));
  const names = list.items.map(({ metadata }: { metadata: { name: string } }) => metadata.name);
  expect(names).toEqual(expect.arrayContaining(['kept', 'new']));
  expect(names).not.toContain('gone');
  // From in between nothing can be told, also not what the changes seem to say.
  for (const revision of [before, first, head - 1]) {
    const late = await api.watch(`${CONFIG_MAPS}?watch=1&resourceVersion=${revision}`);
    expect((await late.first(1))[0]).toMatchObject({ type: 'ERROR', object: { code: 410 } });
    const query = `resourceVersion=${revision}&resourceVersionMatch=Exact`;
    expect(await api.fails('GET', `${CONFIG_MAPS}?${query}`)).toMatchObject({ code: 410 });
  }
  const resumed = await api.watch(`${CONFIG_MAPS}?watch=1&resourceVersion=${head}`);
  storage.tell(put('next', head + 1));
  expect(await resumed.summary(1)).toEqual(['ADDED next']);
  resumed.stop();
});

it('says that it is not ready while storage does not answer', async () => {
  await start();
  const ask = async (path: string): Promise<[number, string]> => {
    const { status, body } = await api.call<string>('GET', path);
    return [status, body];
  };
  expect(await ask('/readyz')).toEqual([200, 'ok']);
  storage.catchUp = () => Promise.reject(new Error('away'));
  const [status, text] = await ask('/readyz');
  expect(status).toBe(500);
  expect(text).toContain('[+]ping ok\n[+]log ok\n[-]etcd failed: reason withheld\n');
  expect(text).toContain('readyz check failed');
  expect((await ask('/livez/etcd'))[0]).toBe(500);
  expect((await ask('/livez/ping'))[0]).toBe(200);
  expect((await ask('/livez?exclude=etcd'))[0]).toBe(200);
  // Silence is no answer either.
  storage.catchUp = () => new Promise(() => {});
  const silent = ask('/healthz');
  expect((await api.clock.drive(silent, 2_000))[0]).toBe(500);
  storage.catchUp = async () => {};
  expect(await ask('/healthz')).toEqual([200, 'ok']);
});
