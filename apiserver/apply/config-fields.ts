import { isJsonObject, type JsonObject } from '../../openapi/decode-json.ts';
import { type Field, type FieldType, fieldOf } from '../../openapi/field-table.ts';
import { type FieldTree, LEAF, nodeOf, pathsOf } from './field-tree.ts';
import { elementOf, isMerged, itemFault } from './list-items.ts';

/** An applied configuration that no set of fields can be made of; the message begins with the path. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/**
 * The fields that an applied object names (structured-merge-diff typed/tofieldset.go): unlike in a
 * comparison, a struct or map that has something in it is not itself one of them.
 */
export function configFields(type: FieldType, config: JsonObject): FieldTree | undefined {
  return objectFields(type, config, '');
}

function objectFields(type: FieldType, object: JsonObject, path: string): FieldTree | undefined {
  const below: Record<string, FieldTree> = {};
  for (const name of Object.keys(object)) {
    const value = object[name];
    if (value === undefined) continue;
    const at = `${path}.${name}`;
    const found =
      type.kind === 'map' ? mapValueFields(type.value, value, at) : fieldFields(type, name, value, at);
    if (found) below[`f:${name}`] = found;
  }
  return nodeOf(false, below);
}

function mapValueFields(type: FieldType, value: unknown, path: string): FieldTree {
  const inner = isJsonObject(value) ? objectFields(type, value, path) : undefined;
  return nodeOf(true, inner ?? {}) ?? LEAF;
}

function fieldFields(type: FieldType, name: string, value: unknown, path: string): FieldTree | undefined {
  const field = fieldOf(type, name);
  if (!field) return undefined;
  // One of a map's values is a member itself, like an item of a list.
  const isEntry = type.kind === 'custom' && field === type.others;
  if (field.merge === 'granular' && isJsonObject(value)) {
    const inner = objectFields(field.type, value, path);
    return isEntry ? (nodeOf(true, inner ?? {}) ?? LEAF) : (inner ?? LEAF);
  }
  if (!isMerged(field.merge) || !Array.isArray(value)) return LEAF;
  return nodeOf(isEntry, itemFields(field, value, path));
}

function itemFields(field: Field, items: readonly unknown[], path: string): Record<string, FieldTree> {
  const below: Record<string, FieldTree> = {};
  const type = field.type.kind === 'list' ? field.type.item : field.type;
  for (const [index, item] of items.entries()) {
    const fault = itemFault(field, item);
    if (fault !== undefined) throw new ConfigError(`${path}: element ${index}: ${fault}`);
    const element = elementOf(field, item);
    if (below[element]) {
      const [text] = pathsOf({ [element]: LEAF });
      throw new ConfigError(`${path}: duplicate entries for key ${text}`);
    }
    const inner = isJsonObject(item) ? objectFields(type, item, `${path}[${index}]`) : undefined;
    below[element] = nodeOf(true, inner ?? {}) ?? LEAF;
  }
  return below;
}
