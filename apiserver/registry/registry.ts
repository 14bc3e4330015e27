import { allResources, type ResourceDefinition } from '../../openapi/resources.ts';
import { WatchCache } from '../cache/watch-cache.ts';
import type { Storage, StorageEvent } from '../storage/storage.ts';
import { parseStorageKey, ResourceStore } from './resource-store.ts';
import { strategyOf } from './strategies.ts';

/** Every served resource's store, and the one revision they share. */
export class Registry {
  readonly #stores = new Map<string, ResourceStore>();
  #revision = 0;
  #stop: () => void = () => {};
  readonly #waiting = new Set<{ revision: number; resolve: () => void }>();

  /** Fills the caches from storage and follows it. */
  static async open(
    storage: Storage,
    onDelivered: (definition: ResourceDefinition, watchers: number) => void,
  ): Promise<Registry> {
    const registry = new Registry();
    const { revision, values } = await storage.load();
    registry.#revision = revision;
    for (const definition of allResources) {
      const strategy = strategyOf(definition);
      const { fieldsOf, triggerField } = strategy;
      const delivered = (watchers: number): void => onDelivered(definition, watchers);
      const cache = new WatchCache({ revision, fieldsOf, triggerField, onDelivered: delivered });
      const store = new ResourceStore(definition, strategy, cache, storage);
      registry.#stores.set(`${definition.group}/${definition.resource}`, store);
    }
    for (const { key, bytes, revision: at } of values) {
      const { group, resource, namespace, name } = parseStorageKey(key);
      registry.#stores.get(`${group}/${resource}`)?.cache.load(namespace, name, bytes, at);
    }
    registry.#stop = storage.watch(revision, (event) => registry.#apply(event));
    return registry;
  }

  /** The revision of everything that the caches have seen. */
  get revision(): number {
    return this.#revision;
  }

  get stores(): Iterable<ResourceStore> {
    return this.#stores.values();
  }

  find(group: string, version: string, resource: string): ResourceStore | undefined {
    const store = this.#stores.get(`${group}/${resource}`);
    return store?.definition.version === version ? store : undefined;
  }

  of(definition: ResourceDefinition): ResourceStore {
    const store = this.find(definition.group, definition.version, definition.resource);
    if (!store) throw new Error(`${definition.resource} is not served`);
    return store;
  }

  /** Resolves when the caches have seen a revision. */
  waitUntilFresh(revision: number): Promise<void> {
    if (this.#revision >= revision) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.add({ revision, resolve }));
  }

  close(): void {
    this.#stop();
    for (const store of this.#stores.values()) store.cache.closeWatchers();
  }

  #apply(event: StorageEvent): void {
    const { key, revision } = event.type === 'put' ? event.value : event;
    const { group, resource, namespace, name } = parseStorageKey(key);
    this.#revision = revision;
    const cache = this.#stores.get(`${group}/${resource}`)?.cache;
    if (event.type === 'put') cache?.put(namespace, name, event.value.bytes, revision);
    else cache?.delete(namespace, name, revision);
    for (const waiter of this.#waiting) {
      if (waiter.revision > revision) continue;
      this.#waiting.delete(waiter);
      waiter.resolve();
    }
  }
}
