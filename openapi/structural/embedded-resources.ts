import { DecodeError, decodeJson, isJsonObject, type JsonObject, own } from '../decode-json.ts';
import { Faults } from '../faults.ts';
import { validateObjectMeta } from '../kinds/object-meta.ts';
import { type StructuralSchema, schemaOfField } from './structural-schema.ts';

/** Reports what keeps the objects embedded in a value from being resources: their kind, version and metadata. */
export function validateEmbedded(
  schema: StructuralSchema,
  value: unknown,
  path: string,
  faults: Faults,
): void {
  if (!schema.hasEmbedded) return;
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries())
      if (schema.items) validateOne(schema.items, item, `${path}[${index}]`, faults);
  } else if (isJsonObject(value)) {
    for (const name of Object.keys(value)) {
      const inner = schemaOfField(schema, name);
      const at = path === '' ? name : `${path}.${name}`;
      if (typeof inner === 'object') validateOne(inner, value[name], at, faults);
    }
  }
}

function validateOne(schema: StructuralSchema, value: unknown, path: string, faults: Faults): void {
  if (schema.isEmbedded && isJsonObject(value)) validateResource(value, path, faults);
  validateEmbedded(schema, value, path, faults);
}

function validateResource(value: JsonObject, path: string, faults: Faults): void {
  for (const field of ['apiVersion', 'kind']) {
    const text = own(value, field);
    if (text === undefined || text === '') faults.required(`${path}.${field}`, 'must not be empty');
    else if (typeof text !== 'string') faults.invalid(`${path}.${field}`, text, 'must be a string');
  }
  const { metadata } = value;
  if (metadata === undefined) return;
  const found = new Faults();
  try {
    const decoded = decodeJson('apis.meta.v1.ObjectMeta', metadata, false).object;
    const { namespace } = decoded;
    // A template names nothing yet.
    const named = { generateName: 'a', ...decoded };
    validateObjectMeta(named, 'dns-subdomain', namespace !== undefined, found);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    found.invalid('metadata', metadata, error.message);
  }
  faults.addAll(found, `${path}.`);
}
