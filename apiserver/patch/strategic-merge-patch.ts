import { isJsonObject, type JsonObject, setOwn } from '../../openapi/decode-json.ts';
import { type Field, type FieldType, jsonFields, type MessageKey } from '../../openapi/field-table.ts';
import { errors } from '../errors.ts';
import { mergeKeyedList, mergePrimitiveList } from './strategic-lists.ts';

const ORDER = '$setElementOrder/';
const DELETE_FROM = '$deleteFromPrimitiveList/';
const RETAIN_KEYS = '$retainKeys';
const DIRECTIVE = '$patch';
const MAX_DEPTH = 200;

/**
 * Strategic merge patch (k8s apimachinery/pkg/util/strategicpatch): like a merge patch, but lists whose
 * field has a merge key are merged by it, and `$` directives say what a merge cannot.
 */
export function strategicMergePatch(target: JsonObject, patch: JsonObject, message: MessageKey): JsonObject {
  return mergeObject(target, patch, { kind: 'message', message }, 0);
}

/** Merges one object; the type says how its fields' lists merge, where it is known. */
export function mergeObject(
  target: JsonObject,
  patch: JsonObject,
  type: FieldType | undefined,
  depth: number,
): JsonObject {
  if (depth > MAX_DEPTH) throw errors.badRequest('the patch nests too deep');
  const directive = patch[DIRECTIVE];
  if (directive === 'replace') return without(patch, DIRECTIVE);
  if (directive === 'delete') return {};
  if (directive !== undefined && directive !== 'merge') {
    throw errors.badRequest(`unknown patch type: ${JSON.stringify(directive)}`);
  }
  const result = retain(target, patch[RETAIN_KEYS]);
  for (const key of Object.keys(patch)) {
    if (!key.startsWith('$')) mergeField(result, key, patch, type, depth);
  }
  applyParallelLists(result, patch, type, depth);
  return result;
}

function mergeField(
  result: JsonObject,
  key: string,
  patch: JsonObject,
  type: FieldType | undefined,
  depth: number,
): void {
  const change = patch[key];
  if (change === null) {
    delete result[key];
    return;
  }
  const field = fieldOf(type, key);
  const fieldType = field?.type ?? mapValueType(type);
  const present = Object.hasOwn(result, key) ? result[key] : undefined;
  if (Array.isArray(change))
    setOwn(result, key, mergeList(present, change, field, patch[`${ORDER}${key}`], depth));
  else if (isJsonObject(change)) {
    setOwn(result, key, mergeObject(isJsonObject(present) ? present : {}, change, fieldType, depth + 1));
  } else setOwn(result, key, change);
}

function mergeList(
  present: unknown,
  change: readonly unknown[],
  field: Field | undefined,
  order: unknown,
  depth: number,
): unknown[] {
  const items = Array.isArray(present) ? (present as unknown[]) : [];
  const itemType = field?.type.kind === 'list' ? field.type.item : undefined;
  if (!field?.patchStrategies.includes('merge')) return change.filter((item) => !isDirective(item));
  if (field.patchMergeKey === undefined) return mergePrimitiveList(items, change, order);
  return mergeKeyedList(items, change, order, {
    key: field.patchMergeKey,
    merge: (target, patch) => mergeObject(target, patch, itemType, depth + 1),
  });
}

function isDirective(item: unknown): boolean {
  return isJsonObject(item) && DIRECTIVE in item;
}

/** `$deleteFromPrimitiveList/x`, and `$setElementOrder/x` of a list that the patch does not otherwise touch. */
function applyParallelLists(
  result: JsonObject,
  patch: JsonObject,
  type: FieldType | undefined,
  depth: number,
): void {
  for (const key of Object.keys(patch)) {
    if (key.startsWith(DELETE_FROM)) {
      const name = key.slice(DELETE_FROM.length);
      const gone = patch[key];
      const present = result[name];
      if (!Array.isArray(gone)) throw errors.badRequest(`${key} must be a list`);
      if (Array.isArray(present)) result[name] = present.filter((item) => !gone.includes(item));
    } else if (key.startsWith(ORDER)) {
      const name = key.slice(ORDER.length);
      if (!Array.isArray(patch[key])) throw errors.badRequest(`${key} must be a list`);
      if (patch[name] === undefined && Array.isArray(result[name])) {
        result[name] = mergeList(result[name], [], fieldOf(type, name), patch[key], depth);
      }
    }
  }
}

/** `$retainKeys` clears the fields it does not name. */
function retain(target: JsonObject, keys: unknown): JsonObject {
  if (keys === undefined) return target;
  if (!Array.isArray(keys)) throw errors.badRequest(`${RETAIN_KEYS} must be a list`);
  return Object.fromEntries(Object.entries(target).filter(([key]) => keys.includes(key)));
}

function fieldOf(type: FieldType | undefined, key: string): Field | undefined {
  return type?.kind === 'message' ? jsonFields(type.message).get(key) : undefined;
}

function mapValueType(type: FieldType | undefined): FieldType | undefined {
  return type?.kind === 'map' ? type.value : undefined;
}

function without(object: JsonObject, key: string): JsonObject {
  const { [key]: _, ...rest } = object;
  return rest;
}
