import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { JournalStorage } from '../../../apiserver/storage/journal/journal-storage.ts';
import { MemoryStorage } from '../../../apiserver/storage/memory-storage.ts';
import { silentLogger } from '../../../platform/logger.ts';
import { describeStorage, type Place } from './storage-contract.ts';

describeStorage({
  name: 'memory',
  newPlace: async () => ({ durable: false, open: async () => new MemoryStorage(), remove: async () => {} }),
});

describeStorage({ name: 'data directory', newPlace: () => newDirectory() });

/** Segments so small that every few writes end one, and checkpoints are made all the time. */
describeStorage({
  name: 'data directory, tiny segments',
  newPlace: () => newDirectory({ segmentBytes: 500 }),
});

async function newDirectory(options: { segmentBytes?: number } = {}): Promise<Place> {
  const path = mkdtempSync(join(tmpdir(), 'podwire-storage-'));
  return {
    durable: true,
    open: () => JournalStorage.open({ path, logger: silentLogger, ...options }),
    remove: async () => rmSync(path, { recursive: true }),
  };
}
