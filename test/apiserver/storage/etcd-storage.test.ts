import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EtcdAccess, EtcdClient } from '../../../apiserver/storage/etcd/etcd-client.ts';
import { EtcdStorage } from '../../../apiserver/storage/etcd/etcd-storage.ts';
import type { StorageEvent } from '../../../apiserver/storage/storage.ts';
import { systemClock } from '../../../platform/clock.ts';
import { silentLogger } from '../../../platform/logger.ts';
import { eventually } from '../../integration/eventually.ts';
import { hasTool } from '../../integration/running-cluster.ts';
import { createAuthority } from '../certificates.ts';
import { EtcdProcess } from './etcd-process.ts';
import { describeStorage } from './storage-contract.ts';

const isInstalled = hasTool('etcd');
let etcd: EtcdProcess;
let places = 0;

beforeAll(async () => {
  if (isInstalled) etcd = await EtcdProcess.start();
}, 30_000);
afterAll(() => etcd?.remove());

const open = (prefix: string): Promise<EtcdStorage> =>
  EtcdStorage.open({ servers: [etcd.url], prefix, clock: systemClock, logger: silentLogger });

const object = (name: string): Buffer =>
  Buffer.from(JSON.stringify({ kind: 'ConfigMap', apiVersion: 'v1', metadata: { name } }));

const KEY = '/registry//configmaps/default/a';

describe.runIf(isInstalled)('etcd', () => {
  describeStorage({
    name: 'etcd',
    newPlace: async () => {
      const prefix = `/place-${places++}`;
      return { durable: true, open: () => open(prefix), remove: async () => {} };
    },
  });

  it('shows each server what the other wrote, in order', async () => {
    const [one, two] = [await open('/shared'), await open('/shared')];
    const events: StorageEvent[] = [];
    one.watch((await one.load()).revision, () => {});
    two.watch((await two.load()).revision, (event) => events.push(event));
    const created = (await one.create(KEY, object('a')))!;
    await two.catchUp();
    expect(events).toEqual([{ type: 'put', value: created }]);
    const replaced = (await two.replace(KEY, created.revision, object('a')))!;
    // The first server has not been told of anything, and is refused; then it has seen why.
    expect(await one.replace(KEY, created.revision, object('a'))).toBeUndefined();
    expect(await one.delete(KEY, replaced.revision)).toBeGreaterThan(replaced.revision);
    await two.catchUp();
    expect(events.map(({ type }) => type)).toEqual(['put', 'put', 'delete']);
    await one.close();
    await two.close();
  });

  it('goes on where it was when etcd comes back', async () => {
    const storage = await open('/restart');
    const events: StorageEvent[] = [];
    storage.watch((await storage.load()).revision, (event) => events.push(event));
    const created = (await storage.create(KEY, object('a')))!;
    await etcd.kill();
    await expect(storage.create(`${KEY}2`, object('a2'))).rejects.toMatchObject({ code: 503 });
    await etcd.run();
    await eventually(async () => expect(await storage.delete(KEY, created.revision)).toBeDefined());
    expect(events.map(({ type }) => type)).toEqual(['put', 'delete']);
    await storage.close();
  }, 30_000);

  it('finds what changed when the history is gone', async () => {
    const [writer, reader] = [await open('/compacted'), await open('/compacted')];
    writer.watch((await writer.load()).revision, () => {});
    const kept = (await writer.create(KEY, object('a')))!;
    const gone = (await writer.create(`${KEY}2`, object('a2')))!;
    const { revision } = await reader.load();
    await writer.delete(`${KEY}2`, gone.revision);
    const changed = (await writer.replace(KEY, kept.revision, object('a')))!;
    const last = (await writer.create(`${KEY}3`, object('a3')))!;
    const client = new EtcdClient({ servers: [etcd.url] });
    await client.compact(last.revision);
    client.close();
    const events: StorageEvent[] = [];
    reader.watch(revision, (event) => events.push(event));
    await reader.catchUp();
    const [gap] = events;
    if (gap?.type !== 'gap' || events.length > 1) throw new Error('a gap was expected');
    expect(gap.revision).toBeGreaterThanOrEqual(last.revision);
    expect(gap.changes).toMatchObject([
      { type: 'put', value: { revision: changed.revision } },
      { type: 'put', value: { revision: last.revision } },
      { type: 'delete', key: `${KEY}2`, revision: gap.revision },
    ]);
    const next = (await writer.create(`${KEY}4`, object('a4')))!;
    await reader.catchUp();
    expect(events.slice(1)).toEqual([{ type: 'put', value: next }]);
    await writer.close();
    await reader.close();
  });

  it('cuts history again and again, and keeps what is there', async () => {
    const options = { servers: [etcd.url], prefix: '/cut', clock: systemClock, logger: silentLogger };
    const servers = await Promise.all(
      [1, 2].map(() => EtcdStorage.open({ ...options, compactEveryMs: 100 })),
    );
    const [storage] = servers as [EtcdStorage, EtcdStorage];
    storage.watch((await storage.load()).revision, () => {});
    const created = (await storage.create(KEY, object('a')))!;
    const replaced = (await storage.replace(KEY, created.revision, object('a')))!;
    const client = new EtcdClient({ servers: [etcd.url] });
    const key = Buffer.from('/cut/compact_rev_key');
    await eventually(() =>
      expect(client.range({ key, revision: created.revision })).rejects.toThrow('compacted'),
    );
    const { values } = await storage.load();
    expect(values.map(({ key: path, revision }) => [path, revision])).toEqual([[KEY, replaced.revision]]);
    client.close();
    for (const server of servers) await server.close();
  });

  it('has caught up although somebody else on the same etcd writes', async () => {
    const storage = await open('/neighbour');
    storage.watch((await storage.load()).revision, () => {});
    const client = new EtcdClient({ servers: [etcd.url] });
    const header = async (): Promise<number> =>
      (await client.range({ key: Buffer.from('/elsewhere') })).header.revision;
    await client.put({ key: Buffer.from('/elsewhere'), value: Buffer.from('1') });
    const before = await header();
    await storage.catchUp();
    const marked = await header();
    expect(marked).toBeGreaterThan(before);
    // Nobody wrote since: to read costs etcd no write.
    await Promise.all(Array.from({ length: 20 }, () => storage.catchUp()));
    expect(await header()).toBe(marked);
    client.close();
    await storage.close();
  });

  it('turns to the next server when one does not answer', async () => {
    const storage = await EtcdStorage.open({
      servers: ['http://127.0.0.1:1', etcd.url, 'http://127.0.0.1:1'],
      prefix: '/turns',
      clock: systemClock,
      logger: silentLogger,
    });
    storage.watch((await storage.load()).revision, () => {});
    expect(await storage.create(KEY, object('a'))).toBeDefined();
    await storage.close();
  });

  it('shows its certificate, and wants to see the right one', async () => {
    const authority = await createAuthority();
    const secured = await EtcdProcess.start({ ca: authority.ca, ...(await authority.issue('CN=etcd')) });
    const openWith = (access: Pick<EtcdAccess, 'ca' | 'cert' | 'key'>): Promise<EtcdStorage> =>
      EtcdStorage.open({
        servers: [secured.url],
        prefix: '/tls',
        clock: systemClock,
        logger: silentLogger,
        connectMs: 0,
        ...access,
      });
    const own = await authority.issue('CN=apiserver');
    const storage = await openWith({ ca: authority.ca, ...own });
    expect(await storage.create(KEY, object('a'))).toBeDefined();
    await storage.close();
    const other = await createAuthority();
    await expect(openWith({ ca: authority.ca })).rejects.toThrow('does not answer');
    await expect(openWith({ ca: other.ca, ...own })).rejects.toThrow('does not answer');
    await expect(openWith({ ca: authority.ca, ...(await other.issue('CN=x')) })).rejects.toThrow(
      'does not answer',
    );
    await secured.remove();
  }, 30_000);

  it('says which etcd does not answer', async () => {
    const opening = EtcdStorage.open({
      servers: ['http://127.0.0.1:1'],
      prefix: '/',
      clock: systemClock,
      logger: silentLogger,
      connectMs: 0,
    });
    await expect(opening).rejects.toThrow('etcd at http://127.0.0.1:1 does not answer');
  });
});
