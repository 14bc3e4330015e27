import { closeSync, existsSync, fsyncSync, openSync, renameSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { LowSync } from 'lowdb';
import { DataFileSync } from 'lowdb/node';
import type { StoredValue } from '../storage.ts';

/** A part of the objects as they were at a revision. */
export interface Shard {
  readonly revision: number;
  readonly values: Map<string, StoredValue>;
}

/** As it is in the file: key, revision and bytes of each object. */
interface ShardFile {
  readonly revision: number;
  readonly checksum: number;
  readonly values: readonly (readonly [string, number, string])[];
}

/** Undefined when the file is not there. */
export function readShard(path: string): Shard | undefined {
  if (!existsSync(path)) return undefined;
  const database = shardDatabase(path);
  try {
    database.read();
  } catch (error) {
    throw new Error(`the checkpoint ${path} cannot be read: ${(error as Error).message}`);
  }
  const { revision, checksum, values } = database.data;
  if (!Array.isArray(values) || checksum !== checksumOf(revision, values)) {
    throw new Error(`the checkpoint ${path} is damaged: restore it from a copy`);
  }
  return { revision, values: new Map(values.map((value) => [value[0], toStored(value)])) };
}

/** The file is there whole, and on disk, or as it was before; its name is last only after a directory sync. */
export function writeShard(path: string, { revision, values }: Shard): void {
  const rows = [...values.values()].map(toRow);
  const next = `${path}.new`;
  const database = shardDatabase(next);
  database.data = { revision, checksum: checksumOf(revision, rows), values: rows };
  database.write();
  const file = openSync(next, 'r+');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(next, path);
}

/** Its checksum is none that any content has. */
const NO_SHARD: ShardFile = { revision: 0, checksum: -1, values: [] };

function shardDatabase(path: string): LowSync<ShardFile> {
  const format = { parse: JSON.parse, stringify: JSON.stringify };
  return new LowSync(new DataFileSync<ShardFile>(path, format), NO_SHARD);
}

function toRow({ key, revision, bytes }: StoredValue): [string, number, string] {
  return [key, revision, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString()];
}

function toStored([key, revision, text]: readonly [string, number, string]): StoredValue {
  // Own memory, not a slice of the pool: see stampRevision.
  const bytes = Buffer.allocUnsafeSlow(Buffer.byteLength(text));
  bytes.write(text);
  return { key, revision, bytes };
}

function checksumOf(revision: number, rows: ShardFile['values']): number {
  return rows.reduce(
    (sum, [key, at, text]) => crc32(text, crc32(`${key}\0${at}`, sum)),
    crc32(String(revision)),
  );
}
