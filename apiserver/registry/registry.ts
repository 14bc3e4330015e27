import { deepEqual } from '../../openapi/deep-equal.ts';
import type { CustomResourceDefinition } from '../../openapi/generated/types.ts';
import { allResources, type ResourceDefinition, resources } from '../../openapi/resources.ts';
import { WatchCache } from '../cache/watch-cache.ts';
import { customVersions } from '../custom-resources/custom-kind.ts';
import { errors } from '../errors.ts';
import type { Change, Gap, Storage, StorageEvent, StoredValue } from '../storage/storage.ts';
import { builtInKind, type Kind } from './kind.ts';
import { parseStorageKey, ResourceStore, storageKey } from './resource-store.ts';

type OnDelivered = (definition: ResourceDefinition, watchers: number) => void;

/**
 * Every served resource's store, and the one revision they share. Built-in resources are there from the
 * start; custom ones come, change and go with their definitions, as the definitions' watch cache shows them.
 */
export class Registry {
  /** What is served, by group, version and plural. */
  readonly #stores = new Map<string, ResourceStore>();
  /** The versions of what is stored under a group and plural. */
  readonly #versions = new Map<string, readonly ResourceStore[]>();
  /** Objects of resources that no definition speaks of yet, by group and plural, and by key. */
  readonly #unclaimed = new Map<string, Map<string, StoredValue>>();
  readonly #observers = new Set<(definition: string) => void>();
  readonly #waiting = new Set<{ revision: number; resolve: () => void }>();
  readonly #storage: Storage;
  readonly #onDelivered: OnDelivered;
  #revision: number;
  #definitions: readonly ResourceDefinition[] | undefined;
  #stop: () => void = () => {};
  #catchUp: (() => Promise<void>) | undefined;

  private constructor(storage: Storage, revision: number, onDelivered: OnDelivered) {
    this.#storage = storage;
    this.#revision = revision;
    this.#onDelivered = onDelivered;
    for (const definition of allResources) {
      const kind = builtInKind(definition);
      this.#add(new ResourceStore(definition, kind, this.#newCache(definition, kind), storage));
    }
  }

  /** Fills the caches from storage and follows it. */
  static async open(storage: Storage, onDelivered: OnDelivered): Promise<Registry> {
    const { revision, values } = await storage.load();
    const registry = new Registry(storage, revision, onDelivered);
    for (const value of values) registry.#load(value);
    registry.#catchUp = storage.catchUp && (() => storage.catchUp!());
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

  /** All that is served, built-in resources first. Another array when something comes, changes or goes. */
  get definitions(): readonly ResourceDefinition[] {
    this.#definitions ??= [...this.#stores.values()].map(({ definition }) => definition);
    return this.#definitions;
  }

  find(group: string, version: string, resource: string): ResourceStore | undefined {
    return this.#stores.get(`${group}/${version}/${resource}`);
  }

  of(definition: ResourceDefinition): ResourceStore {
    const store = this.find(definition.group, definition.version, definition.resource);
    if (!store) throw new Error(`${definition.resource} is not served`);
    return store;
  }

  /** A store of a definition's objects, whether that version is served or not. */
  storeOfDefinition(name: string): ResourceStore | undefined {
    const [store] = this.#storedAs(...splitName(name));
    return store?.kind.read ? store : undefined;
  }

  /** Calls back when a definition comes, changes or goes, and when one that is going lost an object. */
  onDefinition(observer: (name: string) => void): () => void {
    this.#observers.add(observer);
    return () => this.#observers.delete(observer);
  }

  /** Undefined when the caches are as new as storage; else resolves when they are as new as it is now. */
  catchUp(): Promise<void> | undefined {
    return this.#catchUp?.();
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

  #newCache(definition: ResourceDefinition, { strategy }: Kind): WatchCache {
    const { fieldsOf, triggerField } = strategy;
    return new WatchCache({
      revision: this.#revision,
      fieldsOf,
      triggerField,
      onDelivered: (watchers) => this.#onDelivered(definition, watchers),
    });
  }

  #storedAs(group: string, resource: string): readonly ResourceStore[] {
    return this.#versions.get(`${group}/${resource}`) ?? NONE;
  }

  #load(value: StoredValue): void {
    const { key, bytes, revision } = value;
    const { group, resource, namespace, name } = parseStorageKey(key);
    const stores = this.#storedAs(group, resource);
    if (stores.length === 0) this.#keep(group, resource, value);
    for (const store of stores) store.cache.load(namespace, name, store.served(bytes, revision), revision);
    if (key.startsWith(DEFINITIONS)) this.#define(name);
  }

  /** A definition may come after its objects: nothing orders what is read at the start, or after a gap. */
  #keep(group: string, resource: string, value: StoredValue): void {
    const values = this.#unclaimed.get(`${group}/${resource}`) ?? new Map();
    this.#unclaimed.set(`${group}/${resource}`, values.set(value.key, value));
  }

  /** What another server stored while the last of the definition went is still stored. */
  #unclaim(group: string, resource: string, store: ResourceStore | undefined): void {
    for (const { namespace, name, bytes, revision } of store?.cache.list(undefined) ?? []) {
      this.#keep(group, resource, { key: storageKey(group, resource, namespace, name), bytes, revision });
    }
  }

  #claim(group: string, resource: string): void {
    const values = this.#unclaimed.get(`${group}/${resource}`);
    this.#unclaimed.delete(`${group}/${resource}`);
    for (const value of values?.values() ?? []) this.#load(value);
  }

  #apply(event: StorageEvent): void {
    if (event.type === 'gap') this.#bridge(event);
    else this.#change(event);
    for (const waiter of this.#waiting) {
      if (waiter.revision > this.#revision) continue;
      this.#waiting.delete(waiter);
      waiter.resolve();
    }
  }

  /** Nobody is told a history that is not known: whoever watches has to list again. */
  #bridge({ revision, changes }: Gap): void {
    const { status } = errors.expired('The resourceVersion for the provided watch is too old.');
    for (const { cache } of [...this.#versions.values()].flat()) cache.failWatchers(status);
    for (const change of changes) this.#change(change);
    for (const { cache } of [...this.#versions.values()].flat()) cache.forget(revision);
    this.#revision = revision;
  }

  #change(event: Change): void {
    const { key, revision } = event.type === 'put' ? event.value : event;
    const { group, resource, namespace, name } = parseStorageKey(key);
    this.#revision = revision;
    const stores = this.#storedAs(group, resource);
    if (stores.length === 0) {
      if (event.type === 'put') this.#keep(group, resource, event.value);
      else this.#unclaimed.get(`${group}/${resource}`)?.delete(key);
    }
    for (const store of stores) {
      if (event.type === 'delete') store.cache.delete(namespace, name, revision);
      else store.cache.put(namespace, name, store.served(event.value.bytes, revision), revision);
    }
    if (key.startsWith(DEFINITIONS)) this.#define(name);
    else if (event.type === 'delete') this.#tellOfLoss(group, resource);
  }

  /** Serves from now on what a definition says. */
  #define(name: string): void {
    const [group, resource] = splitName(name);
    const before = this.#storedAs(group, resource);
    const stored = this.of(resources.customresourcedefinitions).cache.get('', name);
    // What is built in cannot be defined.
    if (before.every(({ kind }) => kind.read)) {
      const crd = stored?.object as unknown as CustomResourceDefinition | undefined;
      this.#replace(group, resource, before, crd ? customVersions(crd) : []);
    }
    for (const observer of this.#observers) observer(name);
  }

  #replace(
    group: string,
    resource: string,
    before: readonly ResourceStore[],
    versions: ReturnType<typeof customVersions>,
  ): void {
    if (before.length === 0 && versions.length === 0) return;
    const after = versions.map(({ definition, kind }) => {
      const old = before.find((store) => store.definition.version === definition.version);
      const cache = old && canShow(old, kind) ? old.cache : this.#newCache(definition, kind);
      const store = new ResourceStore(definition, kind, cache, this.#storage);
      if (cache !== old?.cache) showObjects(before[0], store);
      else if (!deepEqual(old.kind.codec.schema, kind.codec.schema)) showObjects(store, store);
      return store;
    });
    for (const { definition, cache } of before) {
      this.#stores.delete(`${group}/${definition.version}/${resource}`);
      const isServed = versions.some(
        (each) => each.isServed && each.definition.version === definition.version,
      );
      if (!isServed || !after.some((store) => store.cache === cache)) cache.closeWatchers();
    }
    for (const [index, store] of after.entries()) {
      const { version } = store.definition;
      if (versions[index]?.isServed) this.#stores.set(`${group}/${version}/${resource}`, store);
    }
    this.#definitions = undefined;
    if (after.length === 0) {
      this.#versions.delete(`${group}/${resource}`);
      this.#unclaim(group, resource, before[0]);
      return;
    }
    this.#versions.set(`${group}/${resource}`, after);
    if (before.length === 0) this.#claim(group, resource);
  }

  #tellOfLoss(group: string, resource: string): void {
    if (!this.#storedAs(group, resource)[0]?.kind.isTerminating) return;
    for (const observer of this.#observers) observer(`${resource}.${group}`);
  }
}

const NONE: readonly ResourceStore[] = [];
const DEFINITIONS = '/registry/apiextensions.k8s.io/customresourcedefinitions/';

/** A definition's name is its plural and its group. */
function splitName(name: string): [group: string, resource: string] {
  const dot = name.indexOf('.');
  return [name.slice(dot + 1), name.slice(0, dot)];
}

/** A cache knows how to read the fields that objects are selected by. */
function canShow({ cache, strategy }: ResourceStore, kind: Kind): boolean {
  if (cache.fieldsOf === undefined && kind.strategy.fieldsOf === undefined) return true;
  return String(strategy.selectableFields) === String(kind.strategy.selectableFields);
}

/** Shows objects of one version in another, or as a new schema has them. Nobody who watches is told of it. */
function showObjects(from: ResourceStore | undefined, to: ResourceStore): void {
  for (const { namespace, name, bytes, revision } of from?.cache.list(undefined) ?? []) {
    const shown = to.served(bytes, revision);
    if (from !== to || shown !== bytes) to.cache.load(namespace, name, shown, revision);
  }
}
