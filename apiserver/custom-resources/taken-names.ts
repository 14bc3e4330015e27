import type { CustomResourceDefinition } from '../../openapi/generated/types.ts';
import { hasCondition } from './definition-conditions.ts';

/** Plurals, singulars and short names share one space; kinds and list kinds another. */
export type NameSpace = 'resource' | 'kind';

interface Entry {
  readonly group: string;
  readonly keys: readonly string[];
}

/** Who has which names, and who still waits for some, group by group. */
export class TakenNames {
  readonly #owners = new Map<string, Set<string>>();
  readonly #entries = new Map<string, Entry>();
  readonly #waiting = new Map<string, Set<string>>();

  /** Takes note of a definition as it is now; undefined: it is gone. */
  update(name: string, crd: CustomResourceDefinition | undefined): void {
    this.#forget(name);
    if (!crd) return;
    const group = crd.spec?.group ?? '';
    const keys = keysOf(group, crd);
    for (const key of keys) addTo(this.#owners, key, name);
    this.#entries.set(name, { group, keys });
    if (!hasCondition(crd, 'NamesAccepted')) addTo(this.#waiting, group, name);
  }

  /** Whether a name is somebody else's. */
  isTaken(group: string, space: NameSpace, name: string, asker: string): boolean {
    const owners = this.#owners.get(`${group} ${space} ${name}`);
    return owners !== undefined && (owners.size > 1 || !owners.has(asker));
  }

  waitingIn(group: string): readonly string[] {
    return [...(this.#waiting.get(group) ?? [])];
  }

  #forget(name: string): void {
    const entry = this.#entries.get(name);
    if (!entry) return;
    this.#entries.delete(name);
    for (const key of entry.keys) removeFrom(this.#owners, key, name);
    removeFrom(this.#waiting, entry.group, name);
  }
}

function keysOf(group: string, { status }: CustomResourceDefinition): string[] {
  const { plural, singular, shortNames = [], kind, listKind } = status?.acceptedNames ?? {};
  const keys = (space: NameSpace, names: readonly (string | undefined)[]): string[] =>
    names.filter(Boolean).map((name) => `${group} ${space} ${name}`);
  return [...keys('resource', [plural, singular, ...shortNames]), ...keys('kind', [kind, listKind])];
}

function addTo(sets: Map<string, Set<string>>, key: string, name: string): void {
  const set = sets.get(key) ?? new Set();
  sets.set(key, set.add(name));
}

function removeFrom(sets: Map<string, Set<string>>, key: string, name: string): void {
  const set = sets.get(key);
  if (set?.delete(name) && set.size === 0) sets.delete(key);
}
