import type { StoredObject } from './stored-object.ts';

/** The present objects of one resource, by namespace and name, listed in the order of their keys. */
export class ObjectIndex {
  readonly #namespaces = new Map<string, Map<string, StoredObject>>();
  /** Namespaces in order, and each one's names in order; dropped when a key comes or goes. */
  #order: readonly string[] | undefined;
  readonly #orders = new Map<string, readonly string[]>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(namespace: string, name: string): StoredObject | undefined {
    return this.#namespaces.get(namespace)?.get(name);
  }

  put(object: StoredObject): void {
    const { namespace, name } = object;
    let names = this.#namespaces.get(namespace);
    if (!names) {
      names = new Map();
      this.#namespaces.set(namespace, names);
      this.#order = undefined;
    }
    if (!names.has(name)) {
      this.#orders.delete(namespace);
      this.#size++;
    }
    names.set(name, object);
  }

  delete(namespace: string, name: string): void {
    const names = this.#namespaces.get(namespace);
    if (!names?.delete(name)) return;
    this.#size--;
    this.#orders.delete(namespace);
    if (names.size === 0) {
      this.#namespaces.delete(namespace);
      this.#order = undefined;
    }
  }

  /** The objects of a namespace, or of all. */
  list(namespace: string | undefined): StoredObject[] {
    const objects: StoredObject[] = [];
    if (namespace !== undefined) this.#collect(namespace, objects);
    else for (const each of this.#sortedNamespaces()) this.#collect(each, objects);
    return objects;
  }

  #collect(namespace: string, into: StoredObject[]): void {
    const names = this.#namespaces.get(namespace);
    if (!names) return;
    let order = this.#orders.get(namespace);
    if (!order) {
      order = [...names.keys()].sort();
      this.#orders.set(namespace, order);
    }
    for (const name of order) into.push(names.get(name)!);
  }

  #sortedNamespaces(): readonly string[] {
    this.#order ??= [...this.#namespaces.keys()].sort();
    return this.#order;
  }
}
