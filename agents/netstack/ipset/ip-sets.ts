import type { Netns } from '../netns.ts';
import { IpSet } from './ip-set.ts';
import {
  ALREADY_ADDED,
  FULL,
  IN_USE,
  IpSetError,
  NAME_TAKEN,
  NO_SUCH_SET,
  NOT_ADDED,
} from './ipset-error.ts';
import type { SetElement, SetEntry } from './set-element.ts';
import type { IpSetOptions } from './set-options.ts';
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
    if (name.length > MAX_NAME || name === '') {
      throw new IpSetError(`Syntax error: setname '${name}' is longer than ${MAX_NAME} characters`);
    }
    const known = this.#places.get(name)?.set;
    if (known !== undefined)
      throw new IpSetError(NAME_TAKEN, isSameKind(known, type, options) ? 'exists' : 'other');
    if (this.#places.size >= MAX_SETS) {
      throw new IpSetError('Kernel error received: maximal number of sets reached, cannot create more.');
    }
    this.#places.set(name, { name, set: new IpSet(type, options, this.#ns.rng.int(2 ** 31)) });
  }

  /** With `exist`, an element that is there already is made anew. */
  add({ set }: SetPlace, element: SetElement, exist: boolean): void {
    const { now } = this.#ns.softirq;
    const isKnown = set.get(element.entry, now) !== undefined;
    if (isKnown && !exist) throw new IpSetError(ALREADY_ADDED);
    if (!isKnown && set.isFull) this.#makeRoom(set, now);
    set.set(element);
    this.#ns.changed();
  }

  #makeRoom(set: IpSet, now: number): void {
    set.collect(now);
    if (!set.isFull) return;
    const [victim] = set.options.forceAdd ? set.elements(now) : [];
    if (victim === undefined) throw new IpSetError(FULL);
    set.delete(victim.entry);
  }

  delete({ set }: SetPlace, entry: SetEntry): void {
    if (set.get(entry, this.#ns.softirq.now) === undefined) throw new IpSetError(NOT_ADDED, 'exists');
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
    // It keeps its place among the others.
    const all = this.all().map((each) => (each === place ? { name, set: place.set } : each));
    this.#places.clear();
    for (const each of all) this.#places.set(each.name, each);
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

/** Whether `create -exist` may take one for the other (ip_set_create, same_set of each type). */
function isSameKind({ type, options }: IpSet, other: SetType, wanted: IpSetOptions): boolean {
  return (
    type === other &&
    options.version === wanted.version &&
    options.netmask === wanted.netmask &&
    options.timeout === wanted.timeout &&
    options.counters === wanted.counters &&
    options.comments === wanted.comments
  );
}
