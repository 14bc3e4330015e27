import type { ObjectMeta, OwnerReference } from '../../openapi/generated/types.ts';
import type { ResourceDefinition } from '../../openapi/resources.ts';

/** An object as the garbage collector sees it: its place and its metadata. */
export interface GraphObject {
  readonly resource: ResourceDefinition;
  readonly metadata: ObjectMeta;
}

/** Who owns whom, by uid. Owners may be known before, after, or never. */
export class OwnershipGraph {
  readonly #objects = new Map<string, GraphObject>();
  readonly #dependents = new Map<string, Set<string>>();

  get(uid: string): GraphObject | undefined {
    return this.#objects.get(uid);
  }

  dependentsOf(uid: string): readonly GraphObject[] {
    const uids = this.#dependents.get(uid) ?? [];
    return [...uids]
      .map((dependent) => this.#objects.get(dependent))
      .filter((object) => object !== undefined);
  }

  put(object: GraphObject): void {
    this.remove(object);
    const uid = object.metadata.uid ?? '';
    this.#objects.set(uid, object);
    for (const owner of ownerUids(object)) {
      const dependents = this.#dependents.get(owner);
      if (dependents) dependents.add(uid);
      else this.#dependents.set(owner, new Set([uid]));
    }
  }

  remove({ metadata: { uid = '' } }: GraphObject): void {
    const known = this.#objects.get(uid);
    if (!known) return;
    this.#objects.delete(uid);
    for (const owner of ownerUids(known)) {
      const dependents = this.#dependents.get(owner);
      dependents?.delete(uid);
      if (dependents?.size === 0) this.#dependents.delete(owner);
    }
  }
}

function ownerUids({ metadata }: GraphObject): string[] {
  return (metadata.ownerReferences ?? []).map(({ uid }) => uid ?? '');
}

export type OwnerState = 'present' | 'absent';

/** What to do about an object whose owners' states are known. */
export type Disposal =
  | { readonly kind: 'keep' }
  | { readonly kind: 'delete' }
  /** Some owners are gone: only the others stay referenced. */
  | { readonly kind: 'release'; readonly remaining: readonly OwnerReference[] };

/** An object goes when all of its owners are gone; one without owners never does. */
export function disposalOf(
  references: readonly OwnerReference[],
  stateOf: (reference: OwnerReference) => OwnerState,
): Disposal {
  const remaining = references.filter((reference) => stateOf(reference) === 'present');
  if (remaining.length === references.length) return { kind: 'keep' };
  return remaining.length === 0 ? { kind: 'delete' } : { kind: 'release', remaining };
}
