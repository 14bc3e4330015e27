import { groupVersion, type ResourceDefinition } from '../../openapi/resources.ts';
import { type KubeObject, StoredObject } from '../cache/stored-object.ts';
import type { WatchCache } from '../cache/watch-cache.ts';
import { errors } from '../errors.ts';
import type { Storage, StoredValue } from '../storage/storage.ts';
import { encodeObject, typePrefix } from './encode-object.ts';
import type { ExpectedKind, Kind } from './kind.ts';
import type { Strategy } from './strategy.ts';

/** Everything about one served resource: what it is, how its kind behaves, and where its objects are. */
export class ResourceStore {
  readonly definition: ResourceDefinition;
  readonly kind: Kind;
  readonly cache: WatchCache;
  readonly apiVersion: string;
  /** How many bytes of every object come before its metadata. */
  readonly prefixLength: number;
  readonly #storage: Storage;

  constructor(definition: ResourceDefinition, kind: Kind, cache: WatchCache, storage: Storage) {
    this.definition = definition;
    this.kind = kind;
    this.cache = cache;
    this.apiVersion = groupVersion(definition);
    this.prefixLength = typePrefix(definition.kind, this.apiVersion).length;
    this.#storage = storage;
  }

  get strategy(): Strategy {
    return this.kind.strategy;
  }

  /** What the body of a write must be. */
  get expected(): ExpectedKind {
    const { kind, message } = this.definition;
    return { kind, apiVersion: this.apiVersion, message, read: this.kind.read };
  }

  /** The present object; 404 when there is none. */
  require(namespace: string, name: string): StoredObject {
    const object = this.cache.get(namespace, name);
    if (!object) throw errors.notFound(this.definition, name);
    return object;
  }

  async create(object: KubeObject): Promise<StoredObject> {
    const { namespace = '', name = '' } = object.metadata;
    const value = await this.#storage.create(this.#key(namespace, name), this.#encode(object));
    if (!value) throw errors.alreadyExists(this.definition, name);
    return this.#stored(namespace, name, value);
  }

  /** Undefined when the object is no longer what `previous` was. */
  async replace(previous: StoredObject, object: KubeObject): Promise<StoredObject | undefined> {
    const { namespace, name, revision } = previous;
    const value = await this.#storage.replace(this.#key(namespace, name), revision, this.#encode(object));
    return value && this.#stored(namespace, name, value);
  }

  /** False when the object is no longer what `previous` was. */
  async delete(previous: StoredObject): Promise<boolean> {
    const { namespace, name, revision } = previous;
    return (await this.#storage.delete(this.#key(namespace, name), revision)) !== undefined;
  }

  /** Stored bytes as this version has them. */
  served(bytes: Uint8Array, revision: number): Uint8Array {
    return this.kind.codec.served(bytes, revision);
  }

  #encode(object: KubeObject): Uint8Array {
    return encodeObject(this.kind.codec.toStored(object));
  }

  #key(namespace: string, name: string): string {
    const { group, resource } = this.definition.storedAs ?? this.definition;
    return storageKey(group, resource, namespace, name);
  }

  #stored(namespace: string, name: string, value: StoredValue): StoredObject {
    const cached = this.cache.get(namespace, name);
    if (cached?.revision === value.revision) return cached;
    const bytes = this.served(value.bytes, value.revision);
    return new StoredObject(namespace, name, bytes, value.revision, this.strategy.fieldsOf);
  }
}

/** `/registry/<group>/<resource>/<namespace>/<name>`; the core group and no namespace are empty parts. */
export function storageKey(group: string, resource: string, namespace: string, name: string): string {
  return `/registry/${group}/${resource}/${namespace}/${name}`;
}

export function parseStorageKey(key: string): {
  group: string;
  resource: string;
  namespace: string;
  name: string;
} {
  const [, , group = '', resource = '', namespace = '', ...name] = key.split('/');
  return { group, resource, namespace, name: name.join('/') };
}
