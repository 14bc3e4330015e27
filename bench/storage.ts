import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { JournalStorage } from '../apiserver/storage/journal/journal-storage.ts';
import { openDiskFile } from '../apiserver/storage/journal/segment-file.ts';
import { MemoryStorage } from '../apiserver/storage/memory-storage.ts';
import type { Storage } from '../apiserver/storage/storage.ts';
import { silentLogger } from '../platform/logger.ts';
import { type BenchLine, printLines } from './bench-line.ts';

/** `npm run bench:storage`: updates of 1 KB objects by each storage engine, beside what the disk can do. */

const RUN_MS = 3_000;
const OBJECTS = 20_000;
const IN_FLIGHT = [1, 64];
const OBJECT = Buffer.from(
  JSON.stringify({
    kind: 'ConfigMap',
    apiVersion: 'v1',
    metadata: { name: 'bench', namespace: 'default' },
    data: { payload: 'x'.repeat(900) },
  }),
);
/** So many that checkpoints of all objects follow each other without a pause. */
const ALWAYS_CHECKPOINTING = 1024 * 1024;
const NEVER = Number.MAX_SAFE_INTEGER;

const directory = mkdtempSync(join(tmpdir(), 'podwire-bench-'));
try {
  const lines: BenchLine[] = [];
  for (const inFlight of IN_FLIGHT) {
    const limit = await bareAppends(inFlight);
    lines.push(await engineLine('memory', new MemoryStorage(), inFlight));
    const journal = await openJournal(`updates-${inFlight}`, NEVER);
    const line = await engineLine('data directory', journal, inFlight);
    lines.push({ ...line, limit: { value: limit, of: 'bare appends with fdatasync' } });
  }
  lines.push(...(await checkpointStalls()));
  printLines(lines);
} finally {
  rmSync(directory, { recursive: true });
}

function openJournal(name: string, segmentBytes: number): Promise<JournalStorage> {
  return JournalStorage.open({ path: join(directory, name), logger: silentLogger, segmentBytes });
}

async function engineLine(name: string, storage: Storage, inFlight: number): Promise<BenchLine> {
  const latencies = await update(storage, inFlight, inFlight);
  await storage.close();
  return {
    what: `${name}: updates of 1 KB, ${inFlight} in flight`,
    value: latencies.length / (RUN_MS / 1000),
    unit: '/s',
  };
}

/** Each worker updates objects of its own, one after another; the answer is how long each update took. */
async function update(storage: Storage, inFlight: number, objects: number): Promise<number[]> {
  const latencies: number[] = [];
  const revisions = await create(storage, objects);
  const end = performance.now() + RUN_MS;
  const worker = async (first: number): Promise<void> => {
    for (let index = first; performance.now() < end; index = (index + inFlight) % objects) {
      const began = performance.now();
      const value = await storage.replace(key(index), revisions[index]!, OBJECT);
      if (!value) throw new Error('nobody else writes');
      revisions[index] = value.revision;
      latencies.push(performance.now() - began);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, (_, index) => worker(index)));
  return latencies;
}

function create(storage: Storage, objects: number): Promise<number[]> {
  const one = async (index: number) => (await storage.create(key(index), OBJECT))!.revision;
  return Promise.all(Array.from({ length: objects }, (_, index) => one(index)));
}

function key(index: number): string {
  return `/registry//configmaps/default/bench-${index}`;
}

/** The same bytes at the end of a file, on disk before the next ones: what no journal can beat. */
async function bareAppends(inFlight: number): Promise<number> {
  const file = await openDiskFile(join(directory, `bare-${inFlight}`));
  const batch = Buffer.concat(Array.from({ length: inFlight }, () => OBJECT));
  const end = performance.now() + RUN_MS;
  let batches = 0;
  while (performance.now() < end) await file.write(batch, 0, batch.length, batch.length * batches++);
  await file.close();
  return (batches * inFlight) / (RUN_MS / 1000);
}

async function checkpointStalls(): Promise<BenchLine[]> {
  const lines: BenchLine[] = [];
  for (const [what, segmentBytes] of [
    ['no checkpoint', NEVER],
    ['checkpoints all the time', ALWAYS_CHECKPOINTING],
  ] as const) {
    const storage = await openJournal(what, segmentBytes);
    const latencies = (await update(storage, 64, OBJECTS)).sort((a, b) => a - b);
    await storage.close();
    const at = (share: number): number => latencies[Math.floor(latencies.length * share)] ?? Number.NaN;
    const name = `data directory of ${OBJECTS} objects, 64 in flight, ${what}`;
    lines.push({ what: `${name}: p50`, value: at(0.5), unit: 'ms' });
    lines.push({ what: `${name}: p99`, value: at(0.99), unit: 'ms' });
    lines.push({ what: `${name}: longest`, value: latencies.at(-1) ?? Number.NaN, unit: 'ms' });
  }
  return lines;
}
