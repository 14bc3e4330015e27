import { isJsonObject, type JsonObject, setOwn } from '../decode-json.ts';
import { type StructuralSchema, schemaOfField } from './structural-schema.ts';

/**
 * Fills in what a value leaves out, in place, and takes out nulls that its schema does not allow: a null of a
 * field with a default is that default (k8s apiextensions-apiserver pkg/apiserver/schema/defaulting). Says
 * whether there was something to do.
 */
export function applyDefaults(value: unknown, schema: StructuralSchema): boolean {
  if (isJsonObject(value)) return defaultObject(value, schema);
  const { items } = schema;
  if (!Array.isArray(value) || !items) return false;
  let changed = false;
  for (const [index, item] of value.entries()) {
    if (item === null && !items.nullable && items.defaultValue !== undefined) {
      value[index] = structuredClone(items.defaultValue);
      changed = true;
    }
    changed = applyDefaults(value[index], items) || changed;
  }
  return changed;
}

function defaultObject(object: JsonObject, schema: StructuralSchema): boolean {
  let changed = false;
  for (const [name, { defaultValue }] of schema.properties) {
    if (defaultValue === undefined || Object.hasOwn(object, name)) continue;
    setOwn(object, name, structuredClone(defaultValue));
    changed = true;
  }
  for (const name of Object.keys(object)) {
    const inner = schemaOfField(schema, name);
    if (typeof inner !== 'object') continue;
    if (object[name] === null && !inner.nullable) {
      if (inner.defaultValue === undefined) delete object[name];
      else setOwn(object, name, structuredClone(inner.defaultValue));
      changed = true;
    }
    changed = applyDefaults(object[name], inner) || changed;
  }
  return changed;
}
