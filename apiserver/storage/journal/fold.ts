import { rmSync, statSync } from 'node:fs';
import type { Change } from '../storage.ts';
import { readShard, writeShard } from './checkpoint-shard.ts';
import { type DataDirectory, type Segment, shardOf } from './data-directory.ts';
import { readSegment } from './read-segment.ts';

/**
 * Makes a new checkpoint of the present one and the segments that follow it, and removes those segments. The
 * files are all it knows: it runs beside the server, and a crash at any point leaves a state that opens.
 * Returns the size of the new checkpoint.
 */
export function foldSegments(
  directory: DataDirectory,
  segments: readonly Segment[],
  revision: number,
): number {
  const changes = directory.shards.map(() => new Map<string, Change>());
  for (const { path } of segments) {
    readSegment(path, (event) => {
      const { key } = event.type === 'put' ? event.value : event;
      changes[shardOf(key)]?.set(key, event);
    });
  }
  const sizes = directory.shards.map((path, index) => foldShard(path, changes[index] ?? new Map(), revision));
  directory.sync();
  for (const { path } of segments) rmSync(path);
  directory.sync();
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** A shard that an interrupted fold has already brought this far is written again: the outcome is the same. */
function foldShard(path: string, changes: ReadonlyMap<string, Change>, revision: number): number {
  const values = new Map(readShard(path)?.values);
  for (const [key, event] of changes) {
    if (event.type === 'put') values.set(key, event.value);
    else values.delete(key);
  }
  writeShard(path, { revision, values });
  return statSync(path).size;
}
