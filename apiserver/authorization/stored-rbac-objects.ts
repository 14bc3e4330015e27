import type { ClusterRole, ClusterRoleBinding, Role, RoleBinding } from '../../openapi/generated/types.ts';
import { type ResourceDefinition, resources } from '../../openapi/resources.ts';
import type { StoredObject } from '../cache/stored-object.ts';
import type { WatchCache } from '../cache/watch-cache.ts';
import type { Registry } from '../registry/registry.ts';
import type { RbacObjects } from './granted-rules.ts';

/** Roles and bindings as the registry's caches have them; each is parsed once. */
export class StoredRbacObjects implements RbacObjects {
  readonly #registry: Registry;
  readonly #caches: readonly WatchCache[];
  readonly #parsed = new WeakMap<StoredObject, object>();

  constructor(registry: Registry) {
    this.#registry = registry;
    const { roles, clusterroles, rolebindings, clusterrolebindings } = resources;
    this.#caches = [roles, clusterroles, rolebindings, clusterrolebindings].map(
      (definition) => registry.of(definition).cache,
    );
  }

  /** The revision at which a role or binding last changed. */
  get revision(): number {
    let latest = 0;
    for (const { changedAt } of this.#caches) latest = Math.max(latest, changedAt);
    return latest;
  }

  role(namespace: string, name: string): Role | undefined {
    return this.#get<Role>(resources.roles, namespace, name);
  }

  clusterRole(name: string): ClusterRole | undefined {
    return this.#get<ClusterRole>(resources.clusterroles, '', name);
  }

  roleBindings(): readonly RoleBinding[] {
    return this.#list<RoleBinding>(resources.rolebindings);
  }

  clusterRoleBindings(): readonly ClusterRoleBinding[] {
    return this.#list<ClusterRoleBinding>(resources.clusterrolebindings);
  }

  #get<T extends object>(definition: ResourceDefinition, namespace: string, name: string): T | undefined {
    const stored = this.#registry.of(definition).cache.get(namespace, name);
    return stored && this.#parse<T>(stored);
  }

  #list<T extends object>(definition: ResourceDefinition): readonly T[] {
    return this.#registry
      .of(definition)
      .cache.list(undefined)
      .map((stored) => this.#parse<T>(stored));
  }

  #parse<T extends object>(stored: StoredObject): T {
    const known = this.#parsed.get(stored);
    if (known) return known as T;
    const object = stored.copy() as unknown as T;
    this.#parsed.set(stored, object);
    return object;
  }
}
