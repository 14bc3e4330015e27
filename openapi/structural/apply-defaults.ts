import { isJsonObject, type JsonObject, setOwn } from '../decode-json.ts';
import { Budget } from './budget.ts';
import { type StructuralSchema, schemaOfField } from './structural-schema.ts';

/** Defaults of a list's items multiply: an object may not become larger by more values than these. */
const MAX_ADDED = 200_000;

/** The defaults of a schema would make an object out of all proportion. */
export class DefaultsTooLarge extends Error {
  override readonly name = 'DefaultsTooLarge';

  constructor() {
    super('the defaults of the schema make the object too large');
  }
}

/**
 * Fills in what a value leaves out, in place, and takes out nulls that its schema does not allow: a null of a
 * field with a default is that default (k8s apiextensions-apiserver pkg/apiserver/schema/defaulting). Says
 * whether there was something to do. Throws DefaultsTooLarge.
 */
export function applyDefaults(value: unknown, schema: StructuralSchema): boolean {
  return fill(value, schema, new Budget(MAX_ADDED));
}

function fill(value: unknown, schema: StructuralSchema, budget: Budget): boolean {
  if (isJsonObject(value)) return fillObject(value, schema, budget);
  const { items } = schema;
  if (!Array.isArray(value) || !items) return false;
  let changed = false;
  for (const [index, item] of value.entries()) {
    if (item === null && !items.nullable && items.defaultValue !== undefined) {
      value[index] = defaultOf(items, budget);
      changed = true;
    }
    changed = fill(value[index], items, budget) || changed;
  }
  return changed;
}

function fillObject(object: JsonObject, schema: StructuralSchema, budget: Budget): boolean {
  let changed = false;
  for (const name of schema.defaulted) {
    if (Object.hasOwn(object, name)) continue;
    setOwn(object, name, defaultOf(schema.properties.get(name)!, budget));
    changed = true;
  }
  for (const name of Object.keys(object)) {
    const inner = schemaOfField(schema, name);
    if (typeof inner !== 'object') continue;
    if (object[name] === null && !inner.nullable) {
      if (inner.defaultValue === undefined) delete object[name];
      else setOwn(object, name, defaultOf(inner, budget));
      changed = true;
    }
    changed = fill(object[name], inner, budget) || changed;
  }
  return changed;
}

function defaultOf({ defaultValue, defaultSize }: StructuralSchema, budget: Budget): unknown {
  if (!budget.spend(defaultSize)) throw new DefaultsTooLarge();
  return structuredClone(defaultValue);
}
