import { isJsonObject, type JsonObject, own } from '../../openapi/decode-json.ts';
import { deepEqual } from '../../openapi/deep-equal.ts';
import { type Field, type FieldType, fieldOf, type MergeKind } from '../../openapi/field-table.ts';
import type { KubeObject } from '../cache/stored-object.ts';
import { type FieldTree, LEAF, nodeOf } from './field-tree.ts';
import { isMerged, itemsByElement } from './list-items.ts';
import { ownablePart } from './ownable.ts';

/** Which fields differ between two revisions of an object. */
export interface Comparison {
  /** Added or with another value. */
  readonly changed: FieldTree | undefined;
  readonly removed: FieldTree | undefined;
}

/** How a value is seen: its type and how it merges. */
interface View {
  readonly type: FieldType;
  readonly merge: MergeKind;
  /** Of a list: what its items are known by. */
  readonly field: Field | undefined;
}

const NONE: Comparison = { changed: undefined, removed: undefined };
const NOTHING: JsonObject = {};

/**
 * Compares all that someone may own, as structured-merge-diff's typed Compare does: a value that comes or
 * goes counts with everything below it. Pass no object for `before` to see all fields of a new one.
 */
export function compareObjects(
  type: FieldType,
  before: KubeObject | undefined,
  after: KubeObject,
  isOwnable: (field: string) => boolean,
): Comparison {
  const past = before ? ownablePart(before, isOwnable) : NOTHING;
  return compareObject(type, past, ownablePart(after, isOwnable));
}

function compareValue(view: View, before: unknown, after: unknown): Comparison {
  if (before === after) return NONE;
  const { type, merge, field } = view;
  if (merge === 'granular' && isJsonObject(before) && isJsonObject(after))
    return compareObject(type, before, after);
  if (field && isMerged(merge) && Array.isArray(before) && Array.isArray(after))
    return compareItems(field, before, after);
  return deepEqual(before, after) ? NONE : { changed: LEAF, removed: undefined };
}

function compareObject(type: FieldType, before: JsonObject, after: JsonObject): Comparison {
  let changed: Record<string, FieldTree> | undefined;
  let removed: Record<string, FieldTree> | undefined;
  for (const name of Object.keys(after)) {
    const now = after[name];
    const was = own(before, name);
    if (now === was || now === undefined) continue;
    const found = compareField(type, name, was, now);
    if (found.changed) (changed ??= {})[`f:${name}`] = found.changed;
    if (found.removed) (removed ??= {})[`f:${name}`] = found.removed;
  }
  for (const name of Object.keys(before)) {
    if (before[name] === undefined || own(after, name) !== undefined) continue;
    const found = compareField(type, name, before[name], undefined);
    if (found.changed) (changed ??= {})[`f:${name}`] = found.changed;
    if (found.removed) (removed ??= {})[`f:${name}`] = found.removed;
  }
  return changed || removed ? { changed, removed } : NONE;
}

/** A field that came, went, or has another value. */
function compareField(type: FieldType, name: string, before: unknown, after: unknown): Comparison {
  const view = viewOf(type, name);
  if (!view) return NONE;
  const was = before ?? emptyOf(view, after);
  if (was === undefined) return { changed: allFields(view, after), removed: undefined };
  const now = after ?? emptyOf(view, before);
  if (now === undefined) return { changed: undefined, removed: allFields(view, before) };
  return compareValue(view, was, now);
}

/** What stands for a field that Go always has, while nobody set it. */
function emptyOf({ field, merge }: View, other: unknown): unknown {
  if (!field?.alwaysThere || merge === 'set') return undefined;
  if (Array.isArray(other)) return merge === 'keyed' ? [] : undefined;
  return isJsonObject(other) ? NOTHING : undefined;
}

function compareItems(field: Field, before: readonly unknown[], after: readonly unknown[]): Comparison {
  const changed: Record<string, FieldTree> = {};
  const removed: Record<string, FieldTree> = {};
  const view = itemView(field);
  const past = itemsByElement(field, before);
  const present = itemsByElement(field, after);
  for (const [element, items] of present) {
    const old = past.get(element);
    if (!old) changed[element] = itemFields(view, items);
    else if (old.length > 1 || items.length > 1) {
      if (!deepEqual(old, items)) changed[element] = LEAF;
    } else {
      const found = compareValue(view, old[0], items[0]);
      if (found.changed) changed[element] = found.changed;
      if (found.removed) removed[element] = found.removed;
    }
  }
  for (const [element, items] of past) {
    if (!present.has(element)) removed[element] = itemFields(view, items);
  }
  return { changed: nodeOf(false, changed), removed: nodeOf(false, removed) };
}

function itemFields(view: View, items: readonly unknown[]): FieldTree {
  return items.length > 1 ? LEAF : allFields(view, items[0]);
}

/** A value and everything below it. */
function allFields({ type, merge, field }: View, value: unknown): FieldTree {
  const below: Record<string, FieldTree> = { '.': LEAF };
  let isEmpty = true;
  if (merge === 'granular' && isJsonObject(value)) {
    for (const name of Object.keys(value)) {
      const view = value[name] === undefined ? undefined : viewOf(type, name);
      if (!view) continue;
      below[`f:${name}`] = allFields(view, value[name]);
      isEmpty = false;
    }
  } else if (field && isMerged(merge) && Array.isArray(value)) {
    const view = itemView(field);
    for (const [element, items] of itemsByElement(field, value)) {
      below[element] = itemFields(view, items);
      isEmpty = false;
    }
  }
  return isEmpty ? LEAF : below;
}

/** How one field of an object is seen; undefined for what the kind does not have. */
function viewOf(type: FieldType, name: string): View | undefined {
  if (type.kind === 'map') return mapView(type.value);
  const field = fieldOf(type, name);
  return field && { type: field.type, merge: field.merge, field };
}

function mapView(type: FieldType): View {
  return {
    type,
    merge: type.kind === 'message' || type.kind === 'custom' ? 'granular' : 'atomic',
    field: undefined,
  };
}

function itemView({ type }: Field): View {
  return mapView(type.kind === 'list' ? type.item : type);
}
