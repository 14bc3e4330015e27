import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DataDirectory } from '../../../apiserver/storage/journal/data-directory.ts';
import { foldSegments } from '../../../apiserver/storage/journal/fold.ts';
import {
  JournalStorage,
  type JournalStorageOptions,
} from '../../../apiserver/storage/journal/journal-storage.ts';
import { type DiskFile, openDiskFile } from '../../../apiserver/storage/journal/segment-file.ts';
import type { Storage } from '../../../apiserver/storage/storage.ts';
import type { Logger } from '../../../platform/logger.ts';
import { object, read, revisionOf, watchAll } from './storage-contract.ts';

let path: string;
let logs: { fields: Record<string, unknown>; message: string }[];
let opened: Storage[];

beforeEach(() => {
  path = mkdtempSync(join(tmpdir(), 'podwire-journal-'));
  logs = [];
  opened = [];
});

afterEach(async () => {
  await Promise.all(opened.map((storage) => storage.close()));
  rmSync(path, { recursive: true });
});

describe('a torn tail', () => {
  it('is cut wherever the last write stopped, and said in the log', async () => {
    const storage = await open();
    const kept = (await storage.create('/registry//pods/ns/a', object('a')))!;
    const whole = onlySegment().size;
    await storage.create('/registry//pods/ns/b', object('b'));
    await close(storage);
    const { name, size } = onlySegment();
    const journal = readFileSync(join(path, name));
    for (let length = whole; length < size; length++) {
      writeFileSync(join(path, name), journal.subarray(0, length));
      logs.length = 0;
      const again = await open();
      expect((await again.load()).values.map(({ key }) => key)).toEqual([kept.key]);
      expect((await again.load()).revision).toBe(kept.revision);
      if (length === whole) expect(logs).toEqual([]);
      else expect(logs[0]?.fields).toMatchObject({ offset: whole, bytes: length - whole });
      await close(again);
    }
  });

  it('is cut when its pages reached the disk out of order', async () => {
    const storage = await open();
    await storage.create('/registry//pods/ns/a', object('a'));
    const whole = onlySegment().size;
    await storage.create('/registry//pods/ns/b', object('b', 'x'.repeat(20_000)));
    await close(storage);
    const { name } = onlySegment();
    const journal = readFileSync(join(path, name));
    journal.fill(0, whole, whole + 4096);
    writeFileSync(join(path, name), journal);
    expect((await (await open()).load()).values).toHaveLength(1);
    expect(logs[0]?.message).toMatch(/cut \d+ bytes/);
  });

  it('is no reason to forget: what is written after it is there', async () => {
    const storage = await open();
    await storage.create('/registry//pods/ns/a', object('a'));
    await storage.create('/registry//pods/ns/b', object('b'));
    await close(storage);
    const { name, size } = onlySegment();
    truncateSync(join(path, name), size - 1);
    const again = await open();
    await again.create('/registry//pods/ns/c', object('c'));
    await close(again);
    expect(await keys(await open())).toEqual(['/registry//pods/ns/a', '/registry//pods/ns/c']);
  });
});

describe('damage', () => {
  it('in the middle of the journal is refused, with file and offset, wherever it is', async () => {
    const storage = await open();
    await storage.create('/registry//pods/ns/a', object('a'));
    const offset = onlySegment().size;
    await storage.create('/registry//pods/ns/b', object('b'));
    const end = onlySegment().size;
    await storage.create('/registry//pods/ns/c', object('c'));
    await close(storage);
    const { name } = onlySegment();
    const journal = readFileSync(join(path, name));
    for (let at = offset; at < end; at++) {
      const damaged = Buffer.from(journal);
      damaged[at] = damaged[at]! ^ 0x10;
      writeFileSync(join(path, name), damaged);
      await expect(open()).rejects.toThrow(`the journal ${join(path, name)} is damaged at offset ${offset}`);
    }
  });

  it('at the end of a segment that another one follows is refused', async () => {
    await close(await filled(3));
    await close(await filled(3, 'second'));
    const [first = ''] = segmentNames();
    truncateSync(join(path, first), readFileSync(join(path, first)).length - 1);
    await expect(open()).rejects.toThrow(/is damaged at offset/);
  });

  it('of a checkpoint, a missing checkpoint and a missing segment are refused by name', async () => {
    await close(await filled(40));
    await close(await filled(1, 'second'));
    await close(await filled(1, 'third'));
    const shard = join(path, 'checkpoint-03.json');
    const text = readFileSync(shard, 'utf8');
    writeFileSync(shard, text.replace(/"revision":\d+/, '"revision":1234567'));
    await expect(open()).rejects.toThrow(`the checkpoint ${shard} is damaged`);
    writeFileSync(shard, text.slice(0, -3));
    await expect(open()).rejects.toThrow(`the checkpoint ${shard} cannot be read`);
    rmSync(shard);
    await expect(open()).rejects.toThrow(`the checkpoint ${shard} is missing`);
    writeFileSync(shard, text);
    const [, second = '', third = ''] = segmentNames();
    rmSync(join(path, second));
    await expect(open()).rejects.toThrow(`the journal before ${join(path, third)} is missing`);
  });

  it('of a directory that was never finished is none', async () => {
    await close(await open());
    for (const name of segmentNames()) rmSync(join(path, name));
    rmSync(join(path, 'checkpoint-15.json'));
    expect(await keys(await open())).toEqual([]);
  });
});

describe('checkpoints', () => {
  it('take the journal in beside the writes, which go on', async () => {
    const storage = await open({ segmentBytes: 2_000 });
    const writes = Array.from({ length: 100 }, (_, index) =>
      storage.create(`/registry//pods/ns/p${index}`, object(`p${index}`)),
    );
    const created = (await Promise.all(writes)).map((value) => value!);
    await logged('a checkpoint was made', async (round) => {
      await storage.create(`/registry//pods/ns/more${round}`, object(`more${round}`, 'x'.repeat(500)));
    });
    const checkpoint = logs.find(({ message }) => message === 'a checkpoint was made');
    expect(Math.min(...new DataDirectory(path).segments().map(({ base }) => base))).toBeGreaterThanOrEqual(
      Number(checkpoint?.fields.revision),
    );
    await close(storage);
    const { values } = await (await open()).load();
    const found = new Map(values.map(({ key, bytes }) => [key, Buffer.from(bytes).toString()]));
    for (const { key, bytes } of created) expect(found.get(key)).toBe(Buffer.from(bytes).toString());
  });

  it('may be interrupted anywhere', async () => {
    const storage = await filled(60);
    const { values } = await storage.load();
    for (const { key, revision } of values.slice(0, 20)) await storage.delete(key, revision);
    await storage.replace(values[30]!.key, values[30]!.revision, object('changed', 2));
    const expected = await state(storage);
    await close(storage);
    const before = `${path}-before`;
    cpSync(path, before, { recursive: true });
    const { revision } = await (await open().then(closed)).load();
    const directory = new DataDirectory(path);
    foldSegments(directory, directory.segments(), revision);
    const after = `${path}-after`;
    cpSync(path, after, { recursive: true });
    try {
      for (let done = 0; done <= 16; done++) {
        rmSync(path, { recursive: true });
        cpSync(before, path, { recursive: true });
        for (const name of readdirSync(after)
          .filter((each) => each.startsWith('checkpoint-'))
          .slice(0, done)) {
          cpSync(join(after, name), join(path, name));
        }
        writeFileSync(join(path, 'checkpoint-07.json.new'), '{"revision":');
        const again = await open();
        expect(await state(again)).toEqual(expected);
        await close(again);
        foldSegments(directory, directory.segments(), revision);
        const folded = await open();
        expect(await state(folded)).toEqual(expected);
        await close(folded);
      }
    } finally {
      for (const copy of [before, after]) rmSync(copy, { recursive: true });
    }
  });

  it('survive many starts', async () => {
    for (let round = 0; round < 40; round++) await close(await filled(1, `round${round}`));
    const storage = await open();
    expect((await storage.load()).values).toHaveLength(40);
  });
});

describe('the directory', () => {
  it('is for one at a time', async () => {
    await open();
    await expect(open()).rejects.toThrow(`in use by process ${process.pid}`);
  });

  it('is free when its owner is dead, or its number belongs to a later process', async () => {
    await close(await filled(1));
    for (const owner of [
      '',
      '{"pid":',
      '{"pid":4194304,"began":"1"}',
      `{"pid":${process.pid},"began":"1"}`,
    ]) {
      const [lock = ''] = readdirSync(path).filter((name) => name.startsWith('lock-'));
      writeFileSync(join(path, lock), owner);
      await close(await open());
    }
    expect(readdirSync(path).filter((name) => name.startsWith('lock'))).toHaveLength(1);
  });

  it('counts on from where it was, never from earlier', async () => {
    const first = await open({ firstRevision: 5_000 });
    expect((await first.load()).revision).toBe(5_000);
    await close(first);
    const again = await open({ firstRevision: 9_000 });
    expect((await again.load()).revision).toBe(5_000);
  });
});

describe('a full disk', () => {
  it('fails the writes that wait, loses nothing acknowledged, and ends', async () => {
    const disk = new LimitedDisk();
    const storage = await open({ openFile: disk.open });
    const { revision } = await storage.load();
    const seen = watchAll(storage, revision);
    const first = (await storage.create('/registry//pods/ns/a', object('a')))!;
    disk.room = 50;
    const failed = await Promise.allSettled([
      storage.create('/registry//pods/ns/b', object('b')),
      storage.replace(first.key, first.revision, object('a', 2)),
      storage.delete(first.key, first.revision),
    ]);
    for (const each of failed) {
      expect(each).toMatchObject({
        status: 'rejected',
        reason: { code: 503, message: 'storage: no space left on device' },
      });
    }
    expect(seen.map(revisionOf)).toEqual([first.revision]);
    expect(await keys(storage)).toEqual([first.key]);
    disk.room = Number.POSITIVE_INFINITY;
    const next = (await storage.replace(first.key, first.revision, object('a', 3)))!;
    expect(next.revision).toBeGreaterThan(first.revision);
    expect(seen.map(revisionOf)).toEqual([first.revision, next.revision]);
    await close(storage);
    const again = await open();
    const { values } = await again.load();
    expect(values.map(({ bytes }) => read(bytes).data)).toEqual([3]);
    expect(logs.map(({ message }) => message)).toEqual([
      'storage: no space left on device',
      'the journal can be written again',
    ]);
  });
});

/** Real files on a disk that has so many bytes left. */
class LimitedDisk {
  room = Number.POSITIVE_INFINITY;

  readonly open = async (file: string): Promise<DiskFile> => {
    const handle = await openDiskFile(file);
    const write = handle.write.bind(handle);
    handle.write = (async (bytes: Uint8Array, offset: number, length: number, position: number) => {
      if (this.room === 0) throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
      const fits = Math.min(length, this.room);
      this.room -= fits;
      return write(bytes, offset, fits, position);
    }) as typeof handle.write;
    return handle;
  };
}

async function open(options: Partial<JournalStorageOptions> = {}): Promise<JournalStorage> {
  const note = (fields: object, message: string): void =>
    void logs.push({ fields: fields as Record<string, unknown>, message });
  const logger: Logger = { debug: note, info: note, warn: note, error: note, child: () => logger };
  const storage = await JournalStorage.open({ path, logger, ...options });
  opened.push(storage);
  return storage;
}

async function close(storage: Storage): Promise<void> {
  opened.splice(opened.indexOf(storage), 1);
  await storage.close();
}

async function closed(storage: Storage): Promise<Storage> {
  await close(storage);
  return storage;
}

async function filled(count: number, prefix = 'p'): Promise<JournalStorage> {
  const storage = await open();
  for (let index = 0; index < count; index++) {
    await storage.create(`/registry//pods/ns/${prefix}${index}`, object(`${prefix}${index}`));
  }
  return storage;
}

/** Goes on writing until a line is in the log. */
async function logged(message: string, write: (round: number) => Promise<void>): Promise<void> {
  const isIn = (text: string): boolean => logs.some((line) => line.message === text);
  for (let round = 0; !isIn(message); round++) {
    if (isIn('no checkpoint could be made')) throw new Error(JSON.stringify(logs));
    await write(round);
  }
}

async function keys(storage: Storage): Promise<string[]> {
  return (await storage.load()).values.map(({ key }) => key).sort();
}

async function state(storage: Storage): Promise<unknown> {
  const { revision, values } = await storage.load();
  const rows = values.map(({ key, revision: at, bytes }) => `${key} ${at} ${Buffer.from(bytes).toString()}`);
  return { revision, rows: rows.sort() };
}

function segmentNames(): string[] {
  return readdirSync(path)
    .filter((name) => name.startsWith('journal-'))
    .sort();
}

function onlySegment(): { name: string; size: number } {
  const name = segmentNames().at(-1)!;
  return { name, size: readFileSync(join(path, name)).length };
}
