import { deepEqual } from '../../openapi/deep-equal.ts';
import type { ManagedFieldsEntry } from '../../openapi/generated/types.ts';
import type { Comparison } from './compare.ts';
import { difference, type FieldTree, union } from './field-tree.ts';
import {
  capUpdaters,
  entriesOf,
  isSameManager,
  type Manager,
  type Ownership,
  ownersOf,
  parseOwners,
} from './managers.ts';

/** metadata.managedFields. */
export type OwnerEntries = ManagedFieldsEntry[] | undefined;

/**
 * Who owns what after a write that is no apply: its manager gets what it changed, everybody else loses that,
 * and all lose what is gone (structured-merge-diff merge/update.go, Update).
 */
export function trackUpdate(
  entries: OwnerEntries,
  { changed, removed }: Comparison,
  manager: Manager,
  now: string,
): OwnerEntries {
  if (!changed && !removed) return entries;
  const [only] = entries ?? [];
  if (entries?.length === 1 && only && !removed && ownsAll(only, manager, changed)) {
    return only.time === now ? entries : [{ ...only, time: now }];
  }
  const lost = union(changed, removed);
  const owners: Ownership[] = [];
  let own: FieldTree | undefined;
  let time: string | undefined;
  for (const owner of ownersOf(entries)) {
    if (isSameManager(owner, manager)) {
      own = difference(owner.fields, removed);
      time = owner.time;
    } else {
      const fields = difference(owner.fields, lost);
      if (fields) owners.push({ ...owner, fields });
    }
  }
  const fields = union(own, changed);
  if (fields) owners.push({ ...manager, time: changed ? now : time, fields });
  return entriesOf(capUpdaters(owners));
}

/** The usual case: a lone owner changes what it owns. */
function ownsAll(entry: ManagedFieldsEntry, manager: Manager, changed: FieldTree | undefined): boolean {
  const [owner] = ownersOf([entry]);
  return (
    owner !== undefined && isSameManager(owner, manager) && union(owner.fields, changed) === owner.fields
  );
}

/**
 * The entries that a write begins with: those the client sends along, if they are any, else the present
 * ones. A single empty entry takes them all away (k8s managedfields/internal/fieldmanager.go).
 */
export function entriesToBeginWith(live: OwnerEntries, sent: OwnerEntries): OwnerEntries {
  if (sent === undefined || sent.length === 0 || sent === live || deepEqual(sent, live)) return live;
  if (sent.length === 1 && Object.keys(sent[0]!).length === 0) return undefined;
  const owners = parseOwners(sent);
  return owners ? entriesOf(owners) : live;
}

/** Whether the owners are the same, whatever their times say. */
export function sameOwners(a: OwnerEntries, b: OwnerEntries): boolean {
  return a === b || deepEqual(withoutTimes(a), withoutTimes(b));
}

function withoutTimes(entries: OwnerEntries): unknown {
  return entries?.map((entry) => ({ ...entry, time: undefined }));
}
