import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Storage, StorageEvent } from '../../../apiserver/storage/storage.ts';

/** How the contract gets at an engine. */
export interface EngineUnderTest {
  readonly name: string;
  /** A place for objects that nobody has used; resolved once for each test. */
  newPlace(): Promise<Place>;
}

export interface Place {
  /** What was there before is there again, unless the engine forgets. */
  open(): Promise<Storage>;
  /** Whether a second engine at the place finds what the first one left. */
  readonly durable: boolean;
  remove(): Promise<void>;
}

/** What every engine must do, whatever it keeps its objects in. */
export function describeStorage(engine: EngineUnderTest): void {
  describe(`storage: ${engine.name}`, () => {
    let place: Place;
    let storage: Storage;

    beforeEach(async () => {
      place = await engine.newPlace();
      storage = await place.open();
    });

    afterEach(async () => {
      await storage.close();
      await place.remove();
    });

    it('begins empty, at a revision above zero', async () => {
      const { revision, values } = await storage.load();
      expect(values).toEqual([]);
      expect(revision).toBeGreaterThan(0);
    });

    it('stores an object under its revision, written into the object', async () => {
      const before = (await storage.load()).revision;
      const created = (await storage.create('/registry//pods/ns/a', object('a')))!;
      expect(created.revision).toBeGreaterThan(before);
      expect(created.key).toBe('/registry//pods/ns/a');
      expect(read(created.bytes)).toEqual({
        ...read(object('a')),
        metadata: { resourceVersion: String(created.revision), name: 'a' },
      });
      expect(await contents(storage)).toEqual({ '/registry//pods/ns/a': created.revision });
    });

    it('creates a key only once, replaces and deletes only what it was told is there', async () => {
      const first = (await storage.create('/registry//pods/ns/a', object('a', 1)))!;
      expect(await storage.create('/registry//pods/ns/a', object('a', 2))).toBeUndefined();
      expect(
        await storage.replace('/registry//pods/ns/a', first.revision - 1, object('a', 3)),
      ).toBeUndefined();
      expect(await storage.replace('/registry//pods/ns/b', first.revision, object('b', 3))).toBeUndefined();
      const second = (await storage.replace('/registry//pods/ns/a', first.revision, object('a', 4)))!;
      expect(read(second.bytes)).toMatchObject({ data: 4 });
      expect(await storage.delete('/registry//pods/ns/a', first.revision)).toBeUndefined();
      const gone = (await storage.delete('/registry//pods/ns/a', second.revision))!;
      expect(await storage.delete('/registry//pods/ns/a', second.revision)).toBeUndefined();
      const again = (await storage.create('/registry//pods/ns/a', object('a', 5)))!;
      expect([first.revision, second.revision, gone, again.revision]).toEqual(
        ascending([first.revision, second.revision, gone, again.revision]),
      );
      expect(await contents(storage)).toEqual({ '/registry//pods/ns/a': again.revision });
    });

    it('never gives a revision twice, whatever is in flight', async () => {
      const values = await Promise.all(
        Array.from({ length: 200 }, (_, index) => storage.create(key(index), object(`o${index}`))),
      );
      const created = values.map((value) => value!.revision);
      const gone = await Promise.all(
        created.slice(0, 50).map((revision, index) => storage.delete(key(index), revision)),
      );
      const all = [...created, ...gone.map((revision) => revision!)];
      expect(new Set(all).size).toBe(250);
      expect((await storage.load()).revision).toBeGreaterThanOrEqual(Math.max(...all));
      expect((await storage.load()).values.length).toBe(150);
    });

    it('lets exactly one of many writers of a key win', async () => {
      const created = await Promise.all(
        Array.from({ length: 20 }, (_, index) => storage.create('/registry//pods/ns/a', object('a', index))),
      );
      let winner = only(created);
      for (let round = 0; round < 5; round++) {
        const { revision } = winner;
        const replaced = await Promise.all(
          Array.from({ length: 20 }, (_, index) =>
            storage.replace('/registry//pods/ns/a', revision, object('a', index)),
          ),
        );
        winner = only(replaced);
      }
      const deleted = await Promise.all(
        Array.from({ length: 20 }, () => storage.delete('/registry//pods/ns/a', winner.revision)),
      );
      only(deleted);
      expect(await contents(storage)).toEqual({});
    });

    it('counts correctly when everybody tries again', async () => {
      const path = '/registry//configmaps/ns/counter';
      const seen = watchAll(storage, (await storage.load()).revision);
      await storage.create(path, object('counter', 0));
      const increment = async (): Promise<void> => {
        for (;;) {
          const latest = seen.at(-1)!;
          if (latest.type !== 'put') throw new Error('no delete was asked for');
          const { revision, bytes } = latest.value;
          const next = Number(read(bytes).data) + 1;
          if (await storage.replace(path, revision, object('counter', next))) return;
        }
      };
      await Promise.all(Array.from({ length: 20 }, increment));
      const { values } = await storage.load();
      expect(read(values[0]!.bytes)).toMatchObject({ data: 20 });
    });

    it('tells every change, in order and without a gap, before its write resolves', async () => {
      const seen = watchAll(storage, (await storage.load()).revision);
      const write = async (index: number): Promise<number[]> => {
        const created = (await storage.create(key(index), object(`o${index}`)))!;
        expect(seen.some((event) => revisionOf(event) === created.revision)).toBe(true);
        const replaced = (await storage.replace(key(index), created.revision, object(`o${index}`, 2)))!;
        expect(seen.some((event) => revisionOf(event) === replaced.revision)).toBe(true);
        const gone = (await storage.delete(key(index), replaced.revision))!;
        expect(seen.some((event) => revisionOf(event) === gone)).toBe(true);
        return [created.revision, replaced.revision, gone];
      };
      const written = await Promise.all(Array.from({ length: 50 }, (_, index) => write(index)));
      expect(seen.map(revisionOf)).toEqual(ascending(written.flat()));
      expect(seen.filter((event) => event.type === 'delete').map(({ key: path }) => path)).toHaveLength(50);
    });

    it('tells a watcher what the writer got, byte for byte', async () => {
      const seen = watchAll(storage, (await storage.load()).revision);
      const created = (await storage.create('/registry//pods/ns/a', object('a')))!;
      expect(seen).toHaveLength(1);
      const [event] = seen;
      if (event?.type !== 'put') throw new Error('a put was expected');
      expect(Buffer.from(event.value.bytes).toString()).toBe(Buffer.from(created.bytes).toString());
      expect(event.value.revision).toBe(created.revision);
    });

    it('tells several watchers, and no longer one that has stopped', async () => {
      const { revision } = await storage.load();
      const first: StorageEvent[] = [];
      const stop = storage.watch(revision, (event) => first.push(event));
      const second = watchAll(storage, revision);
      await storage.create(key(1), object('o1'));
      stop();
      await storage.create(key(2), object('o2'));
      expect(first).toHaveLength(1);
      expect(second).toHaveLength(2);
    });

    it('keeps big objects and keys beyond ASCII', async () => {
      const big = 'ü€𝄞'.repeat(80_000);
      const path = '/registry//configmaps/ns/größe-€-𝄞';
      const created = (await storage.create(path, object('größe', big)))!;
      expect(read(created.bytes).data).toBe(big);
      const { values } = await storage.load();
      expect(values.map((value) => value.key)).toEqual([path]);
      expect(read(values[0]!.bytes).data).toBe(big);
    });

    it('has everything again when it is opened again', async () => {
      if (!place.durable) return;
      const kept = (await storage.create('/registry//pods/ns/kept', object('kept', 'ü€𝄞')))!;
      const first = (await storage.create('/registry//pods/ns/changed', object('changed', 1)))!;
      const changed = (await storage.replace(first.key, first.revision, object('changed', 2)))!;
      const doomed = (await storage.create('/registry//pods/ns/gone', object('gone')))!;
      const last = (await storage.delete(doomed.key, doomed.revision))!;
      await storage.close();
      storage = await place.open();
      const { revision, values } = await storage.load();
      expect(revision).toBeGreaterThanOrEqual(last);
      expect(texts(values)).toEqual(texts([kept, changed]));
      expect(await storage.replace(first.key, first.revision, object('changed', 3))).toBeUndefined();
      const seen = watchAll(storage, revision);
      const next = (await storage.replace(first.key, changed.revision, object('changed', 3)))!;
      expect(next.revision).toBeGreaterThan(last);
      expect(seen.map(revisionOf)).toEqual([next.revision]);
    });
  });
}

/** An object's bytes as encodeObject makes them. */
export function object(name: string, data: unknown = ''): Uint8Array {
  return Buffer.from(JSON.stringify({ kind: 'ConfigMap', apiVersion: 'v1', metadata: { name }, data }));
}

export function read(bytes: Uint8Array): { metadata: { resourceVersion: string }; data: unknown } {
  return JSON.parse(Buffer.from(bytes).toString());
}

/** All events that come, as they come. */
export function watchAll(storage: Storage, afterRevision: number): StorageEvent[] {
  const seen: StorageEvent[] = [];
  storage.watch(afterRevision, (event) => seen.push(event));
  return seen;
}

export function revisionOf(event: StorageEvent): number {
  return event.type === 'put' ? event.value.revision : event.revision;
}

function key(index: number): string {
  return `/registry//configmaps/ns/o${index}`;
}

async function contents(storage: Storage): Promise<Record<string, number>> {
  const { values } = await storage.load();
  return Object.fromEntries(values.map(({ key, revision }) => [key, revision]));
}

function texts(values: readonly { key: string; bytes: Uint8Array; revision: number }[]): string[] {
  return values
    .map(({ key, bytes, revision }) => `${key} ${revision} ${Buffer.from(bytes).toString()}`)
    .sort();
}

function ascending(numbers: readonly number[]): number[] {
  return [...numbers].sort((a, b) => a - b);
}

function only<T>(results: readonly (T | undefined)[]): T {
  const winners = results.filter((result) => result !== undefined);
  expect(winners).toHaveLength(1);
  return winners[0]!;
}
