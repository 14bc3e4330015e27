import { isJsonObject, own } from '../../openapi/decode-json.ts';
import type { Field, MergeKind } from '../../openapi/field-table.ts';
import { keyDefaults } from '../../openapi/merge-kinds.ts';

/** Whether lists are merged item by item. */
export function isMerged(merge: MergeKind): boolean {
  return merge === 'keyed' || merge === 'set';
}

/** The path element of an item of a set or a keyed list: `v:"a"`, `k:{"name":"a"}`. */
export function elementOf(field: Field, item: unknown): string {
  if (field.merge === 'set') return `v:${JSON.stringify(item)}`;
  if (!isJsonObject(item)) return `k:${JSON.stringify(item)}`;
  const [only] = field.keys;
  // Nearly every list has one key.
  if (field.keys.length === 1) {
    const value = own(item, only!) ?? defaultsOf(field)[only!] ?? null;
    return `k:{${JSON.stringify(only)}:${JSON.stringify(value)}}`;
  }
  const defaults = defaultsOf(field);
  const parts = field.keys.map(
    (key) => `${JSON.stringify(key)}:${JSON.stringify(own(item, key) ?? defaults[key] ?? null)}`,
  );
  return `k:{${parts.join(',')}}`;
}

/** What keeps an item out of a list that is merged (structured-merge-diff typed/helpers.go), if anything. */
export function itemFault(field: Field, item: unknown): string | undefined {
  if (field.merge === 'set') return setItemFault(item);
  if (item === null) return 'associative list with keys may not have a null element';
  if (!isJsonObject(item)) return 'associative list with keys may not have non-map elements';
  const defaults = defaultsOf(field);
  const missing = field.keys.find((key) => own(item, key) === undefined && defaults[key] === undefined);
  if (missing === undefined) return undefined;
  const key = JSON.stringify(missing);
  return `associative list with keys has an element that omits key field ${key} (and doesn't have default value)`;
}

function setItemFault(item: unknown): string | undefined {
  if (isJsonObject(item)) return "associative list without keys has an element that's a map type";
  return Array.isArray(item) ? "associative list without keys has an element that's a list type" : undefined;
}

/** Items by path element. Those of the same element are kept together. */
export function itemsByElement(field: Field, items: readonly unknown[]): Map<string, unknown[]> {
  const groups = new Map<string, unknown[]>();
  for (const item of items) {
    const element = elementOf(field, item);
    const group = groups.get(element);
    if (group) group.push(item);
    else groups.set(element, [item]);
  }
  return groups;
}

function defaultsOf({ type }: Field): Readonly<Record<string, unknown>> {
  const item = type.kind === 'list' ? type.item : type;
  if (item.kind === 'message') return keyDefaults(item.message);
  return item.kind === 'custom' ? item.keyDefaults : {};
}
