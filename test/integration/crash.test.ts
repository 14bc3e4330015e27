import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ApiError } from '../../client/api-error.ts';
import type { RestClient } from '../../client/rest-client.ts';
import type { ConfigMap } from '../../openapi/generated/types.ts';
import { resources } from '../../openapi/resources.ts';
import { seededRng } from '../../platform/rng.ts';
import { ApiServerSite } from './api-server-process.ts';
import { command, hasTool } from './running-cluster.ts';
import { WriteLoad } from './write-load.ts';

const ROUNDS = Number(process.env.PODWIRE_CRASH_ROUNDS ?? 20);
const SEED = Number(process.env.PODWIRE_CRASH_SEED ?? Date.now() % 1_000_000);
const LONGEST_ROUND_MS = 300;
const WRITERS = 8;

let site: ApiServerSite;

beforeAll(async () => {
  site = await ApiServerSite.create();
});
afterAll(() => site.remove());

it(`killed ${ROUNDS} times under load (PODWIRE_CRASH_SEED=${SEED}), no acknowledged write is lost`, async () => {
  process.stdout.write(`crash test: PODWIRE_CRASH_SEED=${SEED} PODWIRE_CRASH_ROUNDS=${ROUNDS}\n`);
  const rng = seededRng(SEED);
  const load = new WriteLoad(rng);
  const follower = new Follower();
  for (let round = 0; round < ROUNDS; round++) {
    const server = await site.start(`--data-dir=${join(site.folder, 'data')}`);
    const { metadata, items } = await server.client.list(resources.configmaps, { namespace: 'default' });
    expect(load.check(items)).toEqual([]);
    expect(Number(metadata.resourceVersion)).toBeGreaterThanOrEqual(load.highest);
    expect(follower.check(items, Number(metadata.resourceVersion))).toEqual([]);
    const stop = new AbortController();
    const running = Promise.all([
      load.run(server.client, WRITERS, stop.signal),
      follower.run(server.client, stop.signal),
    ]);
    await Promise.race([running, pause(rng.int(LONGEST_ROUND_MS))]);
    await server.kill();
    stop.abort();
    await running;
  }
  expect(load.acknowledged).toBeGreaterThan(ROUNDS);
  const server = await site.start(`--data-dir=${join(site.folder, 'data')}`);
  const old = server.client.watch(resources.configmaps, { namespace: 'default', resourceVersion: '1' });
  expect((await old.next()).value).toMatchObject({ type: 'ERROR', object: { code: 410, reason: 'Expired' } });
  await server.kill();
  process.stdout.write(
    `${load.acknowledged} writes acknowledged; watches resumed ${follower.resumed}, expired ${follower.expired}\n`,
  );
}, 600_000);

it.runIf(hasTool('prlimit'))(
  'a full disk refuses writes and loses nothing; with space there again it goes on',
  async () => {
    const directory = `--data-dir=${join(site.folder, 'full')}`;
    let server = await site.start(directory);
    const create = (name: string): Promise<ConfigMap> =>
      server.client.create(
        resources.configmaps,
        { metadata: { name, namespace: 'default' }, data: { text: 'x'.repeat(50_000) } },
        { namespace: 'default' },
      );
    const stored: string[] = [];
    const limit = (bytes: string): Promise<unknown> =>
      command('prlimit', ['--pid', String(server.pid), `--fsize=${bytes}`]);
    await limit('1000000:unlimited');
    const failure = await (async () => {
      for (let index = 0; index < 100; index++) {
        try {
          await create(`cm-${index}`);
          stored.push(`cm-${index}`);
        } catch (error) {
          return error as ApiError;
        }
      }
      throw new Error('the limit was never reached');
    })();
    expect(failure).toBeInstanceOf(ApiError);
    expect([failure.code, failure.message]).toEqual([503, 'storage: file too large']);
    await expect(create('cm-refused')).rejects.toThrow('storage: file too large');
    const names = async (): Promise<string[]> => {
      const { items } = await server.client.list(resources.configmaps, { namespace: 'default' });
      return items.map(({ metadata }) => metadata.name ?? '').filter((name) => name.startsWith('cm-'));
    };
    expect(await names()).toEqual([...stored].sort());
    await limit('unlimited:unlimited');
    await create('cm-later');
    await server.kill();
    server = await site.start(directory);
    expect(await names()).toEqual([...stored, 'cm-later'].sort());
    await server.kill();
  },
  60_000,
);

it('a second server on the same directory is refused', async () => {
  const directory = `--data-dir=${join(site.folder, 'shared')}`;
  const server = await site.start(directory);
  await expect(site.start(directory)).rejects.toThrow(`is in use by process ${server.pid}`);
  await server.kill();
  await (await site.start(directory)).kill('SIGTERM');
  await (await site.start(directory)).kill('SIGTERM');
}, 60_000);

/** Watches through the crashes, as an informer does, and remembers how far time has come. */
class Follower {
  resumed = 0;
  expired = 0;
  #revision = 0;
  readonly #seen = new Map<string, number>();
  readonly #faults: string[] = [];

  /** Nothing that was seen is gone again, unless it was deleted meanwhile. */
  check(items: readonly ConfigMap[], revision: number): string[] {
    this.#advance(revision);
    for (const { metadata } of items) {
      const seen = this.#seen.get(metadata.name ?? '') ?? 0;
      if (seen > Number(metadata.resourceVersion))
        this.#faults.push(`${metadata.name} ran back from ${seen}`);
    }
    return this.#faults;
  }

  async run(client: RestClient, signal: AbortSignal): Promise<void> {
    try {
      if (this.#revision > 0 && (await this.#watch(client))) this.resumed++;
      while (!signal.aborted) {
        const { metadata } = await client.list(resources.configmaps, { namespace: 'default' });
        this.#advance(Number(metadata.resourceVersion));
        await this.#watch(client);
      }
    } catch (error) {
      if (error instanceof ApiError) throw error;
    }
  }

  /** True when it went on from where it was. */
  async #watch(client: RestClient): Promise<boolean> {
    const resourceVersion = String(this.#revision);
    let events = 0;
    for await (const event of client.watch(resources.configmaps, { namespace: 'default', resourceVersion })) {
      if (event.type === 'ERROR') {
        if (event.object.code !== 410) this.#faults.push(JSON.stringify(event.object));
        this.expired++;
        return false;
      }
      events++;
      const revision = Number(event.object.metadata.resourceVersion);
      if (event.type !== 'BOOKMARK') {
        if (revision === this.#revision) this.#faults.push(`${revision} came twice`);
        this.#seen.set((event.object as ConfigMap).metadata.name ?? '', revision);
      }
      this.#advance(revision);
    }
    return events > 0;
  }

  #advance(revision: number): void {
    if (revision < this.#revision) this.#faults.push(`time ran back from ${this.#revision} to ${revision}`);
    this.#revision = revision;
  }
}
