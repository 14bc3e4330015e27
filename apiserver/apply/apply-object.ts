import type { JsonObject } from '../../openapi/decode-json.ts';
import type { FieldType } from '../../openapi/field-table.ts';
import type { KubeObject } from '../cache/stored-object.ts';
import { type Comparison, compareObjects } from './compare.ts';
import { configFields } from './config-fields.ts';
import { ApplyConflict, type Conflict } from './conflict.ts';
import { difference, type FieldTree, intersection, LEAF, union } from './field-tree.ts';
import { capUpdaters, entriesOf, isSameManager, type Manager, type Ownership, ownersOf } from './managers.ts';
import { mergeConfig } from './merge-config.ts';
import { ownablePart } from './ownable.ts';
import { pruneObject } from './prune.ts';
import { type OwnerEntries, trackUpdate } from './track-update.ts';

/** One apply: what is wanted, by whom, through which part of the object. */
export interface Application {
  /** How objects of the kind are merged and owned. */
  readonly type: FieldType;
  readonly config: KubeObject;
  readonly manager: Manager;
  readonly isOwnable: (field: string) => boolean;
  /** Takes fields from those who own them. */
  readonly force: boolean;
  readonly now: string;
}

export interface Applied {
  readonly object: KubeObject;
  readonly owners: OwnerEntries;
}

/** The owner of what was there before anybody applied an object that nobody tracked. */
const BEFORE_FIRST_APPLY = 'before-first-apply';

/**
 * Server-side apply (KEP-555; structured-merge-diff merge/update.go, Apply): lays a configuration over an
 * object, takes out what the same manager no longer wants, and says who owns what then. Throws ApplyConflict
 * when that changes what another manager owns.
 */
export function applyObject(live: KubeObject, application: Application): Applied {
  const { type, config, manager, isOwnable, force, now } = application;
  const owners = ownersBefore(live, application);
  const all = configFields(type, config);
  const last = owners.find((owner) => isSameManager(owner, manager));
  const others = owners.filter((owner) => owner !== last);
  const object = pruned(mergeConfig(type, live, config) as KubeObject, last, others, all, type);
  const found = compareObjects(type, live, object, isOwnable);
  if (!force) refuseConflicts(others, found);
  const rest = others.flatMap((owner) => without(owner, union(found.changed, found.removed)));
  // What is the server's own, or another part's, is nobody's.
  const fields = configFields(type, ownablePart(config, isOwnable));
  const isNew = found.changed || found.removed || !sameFields(fields, last?.fields);
  const mine = fields ? [{ ...manager, time: isNew ? now : last?.time, fields }] : [];
  return { object, owners: entriesOf(capUpdaters([...mine, ...rest])) };
}

function ownersBefore(live: KubeObject, { type, manager, isOwnable, now }: Application): Ownership[] {
  const owners = ownersOf(live.metadata.managedFields);
  if (owners.length > 0) return owners;
  const found = compareObjects(type, undefined, live, isOwnable);
  const before = { ...manager, manager: BEFORE_FIRST_APPLY, operation: 'Update', subresource: '' } as const;
  return ownersOf(trackUpdate(undefined, found, before, now));
}

function pruned(
  merged: KubeObject,
  last: Ownership | undefined,
  others: readonly Ownership[],
  config: FieldTree | undefined,
  type: FieldType,
): KubeObject {
  if (!last) return merged;
  const claimed = others.reduce((all, { fields }) => union(all, fields), config);
  return pruneObject(type, merged as JsonObject, last.fields, claimed ?? LEAF) as KubeObject;
}

function refuseConflicts(others: readonly Ownership[], { changed }: Comparison): void {
  const conflicts: Conflict[] = others.flatMap((manager) => {
    const fields = intersection(manager.fields, changed);
    return fields ? [{ manager, fields }] : [];
  });
  if (conflicts.length > 0) throw new ApplyConflict(conflicts);
}

function without(owner: Ownership, lost: FieldTree | undefined): Ownership[] {
  const fields = difference(owner.fields, lost);
  return fields ? [{ ...owner, fields }] : [];
}

function sameFields(a: FieldTree | undefined, b: FieldTree | undefined): boolean {
  return difference(a, b) === undefined && difference(b, a) === undefined;
}
