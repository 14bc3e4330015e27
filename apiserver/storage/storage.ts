/** One object as it is stored: JSON with its revision written into metadata.resourceVersion. */
export interface StoredValue {
  readonly key: string;
  readonly bytes: Uint8Array;
  /** The revision of its last change. */
  readonly revision: number;
}

export type Change =
  | { readonly type: 'put'; readonly value: StoredValue }
  | { readonly type: 'delete'; readonly key: string; readonly revision: number };

/** What happened up to a revision and was not told before, where only its result is known. */
export interface Gap {
  readonly type: 'gap';
  readonly revision: number;
  /** Leads from the state that was told to the state at the revision. */
  readonly changes: readonly Change[];
}

export type StorageEvent = Change | Gap;

/**
 * Where objects live. All resources share one revision, which grows by one with every change and is never
 * given twice. Values go in without a resourceVersion and come out with it (see stampRevision): an engine
 * that knows the revision when it writes keeps the stamped bytes, and everyone shares that one buffer.
 */
export interface Storage {
  /** Everything stored, and the revision it is the state of. */
  load(): Promise<{ readonly revision: number; readonly values: readonly StoredValue[] }>;
  /** Undefined when the key exists. */
  create(key: string, bytes: Uint8Array): Promise<StoredValue | undefined>;
  /** Undefined when the key's revision is not the expected one, or the key is gone. */
  replace(key: string, expectedRevision: number, bytes: Uint8Array): Promise<StoredValue | undefined>;
  /** The revision of the deletion; undefined when the key's revision is not the expected one. */
  delete(key: string, expectedRevision: number): Promise<number | undefined>;
  /**
   * Calls the sink with every change after a revision, in order, until the returned function is called.
   * Nothing is left out unless a gap says so: history may be gone when others write too. A change is seen by the sink before its write resolves if this process made it.
   */
  watch(afterRevision: number, sink: (event: StorageEvent) => void): () => void;
  /**
   * Resolves when the sink has seen everything that was stored when this was called. Left out by an engine
   * that nobody else writes to: its sink always has.
   */
  catchUp?(): Promise<void>;
  close(): Promise<void>;
}
