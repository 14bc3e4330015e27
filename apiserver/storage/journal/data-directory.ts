import { chmodSync, closeSync, fsyncSync, mkdirSync, openSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** The checkpoint's objects are spread over so many files by their keys, to keep each of a size that lowdb can handle. */
const SHARDS = 16;
/** So that names sort as their revisions do. */
const DIGITS = 16;
const SEGMENT = /^journal-(\d{16})\.log$/;

/** One file of the journal: the changes after a revision. */
export interface Segment {
  readonly path: string;
  /** The revision before its first record. */
  readonly base: number;
}

/** The files of a data directory. */
export class DataDirectory {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
    mkdirSync(path, { recursive: true });
    // Secrets are in its files: as etcd does, nobody else may look in.
    chmodSync(path, 0o700);
  }

  /** Oldest first. */
  segments(): Segment[] {
    const names = readdirSync(this.path).filter((name) => SEGMENT.test(name));
    return names.sort().map((name) => ({
      path: join(this.path, name),
      base: Number(SEGMENT.exec(name)?.[1]),
    }));
  }

  segment(base: number): Segment {
    return { path: join(this.path, `journal-${String(base).padStart(DIGITS, '0')}.log`), base };
  }

  get shards(): readonly string[] {
    return Array.from({ length: SHARDS }, (_, index) =>
      join(this.path, `checkpoint-${String(index).padStart(2, '0')}.json`),
    );
  }

  /** Makes names that were given or taken away last. */
  sync(): void {
    const directory = openSync(this.path, 'r');
    try {
      fsyncSync(directory);
    } finally {
      closeSync(directory);
    }
  }
}

/** Which shard a key belongs to: FNV-1a, fixed for good, because files on disk depend on it. */
export function shardOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < key.length; index++) {
    hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193);
  }
  return (hash >>> 0) % SHARDS;
}
