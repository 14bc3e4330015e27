/** Names each index and says under which values it files an object. */
export type IndexFunctions<T> = Readonly<Record<string, (object: T) => readonly string[]>>;

/** Objects by key, with secondary indexes kept up to date; a look-up costs O(matches). */
export class ObjectStore<T> {
  readonly #keyOf: (object: T) => string;
  readonly #objects = new Map<string, T>();
  readonly #indexes = new Map<
    string,
    { of: (object: T) => readonly string[]; entries: Map<string, Map<string, T>> }
  >();

  constructor(keyOf: (object: T) => string, indexes: IndexFunctions<T> = {}) {
    this.#keyOf = keyOf;
    for (const [name, of] of Object.entries(indexes)) this.addIndex(name, of);
  }

  get size(): number {
    return this.#objects.size;
  }

  /** Adds an index over what is already there; a name that exists keeps its first meaning. */
  addIndex(name: string, of: (object: T) => readonly string[]): void {
    if (this.#indexes.has(name)) return;
    this.#indexes.set(name, { of, entries: new Map() });
    for (const [key, object] of this.#objects) this.#file(name, key, object);
  }

  get(key: string): T | undefined {
    return this.#objects.get(key);
  }

  values(): IterableIterator<T> {
    return this.#objects.values();
  }

  /** The objects that an index files under a value. */
  byIndex(name: string, value: string): readonly T[] {
    const index = this.#indexes.get(name);
    if (!index) throw new Error(`there is no index ${name}`);
    return [...(index.entries.get(value)?.values() ?? [])];
  }

  /** Stores an object and answers the one it replaces. */
  put(object: T): T | undefined {
    const key = this.#keyOf(object);
    const previous = this.#objects.get(key);
    if (previous !== undefined) this.#unfile(key, previous);
    this.#objects.set(key, object);
    for (const name of this.#indexes.keys()) this.#file(name, key, object);
    return previous;
  }

  /** Whether there was something to delete. */
  delete(object: T): boolean {
    const key = this.#keyOf(object);
    const previous = this.#objects.get(key);
    if (previous === undefined) return false;
    this.#unfile(key, previous);
    return this.#objects.delete(key);
  }

  #file(name: string, key: string, object: T): void {
    const { of, entries } = this.#indexes.get(name)!;
    for (const value of of(object)) {
      const filed = entries.get(value);
      if (filed) filed.set(key, object);
      else entries.set(value, new Map([[key, object]]));
    }
  }

  #unfile(key: string, object: T): void {
    for (const { of, entries } of this.#indexes.values()) {
      for (const value of of(object)) {
        const filed = entries.get(value);
        filed?.delete(key);
        if (filed?.size === 0) entries.delete(value);
      }
    }
  }
}
