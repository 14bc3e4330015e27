import type { Logger } from '../../../platform/logger.ts';
import { stampRevision } from '../stamp-revision.ts';
import type { Change, Storage, StoredValue } from '../storage.ts';
import { DataDirectory } from './data-directory.ts';
import { DirectoryLock } from './directory-lock.ts';
import { Journal } from './journal.ts';
import { recover } from './recover.ts';
import { type OpenDiskFile, openDiskFile } from './segment-file.ts';

export interface JournalStorageOptions {
  /** The directory; made if it is not there. */
  readonly path: string;
  readonly logger: Logger;
  /** Where a new directory begins to count; see MemoryStorage. */
  readonly firstRevision?: number;
  readonly segmentBytes?: number;
  readonly openFile?: OpenDiskFile;
}

const SEGMENT_BYTES = 16 * 1024 * 1024;

/**
 * Objects in a directory of this machine. What is read is what is on disk: a change is told to anyone only
 * when a crash can no longer undo it.
 */
export class JournalStorage implements Storage {
  readonly #values: Map<string, StoredValue>;
  readonly #sinks = new Set<(event: Change) => void>();
  /** Writes on their way to the disk: the next write of the same key waits for how they end. */
  readonly #pending = new Map<string, Promise<void>>();
  readonly #lock: DirectoryLock;
  #journal!: Journal;
  /** Of the last change that is on disk. */
  #revision: number;
  /** The last one given to a write. One whose write fails is not given again. */
  #given: number;

  private constructor(lock: DirectoryLock, values: Map<string, StoredValue>, revision: number) {
    this.#lock = lock;
    this.#values = values;
    this.#revision = revision;
    this.#given = revision;
  }

  /** Rejects when another process uses the directory, or what is in it is damaged. */
  static async open(options: JournalStorageOptions): Promise<JournalStorage> {
    const { logger, firstRevision = 1, segmentBytes = SEGMENT_BYTES, openFile = openDiskFile } = options;
    const directory = new DataDirectory(options.path);
    const lock = DirectoryLock.acquire(directory.path);
    try {
      const recovered = recover(directory, firstRevision, logger);
      const storage = new JournalStorage(lock, recovered.values, recovered.revision);
      const onCommitted = (event: Change): void => storage.#apply(event);
      storage.#journal = await Journal.open(
        { directory, logger, openFile, segmentBytes, onCommitted },
        recovered,
      );
      return storage;
    } catch (error) {
      lock.release();
      throw error;
    }
  }

  async load(): Promise<{ revision: number; values: readonly StoredValue[] }> {
    return { revision: this.#revision, values: [...this.#values.values()] };
  }

  create(key: string, bytes: Uint8Array): Promise<StoredValue | undefined> {
    return this.#afterPending(key, () => (this.#values.has(key) ? undefined : this.#put(key, bytes)));
  }

  replace(key: string, expectedRevision: number, bytes: Uint8Array): Promise<StoredValue | undefined> {
    return this.#afterPending(key, () =>
      this.#values.get(key)?.revision === expectedRevision ? this.#put(key, bytes) : undefined,
    );
  }

  delete(key: string, expectedRevision: number): Promise<number | undefined> {
    return this.#afterPending(key, () =>
      this.#values.get(key)?.revision === expectedRevision ? this.#delete(key) : undefined,
    );
  }

  /** Only for a revision that is the present one: the journal is not read back. */
  watch(afterRevision: number, sink: (event: Change) => void): () => void {
    if (afterRevision !== this.#revision) throw new Error(`revision ${afterRevision} is not the present one`);
    this.#sinks.add(sink);
    return () => this.#sinks.delete(sink);
  }

  /** Writes that are under way are finished first. */
  async close(): Promise<void> {
    await this.#journal.close();
    this.#sinks.clear();
    this.#lock.release();
  }

  /** Decides when no write of the key is on its way; from the decision to the next write nothing comes between. */
  async #afterPending<T>(key: string, decide: () => Promise<T> | undefined): Promise<T | undefined> {
    for (let write = this.#pending.get(key); write; write = this.#pending.get(key)) {
      await write.catch(() => {});
    }
    return decide();
  }

  async #put(key: string, bytes: Uint8Array): Promise<StoredValue> {
    const revision = ++this.#given;
    const value = { key, revision, bytes: stampRevision(bytes, revision) };
    await this.#write(key, { type: 'put', value });
    return value;
  }

  async #delete(key: string): Promise<number> {
    const revision = ++this.#given;
    await this.#write(key, { type: 'delete', key, revision });
    return revision;
  }

  #write(key: string, event: Change): Promise<void> {
    const write = this.#journal.append(event);
    const settle = (): void => void this.#pending.delete(key);
    this.#pending.set(key, write);
    // The first to learn of the end: whoever waits for the key finds it free.
    write.then(settle, settle);
    return write;
  }

  #apply(event: Change): void {
    if (event.type === 'put') {
      this.#values.set(event.value.key, event.value);
      this.#revision = event.value.revision;
    } else {
      this.#values.delete(event.key);
      this.#revision = event.revision;
    }
    for (const sink of this.#sinks) sink(event);
  }
}
