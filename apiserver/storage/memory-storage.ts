import { stampRevision } from './stamp-revision.ts';
import type { Storage, StorageEvent, StoredValue } from './storage.ts';

/** Objects in this process's memory; gone when it ends. */
export class MemoryStorage implements Storage {
  readonly #values = new Map<string, StoredValue>();
  readonly #sinks = new Set<(event: StorageEvent) => void>();
  #revision: number;

  /**
   * Memory forgets when its process ends, clients do not: the first revision must be beyond any that an
   * earlier process gave out, so that a watch from there is told to begin anew.
   */
  constructor(firstRevision = 1) {
    this.#revision = firstRevision;
  }

  async load(): Promise<{ revision: number; values: readonly StoredValue[] }> {
    return { revision: this.#revision, values: [...this.#values.values()] };
  }

  async create(key: string, bytes: Uint8Array): Promise<StoredValue | undefined> {
    return this.#values.has(key) ? undefined : this.#put(key, bytes);
  }

  async replace(key: string, expectedRevision: number, bytes: Uint8Array): Promise<StoredValue | undefined> {
    return this.#values.get(key)?.revision === expectedRevision ? this.#put(key, bytes) : undefined;
  }

  async delete(key: string, expectedRevision: number): Promise<number | undefined> {
    if (this.#values.get(key)?.revision !== expectedRevision) return undefined;
    this.#values.delete(key);
    const revision = ++this.#revision;
    this.#emit({ type: 'delete', key, revision });
    return revision;
  }

  /** Only for a revision that is the present one: memory keeps no history. */
  watch(afterRevision: number, sink: (event: StorageEvent) => void): () => void {
    if (afterRevision !== this.#revision) throw new Error(`revision ${afterRevision} is not the present one`);
    this.#sinks.add(sink);
    return () => this.#sinks.delete(sink);
  }

  async close(): Promise<void> {
    this.#sinks.clear();
  }

  #put(key: string, bytes: Uint8Array): StoredValue {
    const revision = ++this.#revision;
    const value = { key, revision, bytes: stampRevision(bytes, revision) };
    this.#values.set(key, value);
    this.#emit({ type: 'put', value });
    return value;
  }

  #emit(event: StorageEvent): void {
    for (const sink of this.#sinks) sink(event);
  }
}
