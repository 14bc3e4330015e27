import { DecodeError, isJsonObject, type JsonObject } from '../decode-json.ts';
import { type StructuralSchema, schemaOfField } from './structural-schema.ts';

/** Values that nest deeper than this are refused: recursion must stay bounded. */
const MAX_DEPTH = 200;
/** Fields beyond these are dropped without a word. */
const MAX_REPORTED = 100;

/** What every resource has, embedded ones too, whatever its schema says. */
const RESOURCE_FIELDS = new Set(['apiVersion', 'kind', 'metadata']);

/**
 * Takes out of a value what its schema does not know, in place, and adds the paths of that to a list (k8s
 * apiextensions-apiserver pkg/apiserver/schema/pruning). The value must come from JSON.parse.
 */
export function pruneUnknown(
  value: unknown,
  schema: StructuralSchema,
  isResource: boolean,
  path: string,
  reported: string[],
): void {
  prune(value, schema, isResource, path, reported, 0);
}

function prune(
  value: unknown,
  schema: StructuralSchema | undefined,
  isResource: boolean,
  path: string,
  reported: string[],
  depth: number,
): void {
  if (depth > MAX_DEPTH) throw new DecodeError('exceeded max depth');
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      const items = schema?.items;
      if (items) prune(item, items, items.isEmbedded, `${path}[${index}]`, reported, depth + 1);
      else if (schema?.preservesUnknown) checkDepth(item, depth + 1);
      else prune(item, undefined, false, `${path}[${index}]`, reported, depth + 1);
    }
  } else if (isJsonObject(value)) pruneObject(value, schema, isResource, path, reported, depth);
}

function pruneObject(
  object: JsonObject,
  schema: StructuralSchema | undefined,
  isResource: boolean,
  path: string,
  reported: string[],
  depth: number,
): void {
  for (const name of Object.keys(object)) {
    const inner = schema && schemaOfField(schema, name);
    if (isResource && RESOURCE_FIELDS.has(name)) {
      checkDepth(object[name], depth + 1);
    } else if (typeof inner === 'object') {
      prune(object[name], inner, inner.isEmbedded, below(path, name), reported, depth + 1);
    } else if (inner === true || schema?.preservesUnknown) {
      checkDepth(object[name], depth + 1);
    } else {
      if (reported.length < MAX_REPORTED) reported.push(below(path, name));
      delete object[name];
    }
  }
}

function checkDepth(value: unknown, depth: number): void {
  if (typeof value !== 'object' || value === null) return;
  if (depth > MAX_DEPTH) throw new DecodeError('exceeded max depth');
  for (const inner of Object.values(value)) checkDepth(inner, depth + 1);
}

function below(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}
