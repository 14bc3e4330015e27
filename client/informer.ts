import type { ResourceDefinition, ResourceObject } from '../openapi/resources.ts';
import { type IndexFunctions, ObjectStore } from './object-store.ts';
import { Reflector, type ReflectorOptions } from './reflector.ts';

/** Called after the store has changed; each event once, in the order of revisions. */
export interface InformerHandler<T> {
  onAdd?(object: T): void;
  onUpdate?(previous: T, object: T): void;
  onDelete?(object: T): void;
}

interface Identified {
  readonly metadata: {
    readonly name?: string | undefined;
    readonly namespace?: string | undefined;
    readonly resourceVersion?: string | undefined;
  };
}

/** The key of an object in stores and work queues: `namespace/name`, or `name` where there is no namespace. */
export function objectKey(object: Identified): string {
  const { namespace, name = '' } = object.metadata;
  return namespace ? `${namespace}/${name}` : name;
}

/** Takes a key apart again. */
export function splitKey(key: string): { namespace: string | undefined; name: string } {
  const slash = key.indexOf('/');
  return slash === -1
    ? { namespace: undefined, name: key }
    : { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}

/**
 * A local copy of a collection that follows the API server, with indexes and change handlers. Its objects
 * are shared by everyone in the process: they must never be changed.
 */
export class Informer<R extends ResourceDefinition> {
  readonly store: ObjectStore<ResourceObject<R>>;
  /** Resolves when the first list is in the store. */
  readonly synced: Promise<void>;
  readonly #reflector: Reflector<R>;
  readonly #handlers: InformerHandler<ResourceObject<R>>[] = [];
  #markSynced: () => void = () => {};
  #isSynced = false;

  constructor(options: Omit<ReflectorOptions<R>, 'sink'>, indexes: IndexFunctions<ResourceObject<R>> = {}) {
    this.store = new ObjectStore((object) => objectKey(object as Identified), indexes);
    this.synced = new Promise((resolve) => {
      this.#markSynced = resolve;
    });
    this.#reflector = new Reflector({
      ...options,
      sink: {
        replace: (items) => this.#replace(items),
        apply: (type, object) => (type === 'DELETED' ? this.#remove(object) : this.#put(object)),
      },
    });
  }

  get hasSynced(): boolean {
    return this.#isSynced;
  }

  /** Handlers added before `run` see every object; later ones see the present objects as added at once. */
  addHandler(handler: InformerHandler<ResourceObject<R>>): void {
    this.#handlers.push(handler);
    for (const object of this.store.values()) handler.onAdd?.(object);
  }

  run(signal: AbortSignal): Promise<void> {
    return this.#reflector.run(signal);
  }

  #replace(items: readonly ResourceObject<R>[]): void {
    const present = new Set(items.map((item) => objectKey(item as Identified)));
    for (const object of [...this.store.values()]) {
      if (!present.has(objectKey(object as Identified))) this.#remove(object);
    }
    for (const item of items) this.#put(item);
    this.#isSynced = true;
    this.#markSynced();
  }

  #put(object: ResourceObject<R>): void {
    const previous = this.store.put(object);
    if (previous === undefined) {
      for (const handler of this.#handlers) handler.onAdd?.(object);
    } else if (revisionOf(previous) !== revisionOf(object)) {
      for (const handler of this.#handlers) handler.onUpdate?.(previous, object);
    }
  }

  #remove(object: ResourceObject<R>): void {
    if (!this.store.delete(object)) return;
    for (const handler of this.#handlers) handler.onDelete?.(object);
  }
}

function revisionOf(object: unknown): string | undefined {
  return (object as Identified).metadata.resourceVersion;
}
