import type { CustomType, Field, FieldType } from '../../openapi/field-table.ts';
import type { StructuralSchema } from '../../openapi/structural/structural-schema.ts';

const NO_DEFAULTS: Readonly<Record<string, unknown>> = Object.freeze({});

function fieldOfType(
  name: string,
  type: FieldType,
  merge: Field['merge'],
  keys: readonly string[] = [],
): Field {
  return {
    name,
    number: 0,
    type,
    optional: true,
    inline: false,
    listType: undefined,
    listMapKeys: keys,
    patchStrategies: [],
    patchMergeKey: undefined,
    merge,
    keys: [...keys].sort(),
    alwaysThere: false,
  };
}

/**
 * What no schema describes: objects are merged field by field, lists are one value (structured-merge-diff's
 * deduced type).
 */
const ANYTHING: Field = fieldOfType('', deduced(), 'granular');

function deduced(): CustomType {
  const type = { kind: 'custom', fields: new Map<string, Field>(), keyDefaults: NO_DEFAULTS } as const;
  return Object.assign(type, { others: fieldOfType('', type as unknown as CustomType, 'granular') });
}

/** How server-side apply sees objects of a version: the schema's list and map types decide. */
export function customType(schema: StructuralSchema): CustomType {
  return objectType(schema, true);
}

const METADATA: Field = fieldOfType(
  'metadata',
  { kind: 'message', message: 'apis.meta.v1.ObjectMeta' },
  'granular',
);

function objectType(schema: StructuralSchema, isResource: boolean): CustomType {
  const fields = new Map(
    [...schema.properties].map(([name, inner]) => [name, fieldOfSchema(name, inner)] as const),
  );
  if (isResource) fields.set('metadata', METADATA);
  return { kind: 'custom', fields, others: othersOf(schema), keyDefaults: NO_DEFAULTS };
}

function othersOf({ additional, preservesUnknown }: StructuralSchema): Field | undefined {
  if (typeof additional === 'object') return fieldOfSchema('', additional);
  return additional || preservesUnknown ? ANYTHING : undefined;
}

function fieldOfSchema(name: string, schema: StructuralSchema): Field {
  const { types, preservesUnknown, isAtomicMap, isEmbedded } = schema;
  if (types.length === 0 && preservesUnknown) return { ...ANYTHING, name };
  if (types[0] === 'array') return listField(name, schema);
  if (types[0] !== 'object') return fieldOfType(name, { kind: 'json' }, 'atomic');
  return fieldOfType(name, objectType(schema, isEmbedded), isAtomicMap ? 'atomic' : 'granular');
}

function listField(name: string, { items, listType, listKeys }: StructuralSchema): Field {
  if (!items || listType === undefined || listType === 'atomic')
    return fieldOfType(name, { kind: 'json' }, 'atomic');
  const { type } = fieldOfSchema('', items);
  const item = type.kind === 'custom' ? { ...type, keyDefaults: keyDefaultsOf(items, listKeys) } : type;
  return fieldOfType(name, { kind: 'list', item }, listType === 'map' ? 'keyed' : 'set', listKeys);
}

function keyDefaultsOf(items: StructuralSchema, keys: readonly string[]): Readonly<Record<string, unknown>> {
  const defaults = keys.map((key) => [key, items.properties.get(key)?.defaultValue] as const);
  return Object.fromEntries(defaults.filter(([, value]) => value !== undefined));
}
