import { existsSync, rmSync, statSync, truncateSync } from 'node:fs';
import type { Logger } from '../../../platform/logger.ts';
import type { StoredValue } from '../storage.ts';
import { readShard, type Shard, writeShard } from './checkpoint-shard.ts';
import { type DataDirectory, type Segment, shardOf } from './data-directory.ts';
import { DamagedJournalError, readSegment } from './read-segment.ts';

export interface SizedSegment extends Segment {
  readonly size: number;
}

/** What a data directory holds. */
export interface Recovered {
  readonly revision: number;
  readonly values: Map<string, StoredValue>;
  /** The journal since the checkpoint. */
  readonly segments: readonly SizedSegment[];
  readonly checkpointBytes: number;
}

/** Reads a directory's state; a new directory gets an empty checkpoint at the first revision. */
export function recover(directory: DataDirectory, firstRevision: number, logger: Logger): Recovered {
  const shards = readShards(directory, firstRevision);
  const values = new Map(shards.flatMap((shard) => [...shard.values]));
  const newest = Math.max(...shards.map((shard) => shard.revision));
  const segments = present(directory);
  // The first segment may begin anywhere before the checkpoint, each further one where the last one ends.
  let end = Math.min(segments[0]?.base ?? newest, ...shards.map((shard) => shard.revision));
  const sized: SizedSegment[] = [];
  for (const segment of segments) {
    if (segment.base !== end) throw new Error(`the journal before ${segment.path} is missing`);
    const size = replay(segment, segment === segments.at(-1), logger, (event) => {
      const { key, revision } = event.type === 'put' ? event.value : event;
      end = revision;
      // Shards of a checkpoint that was interrupted are of different revisions.
      if (revision <= (shards[shardOf(key)]?.revision ?? 0)) return;
      if (event.type === 'put') values.set(key, event.value);
      else values.delete(key);
    });
    if (size === 0) rmSync(segment.path);
    else sized.push({ ...segment, size });
  }
  const checkpointBytes = directory.shards.reduce((sum, path) => sum + statSync(path).size, 0);
  return { revision: Math.max(newest, end), values, segments: sized, checkpointBytes };
}

/** A segment without a byte was made and not used: it may be one of an attempt that was given up. */
function present(directory: DataDirectory): readonly Segment[] {
  const segments = directory.segments();
  for (const { path } of segments) if (statSync(path).size === 0) rmSync(path);
  return segments.filter(({ path }) => existsSync(path));
}

type Replayed = Parameters<typeof readSegment>[1];

/** A torn tail is only possible where the last writer stopped; anywhere else it is damage. */
function replay({ path }: Segment, isLast: boolean, logger: Logger, onEvent: Replayed): number {
  const { wholeBytes, tornBytes } = readSegment(path, onEvent);
  if (tornBytes === 0) return wholeBytes;
  if (!isLast) throw new DamagedJournalError(path, wholeBytes);
  truncateSync(path, wholeBytes);
  logger.warn(
    { file: path, offset: wholeBytes, bytes: tornBytes },
    `cut ${tornBytes} bytes that an earlier process did not finish writing; nobody was told they are stored`,
  );
  return wholeBytes;
}

function readShards(directory: DataDirectory, firstRevision: number): readonly Shard[] {
  const found = directory.shards.map(readShard);
  const missing = directory.shards[found.indexOf(undefined)];
  if (missing === undefined) return found as readonly Shard[];
  // The shards are made before the first segment: without one the directory is new, or was never finished.
  const isNew = directory.segments().length === 0 && found.every((shard) => (shard?.values.size ?? 0) === 0);
  if (!isNew) throw new Error(`the checkpoint ${missing} is missing; restore it from a copy`);
  const empty: Shard = { revision: firstRevision, values: new Map() };
  for (const path of directory.shards) writeShard(path, empty);
  directory.sync();
  return directory.shards.map(() => empty);
}
