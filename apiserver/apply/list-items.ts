import { isJsonObject } from '../../openapi/decode-json.ts';
import type { Field } from '../../openapi/field-table.ts';
import { keyDefaults } from '../../openapi/merge-kinds.ts';

/** The path element of an item of a set or a keyed list: `v:"a"`, `k:{"name":"a"}`. */
export function elementOf(field: Field, item: unknown): string {
  if (field.merge === 'set') return `v:${JSON.stringify(item)}`;
  if (!isJsonObject(item)) return `k:${JSON.stringify(item)}`;
  const [only] = field.keys;
  // Nearly every list has one key.
  if (field.keys.length === 1) return `k:{${JSON.stringify(only)}:${JSON.stringify(item[only!] ?? null)}}`;
  const defaults = defaultsOf(field);
  const parts = field.keys.map(
    (key) => `${JSON.stringify(key)}:${JSON.stringify(item[key] ?? defaults[key] ?? null)}`,
  );
  return `k:{${parts.join(',')}}`;
}

/** The first key that an item lacks and that has no default. */
export function missingKey(field: Field, item: unknown): string | undefined {
  if (field.merge !== 'keyed' || !isJsonObject(item)) return undefined;
  const defaults = defaultsOf(field);
  return field.keys.find((key) => item[key] === undefined && defaults[key] === undefined);
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
  return type.kind === 'list' && type.item.kind === 'message' ? keyDefaults(type.item.message) : {};
}
