import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { resources } from '../../openapi/resources.ts';
import { seededRng } from '../../platform/rng.ts';
import { EtcdProcess } from '../apiserver/storage/etcd-process.ts';
import { type ApiServerProcess, ApiServerSite } from './api-server-process.ts';
import { hasTool } from './running-cluster.ts';
import { WriteLoad } from './write-load.ts';

const ROUNDS = 6;
const LONGEST_ROUND_MS = 400;
const WRITERS = 8;
const isInstalled = hasTool('etcd');

let site: ApiServerSite;
let etcd: EtcdProcess;

beforeAll(async () => {
  if (!isInstalled) return;
  site = await ApiServerSite.create();
  etcd = await EtcdProcess.start();
}, 30_000);
afterAll(async () => {
  site?.remove();
  await etcd?.remove();
});

const namespace = 'default';
const start = (): Promise<ApiServerProcess> => site.start(`--etcd-servers=${etcd.url}`);

it.runIf(isInstalled)(
  'of two servers on one etcd, each reads at once what the other wrote',
  async () => {
    const [one, two] = await Promise.all([start(), start()]);
    for (let index = 0; index < 20; index++) {
      const name = `seen-${index}`;
      const created = await one.client.create(
        resources.configmaps,
        { metadata: { name, namespace } },
        { namespace },
      );
      const read = await two.client.get(resources.configmaps, name, { namespace });
      expect(read.metadata.resourceVersion).toBe(created.metadata.resourceVersion);
      const changed = await two.client.update(resources.configmaps, { ...read, data: { by: 'two' } });
      const { items } = await one.client.list(resources.configmaps, { namespace });
      expect(items.find(({ metadata }) => metadata.name === name)?.metadata.resourceVersion).toBe(
        changed.metadata.resourceVersion,
      );
      await one.client.delete(resources.configmaps, name, { namespace });
    }
    await Promise.all([one.kill(), two.kill()]);
  },
  60_000,
);

it.runIf(isInstalled)(
  'either may be killed under load: the other has every acknowledged write',
  async () => {
    const rng = seededRng(5);
    const load = new WriteLoad(rng);
    let survivor = await start();
    for (let round = 0; round < ROUNDS; round++) {
      const victim = await start();
      const stop = new AbortController();
      const running = load.run(victim.client, WRITERS, stop.signal);
      await Promise.race([running, pause(100 + rng.int(LONGEST_ROUND_MS))]);
      await victim.kill();
      stop.abort();
      await running;
      const { metadata, items } = await survivor.client.list(resources.configmaps, { namespace });
      expect(load.check(items)).toEqual([]);
      expect(Number(metadata.resourceVersion)).toBeGreaterThanOrEqual(load.highest);
      // The next round kills the one that has survived so far.
      const next = await start();
      await survivor.kill();
      survivor = next;
    }
    expect(load.acknowledged).toBeGreaterThan(ROUNDS);
    await survivor.kill('SIGTERM');
  },
  120_000,
);

it.runIf(isInstalled)(
  'a watch sees the writes of both servers in order',
  async () => {
    const [one, two] = await Promise.all([start(), start()]);
    const { metadata } = await one.client.list(resources.secrets, { namespace });
    const { resourceVersion } = metadata;
    const revisions: number[] = [];
    const stop = new AbortController();
    const watching = (async () => {
      const options = { namespace, resourceVersion, signal: stop.signal };
      for await (const event of one.client.watch(resources.secrets, options)) {
        if (event.type === 'ERROR') throw new Error(JSON.stringify(event.object));
        revisions.push(Number(event.object.metadata.resourceVersion));
        if (revisions.length === 40) return;
      }
    })();
    await Promise.all(
      [one, two].flatMap(({ client }, server) =>
        Array.from({ length: 20 }, (_, index) =>
          client.create(
            resources.secrets,
            { metadata: { name: `w-${server}-${index}`, namespace } },
            { namespace },
          ),
        ),
      ),
    );
    await watching;
    stop.abort();
    expect(revisions).toEqual([...new Set(revisions)].sort((a, b) => a - b));
    await Promise.all([one.kill(), two.kill()]);
  },
  60_000,
);
