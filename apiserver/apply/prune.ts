import { isJsonObject, type JsonObject, own, setOwn } from '../../openapi/decode-json.ts';
import { type Field, type FieldType, fieldOf } from '../../openapi/field-table.ts';
import { type FieldTree, isMember } from './field-tree.ts';
import { elementOf, isMerged } from './list-items.ts';

/**
 * Takes out of a merged object what its applier applied last time and nobody claims now
 * (structured-merge-diff merge/update.go, prune): with a value goes all that is in it.
 */
export function pruneObject(
  type: FieldType,
  object: JsonObject,
  last: FieldTree,
  claimed: FieldTree | undefined,
): JsonObject {
  let result = object;
  for (const element of Object.keys(last)) {
    if (!element.startsWith('f:')) continue;
    const name = element.slice(2);
    const value = own(object, name);
    if (value === undefined) continue;
    const still = claimed?.[element];
    const kept = still ? pruneValue(viewOf(type, name), value, last[element]!, still) : undefined;
    if (kept === value) continue;
    if (result === object) result = { ...object };
    if (kept === undefined) delete result[name];
    else setOwn(result, name, kept);
  }
  return result;
}

type View = Field | FieldType | undefined;

function viewOf(type: FieldType, name: string): View {
  return type.kind === 'map' ? type.value : fieldOf(type, name);
}

/** A named field counts as claimed when anything in it is. */
function pruneValue(view: View, value: unknown, last: FieldTree, claimed: FieldTree): unknown {
  if (!view) return value;
  const type = 'merge' in view ? view.type : view;
  if (isJsonObject(value)) return pruneObject(type, value, last, claimed);
  if (!Array.isArray(value) || !('merge' in view) || !isMerged(view.merge)) return value;
  return pruneItems(view, value, last, claimed);
}

function pruneItems(field: Field, items: readonly unknown[], last: FieldTree, claimed: FieldTree): unknown {
  const type = field.type.kind === 'list' ? field.type.item : field.type;
  let changed = false;
  const kept = items.flatMap((item) => {
    const element = elementOf(field, item);
    const before = last[element];
    if (!before) return [item];
    const now = claimed[element];
    const gone = isMember(before) && !(now && isMember(now));
    const pruned = !gone && isJsonObject(item) ? pruneObject(type, item, before, now) : item;
    if (gone || pruned !== item) changed = true;
    return gone ? [] : [pruned];
  });
  return changed ? kept : items;
}
