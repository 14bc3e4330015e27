import { isJsonObject, type JsonObject } from '../../openapi/decode-json.ts';
import { errors } from '../errors.ts';

export interface KeyedMerge {
  readonly key: string;
  readonly merge: (target: JsonObject, patch: JsonObject) => JsonObject;
}

/**
 * Merges a list of objects by their merge key. `$patch: delete` takes an item out, `$patch: replace` alone
 * replaces the list. New items come last, unless `$setElementOrder` says where.
 */
export function mergeKeyedList(
  present: readonly unknown[],
  patch: readonly unknown[],
  order: unknown,
  { key, merge }: KeyedMerge,
): unknown[] {
  const changes = patch.map((item) => requireObject(item));
  const replacing = changes.some((item) => item.$patch === 'replace' && item[key] === undefined);
  if (replacing) return changes.filter((item) => item.$patch !== 'replace');
  let items = present.map((item) => requireObject(item));
  for (const change of changes) {
    const value = change[key];
    if (value === undefined) {
      throw errors.badRequest(
        `map: ${JSON.stringify(change).slice(0, 256)} does not contain declared merge key: ${key}`,
      );
    }
    if (change.$patch === 'delete') {
      items = items.filter((item) => item[key] !== value);
      continue;
    }
    const at = items.findIndex((item) => item[key] === value);
    if (at === -1) items.push(merge({}, change));
    else items[at] = merge(items[at]!, change);
  }
  return ordered(items, order, (item) => (isJsonObject(item) ? item[key] : undefined), present);
}

/** Merges a list that is a set of plain values. */
export function mergePrimitiveList(
  present: readonly unknown[],
  patch: readonly unknown[],
  order: unknown,
): unknown[] {
  const items = [...present, ...patch.filter((item) => !present.includes(item))];
  return ordered(items, order, (item) => item, present);
}

/**
 * Puts items into the order that a patch names. Items it does not name are the server's own: they keep
 * their place relative to the neighbours they had before (k8s strategicpatch, mergeSortSlice).
 */
function ordered(
  items: unknown[],
  order: unknown,
  identity: (item: unknown) => unknown,
  present: readonly unknown[],
): unknown[] {
  if (order === undefined) return items;
  if (!Array.isArray(order)) throw errors.badRequest('$setElementOrder must be a list');
  const places = new Map(order.map((item, index) => [identity(item), index] as const));
  const before = new Map(present.map((item, index) => [identity(item), index] as const));
  const named = items
    .filter((item) => places.has(identity(item)))
    .sort((a, b) => places.get(identity(a))! - places.get(identity(b))!);
  const unnamed = items.filter((item) => !places.has(identity(item)));
  const placeBefore = (item: unknown): number => before.get(identity(item)) ?? -1;
  const result: unknown[] = [];
  while (named.length > 0 && unnamed.length > 0) {
    const next = placeBefore(unnamed[0]) < placeBefore(named[0]) ? unnamed : named;
    result.push(next.shift());
  }
  return [...result, ...named, ...unnamed];
}

function requireObject(item: unknown): JsonObject {
  if (isJsonObject(item)) return item;
  throw errors.badRequest('a list that is merged by a key must hold objects');
}
