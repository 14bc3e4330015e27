import { isJsonObject, type JsonObject, own, setOwn } from '../../openapi/decode-json.ts';
import { type Field, type FieldType, fieldOf } from '../../openapi/field-table.ts';
import { elementOf, isMerged } from './list-items.ts';

/** A live object with an applied configuration laid over it, by the kind's own rules for each field. */
export function mergeConfig(type: FieldType, live: JsonObject, config: JsonObject): JsonObject {
  const result: JsonObject = { ...live };
  for (const name of Object.keys(config)) {
    if (config[name] !== undefined)
      setOwn(result, name, mergeField(type, name, own(live, name), config[name]));
  }
  return result;
}

function mergeField(type: FieldType, name: string, live: unknown, config: unknown): unknown {
  if (type.kind === 'map') return config;
  const field = fieldOf(type, name);
  if (!field) return config;
  if (field.merge === 'granular')
    return isJsonObject(live) && isJsonObject(config) ? mergeConfig(field.type, live, config) : config;
  const isList = isMerged(field.merge) && Array.isArray(live) && Array.isArray(config);
  return isList ? mergeItems(field, live, config) : config;
}

/**
 * Items of both in one list: what both have comes in the configuration's order, what only one has keeps its
 * place among its neighbours.
 */
function mergeItems(field: Field, live: readonly unknown[], config: readonly unknown[]): unknown[] {
  const type = field.type.kind === 'list' ? field.type.item : field.type;
  const present = new Map(live.map((item) => [elementOf(field, item), item] as const));
  const wanted = new Map(config.map((item) => [elementOf(field, item), item] as const));
  const result: unknown[] = [];
  const rest = [...wanted.keys()];
  const flushNew = (): void => {
    while (rest.length > 0 && !present.has(rest[0]!)) result.push(wanted.get(rest.shift()!));
  };
  for (const item of live) {
    if (!wanted.has(elementOf(field, item))) {
      result.push(item);
      continue;
    }
    flushNew();
    const next = rest.shift();
    if (next !== undefined) result.push(mergeItem(type, present.get(next), wanted.get(next)));
  }
  flushNew();
  return result;
}

function mergeItem(type: FieldType, live: unknown, config: unknown): unknown {
  return isJsonObject(live) && isJsonObject(config) ? mergeConfig(type, live, config) : config;
}
