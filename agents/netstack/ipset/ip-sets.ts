import type { Netns } from '../netns.ts';
import { IpSet, type IpSetOptions } from './ip-set.ts';
import {
  ALREADY_ADDED,
  FULL,
  IN_USE,
  IpSetError,
  NAME_TAKEN,
  NO_SUCH_SET,
  NOT_ADDED,
} from './ipset-error.ts';
import type { SetEntry } from './set-entry.ts';
import type { SetType } from './set-type.ts';

const MAX_SETS = 4096;
const MAX_NAME = 31;

/** The place of a set: rules hold it, so that two sets can change places under them (`ipset swap`). */
export interface SetPlace {
  readonly name: string;
  set: IpSet;
}

/** The ipsets of one namespace. Refusals are IpSetErrors. */
export class IpSets {
  readonly #ns: Netns;
  readonly #places = new Map<string, SetPlace>();

  constructor(ns: Netns) {
    this.#ns = ns;
  }

  all(): SetPlace[] {
    return [...this.#places.values()];
  }

  place(name: string): SetPlace | undefined {
    return this.#places.get(name);
  }

  require(name: string): SetPlace {
    const place = this.#places.get(name);
    if (!place) throw new IpSetError(NO_SUCH_SET, 'missing');
    return place;
  }

  create(name: string, type: SetType, options: IpSetOptions): void {
    if (this.#places.has(name)) throw new IpSetError(NAME_TAKEN, 'exists');
    if (name.length > MAX_NAME || name === '') {
      throw new IpSetError(`Syntax error: setname '${name}' is longer than ${MAX_NAME} characters`);
    }
    if (this.#places.size >= MAX_SETS) {
      throw new IpSetError('Kernel error received: maximal number of sets reached, cannot create more.');
    }
    this.#places.set(name, { name, set: new IpSet(type, options, this.#ns.rng.int(2 ** 31)) });
  }

  add({ set }: SetPlace, entry: SetEntry): void {
    if (set.has(entry)) throw new IpSetError(ALREADY_ADDED, 'exists');
    if (set.isFull) throw new IpSetError(FULL);
    set.add(entry);
    this.#ns.changed();
  }

  delete({ set }: SetPlace, entry: SetEntry): void {
    if (!set.has(entry)) throw new IpSetError(NOT_ADDED, 'exists');
    set.delete(entry);
    this.#ns.changed();
  }

  flush({ set }: SetPlace): void {
    set.clear();
    this.#ns.changed();
  }

  destroy({ name }: SetPlace): void {
    if (this.references(name) > 0) throw new IpSetError(IN_USE);
    this.#places.delete(name);
  }

  rename(place: SetPlace, name: string): void {
    if (this.references(place.name) > 0) {
      throw new IpSetError('Set cannot be renamed: it is in use by another system');
    }
    if (this.#places.has(name)) {
      throw new IpSetError('Set cannot be renamed: a set with the new name already exists');
    }
    this.#places.delete(place.name);
    this.#places.set(name, { name, set: place.set });
  }

  swap(one: SetPlace, other: SetPlace): void {
    if (one.set.type !== other.set.type || one.set.options.version !== other.set.options.version) {
      throw new IpSetError('The sets cannot be swapped: their type does not match');
    }
    [one.set, other.set] = [other.set, one.set];
    this.#ns.changed();
  }

  /** How many rules look things up in a set. */
  references(name: string): number {
    let count = 0;
    for (const table of [...this.#ns.iptables.tables(), ...this.#ns.ip6tables.tables()]) {
      for (const chain of table.chains.values()) {
        for (const { rule } of chain.rules) {
          for (const match of rule.matches) if (match.kind === 'set' && match.name === name) count++;
        }
      }
    }
    return count;
  }
}
