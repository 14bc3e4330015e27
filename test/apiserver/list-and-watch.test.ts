import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ApiHarness } from './api-harness.ts';
import { CONFIG_MAPS, configMap, PODS, pod } from './objects.ts';

let api: ApiHarness;
beforeEach(async () => {
  api = await ApiHarness.start();
});
afterEach(() => api.close());

const names = (list: { items: { metadata: { name: string } }[] }): string[] =>
  list.items.map(({ metadata }) => metadata.name);

async function make(...all: string[]): Promise<void> {
  for (const name of all) await api.ok('POST', CONFIG_MAPS, configMap(name, {}, { app: name }));
}

describe('list', () => {
  it('sorts by name and leaves kind out of the items', async () => {
    await make('b', 'a', 'c');
    const list = await api.ok('GET', CONFIG_MAPS);
    expect(names(list as never)).toEqual(['a', 'b', 'c']);
    expect(list).toMatchObject({ kind: 'ConfigMapList', apiVersion: 'v1' });
    expect(list.items[0].kind).toBeUndefined();
  });

  it.each([
    ['labelSelector=app%3Da', ['a']],
    ['labelSelector=app!%3Da', ['b', 'c']],
    ['labelSelector=app in (a,c)', ['a', 'c']],
    ['labelSelector=app notin (a,c)', ['b']],
    ['labelSelector=!app', []],
    ['labelSelector=app,app!%3Db', ['a', 'c']],
    ['fieldSelector=metadata.name%3Db', ['b']],
    ['fieldSelector=metadata.name!%3Db', ['a', 'c']],
    ['fieldSelector=metadata.namespace%3Dkube-system', []],
  ])('selects by %s', async (query, expected) => {
    await make('a', 'b', 'c');
    expect(names((await api.ok('GET', `${CONFIG_MAPS}?${query}`)) as never)).toEqual(expected);
  });

  it.each([
    'labelSelector=a%3D%3D%3Db',
    'labelSelector=%24%24',
    'fieldSelector=spec.x%3D1',
    'fieldSelector=x',
    'limit=x',
    'resourceVersion=x',
    'continue=x',
  ])('refuses %s', async (query) => {
    expect(await api.fails('GET', `${CONFIG_MAPS}?${query}`)).toMatchObject({
      code: 400,
      reason: 'BadRequest',
    });
  });

  it('pages through one snapshot', async () => {
    await make('a', 'b', 'c', 'd', 'e');
    const first = await api.ok('GET', `${CONFIG_MAPS}?limit=2`);
    expect(first.metadata.remainingItemCount).toBe(3);
    await api.ok('DELETE', `${CONFIG_MAPS}/d`);
    await make('bb');
    await api.patch(`${CONFIG_MAPS}/e`, 'merge', { data: { changed: 'yes' } });
    const second = await api.ok('GET', `${CONFIG_MAPS}?limit=2&continue=${first.metadata.continue}`);
    const third = await api.ok('GET', `${CONFIG_MAPS}?limit=2&continue=${second.metadata.continue}`);
    expect([first, second, third].flatMap((page) => names(page as never))).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(third.items[0].data?.changed).toBeUndefined();
    expect(third.metadata).toMatchObject({ resourceVersion: first.metadata.resourceVersion });
    expect(third.metadata.continue).toBeUndefined();
  });

  it('waits for a revision that has not come, then says so', async () => {
    const promise = api.fails('GET', `${CONFIG_MAPS}?resourceVersion=900000000000000`);
    expect(await api.clock.drive(promise, 10_000)).toMatchObject({
      code: 504,
      details: { causes: [{ reason: 'ResourceVersionTooLarge' }] },
    });
  });

  it('checks resourceVersionMatch', async () => {
    expect(await api.fails('GET', `${CONFIG_MAPS}?resourceVersionMatch=Exact`)).toMatchObject({ code: 422 });
    await make('a');
    const { metadata } = await api.ok('GET', CONFIG_MAPS);
    await make('b');
    const exact = await api.ok(
      'GET',
      `${CONFIG_MAPS}?resourceVersionMatch=Exact&resourceVersion=${metadata.resourceVersion}`,
    );
    expect(names(exact as never)).toEqual(['a']);
  });
});

describe('watch', () => {
  it('sends changes after a revision', async () => {
    const { metadata } = await api.ok('GET', CONFIG_MAPS);
    await make('a');
    const watch = await api.watch(`${CONFIG_MAPS}?watch=1&resourceVersion=${metadata.resourceVersion}`);
    await api.patch(`${CONFIG_MAPS}/a`, 'merge', { data: { x: '1' } });
    await api.ok('DELETE', `${CONFIG_MAPS}/a`);
    expect(await watch.summary(3)).toEqual(['ADDED a', 'MODIFIED a', 'DELETED a']);
    const revisions = watch.events.map(({ object }) => Number(object.metadata.resourceVersion));
    expect(revisions).toEqual([...revisions].sort((a, b) => a - b));
    expect(new Set(revisions).size).toBe(3);
    watch.stop();
    await watch.ended;
  });

  it.each(['', '&resourceVersion=0'])(
    'begins with the present state without a revision (%j)',
    async (query) => {
      await make('a', 'b');
      const watch = await api.watch(`${CONFIG_MAPS}?watch=true${query}`);
      await make('c');
      expect(await watch.summary(3)).toEqual(['ADDED a', 'ADDED b', 'ADDED c']);
    },
  );

  it('turns an update that a selector stops matching into a delete, and back', async () => {
    await make('a');
    const watch = await api.watch(`${CONFIG_MAPS}?watch=1&labelSelector=app%3Da`);
    await api.patch(`${CONFIG_MAPS}/a`, 'merge', { metadata: { labels: { app: 'z' } } });
    await api.patch(`${CONFIG_MAPS}/a`, 'merge', { data: { unseen: 'yes' } });
    await api.patch(`${CONFIG_MAPS}/a`, 'merge', { metadata: { labels: { app: 'a' } } });
    expect(await watch.summary(3)).toEqual(['ADDED a', 'DELETED a', 'ADDED a']);
  });

  it('shows a node its own pods only', async () => {
    const watch = await api.watch('/api/v1/pods?watch=1&fieldSelector=spec.nodeName%3Dnode-1');
    const everything = await api.watch('/api/v1/pods?watch=1');
    await api.ok('POST', PODS, pod('other', { node: 'node-2' }));
    await api.ok('POST', PODS, pod('mine'));
    await api.ok('POST', `${PODS}/mine/binding`, { target: { name: 'node-1' } });
    expect(await watch.summary(1)).toEqual(['ADDED mine']);
    expect(await everything.summary(3)).toEqual(['ADDED other', 'ADDED mine', 'MODIFIED mine']);
  });

  it('watches one object by name', async () => {
    const watch = await api.watch(`${CONFIG_MAPS}?watch=1&fieldSelector=metadata.name%3Db`);
    await make('a', 'b');
    await api.ok('DELETE', `${CONFIG_MAPS}/b`);
    expect(await watch.summary(2)).toEqual(['ADDED b', 'DELETED b']);
  });

  it('sends bookmarks each minute to those who ask', async () => {
    const asks = await api.watch(`${CONFIG_MAPS}?watch=1&allowWatchBookmarks=true`);
    const does_not = await api.watch(`${CONFIG_MAPS}?watch=1`);
    await api.clock.run(61_000);
    expect(asks.events.map(({ type }) => type)).toEqual(['BOOKMARK']);
    expect(Number(asks.events[0]?.object.metadata.resourceVersion)).toBeGreaterThan(1);
    expect(does_not.events).toEqual([]);
  });

  it('ends in its time, with a last bookmark', async () => {
    const watch = await api.watch(`${CONFIG_MAPS}?watch=1&timeoutSeconds=5&allowWatchBookmarks=1`);
    await api.clock.drive(watch.ended, 6_000);
    expect(watch.events.map(({ type }) => type)).toEqual(['BOOKMARK']);
  });

  it('sends initial events and marks their end', async () => {
    await make('a');
    const query = 'watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true';
    const watch = await api.watch(`${CONFIG_MAPS}?${query}`);
    const [added, bookmark] = await watch.first(2);
    expect(added).toMatchObject({ type: 'ADDED' });
    expect(bookmark).toMatchObject({
      type: 'BOOKMARK',
      object: { metadata: { annotations: { 'k8s.io/initial-events-end': 'true' } } },
    });
    expect(await api.fails('GET', `${CONFIG_MAPS}?watch=1&sendInitialEvents=true`)).toMatchObject({
      code: 422,
    });
  });

  it('ends all watches when the server closes', async () => {
    const watch = await api.watch(`${CONFIG_MAPS}?watch=1`);
    await api.close();
    await watch.ended;
  });

  it.each(['1', '900000000000000'])('says 410 to a revision of another history (%s)', async (revision) => {
    const opened = api.watch(`${CONFIG_MAPS}?watch=1&resourceVersion=${revision}`);
    const watch = await api.clock.drive(opened, 10_000);
    await watch.ended;
    expect(watch.events).toMatchObject([{ type: 'ERROR', object: { code: 410, reason: 'Expired' } }]);
  });

  it('says 410 inside the stream when history is gone', async () => {
    await make('a');
    const { metadata } = await api.ok('GET', CONFIG_MAPS);
    for (let round = 0; round < 10_050; round++) {
      await api.server.handle({
        method: 'PUT',
        url: `${CONFIG_MAPS}/a`,
        headers: {},
        user: { name: 'admin', groups: ['system:masters'] },
        body: Buffer.from(`{"metadata":{"name":"a"},"data":{"n":"${round}"}}`),
      });
    }
    const watch = await api.watch(`${CONFIG_MAPS}?watch=1&resourceVersion=${metadata.resourceVersion}`);
    await watch.ended;
    expect(watch.events).toEqual([
      { type: 'ERROR', object: expect.objectContaining({ code: 410, reason: 'Expired', status: 'Failure' }) },
    ]);
  }, 30_000);
});

describe('representations', () => {
  const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';
  const PARTIAL = 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io';

  it('answers tables', async () => {
    await api.ok('POST', PODS, pod('a'));
    const table = await api.ok('GET', PODS, undefined, { accept: TABLE });
    expect(table).toMatchObject({ kind: 'Table', apiVersion: 'meta.k8s.io/v1' });
    expect(table.columnDefinitions.map((each: { name: string }) => each.name)).toEqual([
      'Name',
      'Ready',
      'Status',
      'Restarts',
      'Age',
      'IP',
      'Node',
      'Nominated Node',
      'Readiness Gates',
    ]);
    expect(table.rows[0].cells).toEqual([
      'a',
      '0/1',
      'Pending',
      '0',
      '0s',
      '<none>',
      '<none>',
      '<none>',
      '<none>',
    ]);
    expect(table.rows[0].object.kind).toBe('PartialObjectMetadata');
  });

  it('sends column definitions with the first event of a table watch only', async () => {
    const watch = await api.watch(`${CONFIG_MAPS}?watch=1`, { accept: TABLE });
    await make('a', 'b');
    const [first, second] = await watch.first(2);
    expect(first?.object.columnDefinitions).toHaveLength(3);
    expect(second?.object.columnDefinitions).toBeUndefined();
  });

  it('cuts objects down to their metadata', async () => {
    await make('a');
    const list = await api.ok('GET', CONFIG_MAPS, undefined, { accept: PARTIAL });
    expect(list).toMatchObject({
      kind: 'PartialObjectMetadataList',
      items: [{ kind: 'PartialObjectMetadata' }],
    });
    expect(list.items[0].data).toBeUndefined();
  });

  it('answers 406 to what it does not have', async () => {
    for (const accept of ['text/html', 'application/json;as=Picture;v=v1;g=meta.k8s.io']) {
      expect(await api.fails('GET', CONFIG_MAPS, undefined, { accept })).toMatchObject({ code: 406 });
    }
  });
});
