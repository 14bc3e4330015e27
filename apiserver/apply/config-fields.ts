import { isJsonObject, type JsonObject } from '../../openapi/decode-json.ts';
import { type Field, type FieldType, jsonFields, type MessageKey } from '../../openapi/field-table.ts';
import { type FieldTree, LEAF, nodeOf, pathsOf } from './field-tree.ts';
import { elementOf, missingKey } from './list-items.ts';

/** An applied configuration that no set of fields can be made of; the message begins with the path. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/**
 * The fields that an applied object names (structured-merge-diff typed/tofieldset.go): unlike in a
 * comparison, a struct or map that has something in it is not itself one of them.
 */
export function configFields(message: MessageKey, config: JsonObject): FieldTree | undefined {
  return objectFields({ kind: 'message', message }, config, '');
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
  const inner = type.kind === 'message' && isJsonObject(value) ? objectFields(type, value, path) : undefined;
  return nodeOf(true, inner ?? {}) ?? LEAF;
}

function fieldFields(type: FieldType, name: string, value: unknown, path: string): FieldTree | undefined {
  const field = type.kind === 'message' ? jsonFields(type.message).get(name) : undefined;
  if (!field) return undefined;
  if (field.merge === 'granular' && isJsonObject(value)) return objectFields(field.type, value, path) ?? LEAF;
  if (field.merge === 'atomic' || !Array.isArray(value)) return LEAF;
  return nodeOf(false, itemFields(field, value, path));
}

function itemFields(field: Field, items: readonly unknown[], path: string): Record<string, FieldTree> {
  const below: Record<string, FieldTree> = {};
  const type = field.type.kind === 'list' ? field.type.item : field.type;
  for (const [index, item] of items.entries()) {
    const missing = missingKey(field, item);
    if (missing !== undefined) {
      throw new ConfigError(
        `${path}: element ${index}: associative list with keys has an element that omits key field ${JSON.stringify(missing)} (and doesn't have default value)`,
      );
    }
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
