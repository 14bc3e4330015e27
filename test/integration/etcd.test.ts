import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ApiError } from '../../client/api-error.ts';
import type { RestClient } from '../../client/rest-client.ts';
import type { ConfigMap } from '../../openapi/generated/types.ts';
import { resources } from '../../openapi/resources.ts';
import { seededRng } from '../../platform/rng.ts';
import { EtcdProcess } from '../apiserver/storage/etcd-process.ts';
import { type ApiServerProcess, ApiServerSite } from './api-server-process.ts';
import { eventually } from './eventually.ts';
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
      const follower = await Follower.start(survivor.client);
      const stop = new AbortController();
      const running = load.run(victim.client, WRITERS, stop.signal);
      await Promise.race([running, pause(100 + rng.int(LONGEST_ROUND_MS))]);
      await victim.kill();
      stop.abort();
      await running;
      const { metadata, items } = await survivor.client.list(resources.configmaps, { namespace });
      expect(load.check(items)).toEqual([]);
      expect(Number(metadata.resourceVersion)).toBeGreaterThanOrEqual(load.highest);
      await eventually(() => expect(follower.objects).toEqual(revisionsOf(items)));
      expect(follower.revisions).toEqual(ascending(follower.revisions));
      follower.stop();
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
  'etcd may be killed: writes are refused meanwhile, watches and servers go on where they were',
  async () => {
    const servers = await Promise.all([start(), start()]);
    const follower = await Follower.start(servers[1].client);
    const writers = servers.map(({ client }, index) => new PatientWriter(client, `patient-${index}`));
    const stop = new AbortController();
    const running = Promise.all(writers.map((writer) => writer.run(stop.signal)));
    await eventually(() => expect(writers.every(({ created }) => created.size > 5)).toBe(true));
    await etcd.kill();
    await eventually(() => expect(writers.every(({ refused }) => refused > 0)).toBe(true));
    await etcd.run();
    const before = writers.map(({ created }) => created.size);
    await eventually(() =>
      expect(writers.every(({ created }, index) => created.size > before[index]! + 5)).toBe(true),
    );
    stop.abort();
    await running;

    const [one, two] = await Promise.all(
      servers.map(({ client }) => client.list(resources.configmaps, { namespace })),
    );
    const stored = revisionsOf(one!.items);
    expect(revisionsOf(two!.items)).toEqual(stored);
    for (const { created } of writers) {
      for (const [name, revision] of created) expect([name, stored.get(name)]).toEqual([name, revision]);
    }
    await eventually(() => expect(follower.objects).toEqual(stored));
    expect(follower.revisions).toEqual(ascending(follower.revisions));
    follower.stop();
    await Promise.all(servers.map((server) => server.kill()));
  },
  60_000,
);

it.runIf(isInstalled)(
  'a watch sees the writes of both servers in order',
  async () => {
    const [one, two] = await Promise.all([start(), start()]);
    const follower = await Follower.start(one.client);
    await Promise.all(
      [one, two].flatMap(({ client }, server) =>
        Array.from({ length: 20 }, (_, index) =>
          client.create(
            resources.configmaps,
            { metadata: { name: `w-${server}-${index}`, namespace } },
            { namespace },
          ),
        ),
      ),
    );
    await eventually(() => expect(follower.revisions).toHaveLength(40));
    expect(follower.revisions).toEqual(ascending(follower.revisions));
    follower.stop();
    await Promise.all([one.kill(), two.kill()]);
  },
  60_000,
);

it('refuses what it cannot mean', async () => {
  const here = await ApiServerSite.create();
  await expect(here.start('--etcd-servers=127.0.0.1:2379')).rejects.toThrow('is not an http or https URL');
  await expect(
    here.start('--etcd-servers=http://127.0.0.1:2379', `--data-dir=${here.folder}/data`),
  ).rejects.toThrow('cannot be used with');
  here.remove();
});

/** What one watch shows of the ConfigMaps, from a list on. */
class Follower {
  readonly objects: Map<string, number>;
  readonly revisions: number[] = [];
  readonly #stop = new AbortController();

  private constructor(items: readonly ConfigMap[]) {
    this.objects = revisionsOf(items);
  }

  static async start(client: RestClient): Promise<Follower> {
    const { metadata, items } = await client.list(resources.configmaps, { namespace });
    const follower = new Follower(items);
    void follower.#read(client, metadata.resourceVersion);
    return follower;
  }

  stop(): void {
    this.#stop.abort();
  }

  /** One stream: if it ends before it is stopped, the test waits in vain for the rest. */
  async #read(client: RestClient, resourceVersion: string | undefined): Promise<void> {
    const { signal } = this.#stop;
    try {
      for await (const event of client.watch(resources.configmaps, { namespace, resourceVersion, signal })) {
        if (event.type === 'ERROR') return;
        if (event.type === 'BOOKMARK') continue;
        const { name = '', resourceVersion: revision } = event.object.metadata;
        this.revisions.push(Number(revision));
        if (event.type === 'DELETED') this.objects.delete(name);
        else this.objects.set(name, Number(revision));
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }
}

/** Creates objects, and goes on when that is refused. */
class PatientWriter {
  /** The revisions that were acknowledged. */
  readonly created = new Map<string, number>();
  refused = 0;
  readonly #client: RestClient;
  readonly #prefix: string;

  constructor(client: RestClient, prefix: string) {
    this.#client = client;
    this.#prefix = prefix;
  }

  async run(signal: AbortSignal): Promise<void> {
    for (let index = 0; !signal.aborted; index++) {
      const name = `${this.#prefix}-${index}`;
      try {
        const object = { metadata: { name, namespace } };
        const { metadata } = await this.#client.create(resources.configmaps, object, { namespace });
        this.created.set(name, Number(metadata.resourceVersion));
      } catch (error) {
        if (!(error instanceof ApiError) || error.status.code !== 503) throw error;
        this.refused++;
        await pause(10);
      }
    }
  }
}

function revisionsOf(items: readonly ConfigMap[]): Map<string, number> {
  return new Map(items.map(({ metadata }) => [metadata.name ?? '', Number(metadata.resourceVersion)]));
}

/** Each once. */
function ascending(revisions: readonly number[]): number[] {
  return [...new Set(revisions)].sort((a, b) => a - b);
}
