import { isJsonObject } from '../decode-json.ts';
import type { Faults } from '../faults.ts';
import type { StructuralSchema } from './structural-schema.ts';

/** What an item of a list of type map is known by. */
export function keyOfItem({ listKeys }: StructuralSchema, item: unknown): string {
  return JSON.stringify(listKeys.map((key) => keyValue(item, key)));
}

/** Reports items that stand twice in a set, or in a map under the same keys. */
export function checkListItems(
  schema: StructuralSchema,
  items: readonly unknown[],
  path: string,
  faults: Faults,
): void {
  const { listType, listKeys } = schema;
  if (listType !== 'set' && listType !== 'map') return;
  const seen = new Set<string>();
  for (const [index, item] of items.entries()) {
    const key = listType === 'set' ? JSON.stringify(item) : keyOfItem(schema, item);
    if (seen.has(key))
      faults.duplicate(`${path}[${index}]`, listType === 'set' ? item : keysOf(item, listKeys));
    seen.add(key);
  }
}

function keysOf(item: unknown, keys: readonly string[]): unknown {
  return Object.fromEntries(keys.map((key) => [key, keyValue(item, key)]));
}

function keyValue(item: unknown, key: string): unknown {
  return isJsonObject(item) && Object.hasOwn(item, key) ? item[key] : null;
}
