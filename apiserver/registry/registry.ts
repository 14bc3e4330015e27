import { allResources, type ResourceDefinition } from '../../openapi/resources.ts';
import { WatchCache } from '../cache/watch-cache.ts';
import type { Storage, StorageEvent } from '../storage/storage.ts';
import { parseStorageKey, ResourceStore } from './resource-store.ts';
import { strategyOf } from './strategies.ts';

/** Every served resource's store, and the one revision they share. */
export class Registry {
  readonly #stores = new Map<string, ResourceStore>();
  /** The served versions of what is stored under a group and plural. */
  readonly #versions = new Map<string, ResourceStore[]>();
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
      registry.#add(new ResourceStore(definition, strategy, cache, storage));
    }
    for (const { key, bytes, revision: at } of values) {
      const { group, resource, namespace, name } = parseStorageKey(key);
      for (const store of registry.#storedAs(group, resource)) {
        store.cache.load(namespace, name, store.served(bytes, at), at);
      }
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
    return this.#stores.get(`${group}/${version}/${resource}`);
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

  #add(store: ResourceStore): void {
    const { group, version, resource } = store.definition;
    this.#stores.set(`${group}/${version}/${resource}`, store);
    const stored = store.definition.storedAs ?? store.definition;
    const key = `${stored.group}/${stored.resource}`;
    this.#versions.set(key, [...this.#storedAs(stored.group, stored.resource), store]);
  }

  #storedAs(group: string, resource: string): readonly ResourceStore[] {
    return this.#versions.get(`${group}/${resource}`) ?? [];
  }

  #apply(event: StorageEvent): void {
    const { key, revision } = event.type === 'put' ? event.value : event;
    const { group, resource, namespace, name } = parseStorageKey(key);
    this.#revision = revision;
    for (const store of this.#storedAs(group, resource)) {
      if (event.type === 'delete') store.cache.delete(namespace, name, revision);
      else store.cache.put(namespace, name, store.served(event.value.bytes, revision), revision);
    }
    for (const waiter of this.#waiting) {
      if (waiter.revision > revision) continue;
      this.#waiting.delete(waiter);
      waiter.resolve();
    }
  }
}
