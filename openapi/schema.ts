import * as z from 'zod';
import { type Field, type FieldType, jsonFields, type MessageKey } from './field-table.ts';
import { isAtomicMessage } from './merge-kinds.ts';
import { schemaName } from './schema-names.ts';

/** Schemas that a document refers to by name. */
export interface SchemaSet {
  /** The schema of a message; made when first asked for, and with it those it refers to. */
  of(message: MessageKey, isKind?: boolean): z.ZodType;
  /** Everything made so far, by its name in OpenAPI documents. */
  readonly registry: z.core.$ZodRegistry<{ id: string }>;
}

/** zod schemas from the field table, one a message, lazily: a kind that nobody asks about costs nothing. */
export function createSchemaSet(): SchemaSet {
  const registry = z.registry<{ id: string }>();
  const schemas = new Map<MessageKey, z.ZodType>();
  const of = (message: MessageKey, isKind = false): z.ZodType => {
    const known = schemas.get(message);
    if (known) return known;
    const made = special(message) ?? objectSchema(message, isKind, of);
    schemas.set(message, made);
    registry.add(made, { id: schemaName(message) });
    return made;
  };
  return { of, registry };
}

type SchemaOf = (message: MessageKey) => z.ZodType;

/** Fields refer to their messages by getters, because a message may contain itself. */
function objectSchema(message: MessageKey, isKind: boolean, of: SchemaOf): z.ZodType {
  const shape: Record<string, z.ZodType> = {};
  if (isKind) {
    shape.apiVersion = z.string().optional();
    shape.kind = z.string().optional();
  }
  for (const field of jsonFields(message).values()) {
    Object.defineProperty(shape, field.name, {
      enumerable: true,
      configurable: true,
      get: () => fieldSchema(field, of).optional(),
    });
  }
  const schema = z.object(shape);
  return isAtomicMessage(message) ? schema.meta(ATOMIC_MAP) : schema;
}

function fieldSchema(field: Field, of: SchemaOf): z.ZodType {
  const schema = typeSchema(field.type, of);
  const extensions = mergeExtensions(field);
  return extensions ? schema.meta(extensions) : schema;
}

/** How values of a field are merged, in the words of Kubernetes' OpenAPI extensions. */
function mergeExtensions(field: Field): Record<string, unknown> | undefined {
  const { listType, listMapKeys, patchStrategies, patchMergeKey } = field;
  const atomicMap = field.type.kind === 'map' && field.merge === 'atomic';
  if (listType === undefined && patchStrategies.length === 0 && !atomicMap) return undefined;
  return {
    ...(atomicMap ? ATOMIC_MAP : {}),
    ...(listType === undefined ? {} : { 'x-kubernetes-list-type': listType }),
    ...(listMapKeys.length === 0 ? {} : { 'x-kubernetes-list-map-keys': listMapKeys }),
    ...(patchStrategies.length === 0 ? {} : { 'x-kubernetes-patch-strategy': patchStrategies.join(',') }),
    ...(patchMergeKey === undefined ? {} : { 'x-kubernetes-patch-merge-key': patchMergeKey }),
  };
}

const ATOMIC_MAP = { 'x-kubernetes-map-type': 'atomic' } as const;

const SPECIAL_MESSAGES: Readonly<Record<string, MessageKey>> = {
  time: 'apis.meta.v1.Time',
  microTime: 'apis.meta.v1.MicroTime',
  duration: 'apis.meta.v1.Duration',
  fieldsV1: 'apis.meta.v1.FieldsV1',
  quantity: 'api.resource.Quantity',
  intOrString: 'util.intstr.IntOrString',
  raw: 'runtime.RawExtension',
};

/** The messages that JSON shows as scalars. */
function special(message: MessageKey): z.ZodType | undefined {
  switch (message) {
    case 'apis.meta.v1.Time':
    case 'apis.meta.v1.MicroTime':
      return z.string().meta({ format: 'date-time' });
    case 'apis.meta.v1.Duration':
      return z.string();
    case 'api.resource.Quantity':
      return z.union([z.string(), z.number()]);
    case 'util.intstr.IntOrString':
      return z.union([z.int(), z.string()]).meta({ format: 'int-or-string' });
    case 'apis.meta.v1.FieldsV1':
    case 'runtime.RawExtension':
      return z.looseObject({});
    default:
      return undefined;
  }
}

function typeSchema(type: FieldType, of: SchemaOf): z.ZodType {
  switch (type.kind) {
    case 'message':
      return of(type.message);
    case 'union':
    case 'json':
      return z.any();
    case 'stringList':
      return z.array(z.string());
    case 'list':
      return z.array(typeSchema(type.item, of));
    case 'map':
      return z.record(z.string(), typeSchema(type.value, of));
    case 'string':
      return z.string();
    case 'bool':
      return z.boolean();
    case 'int32':
    case 'int64':
      return z.int().meta({ format: type.kind });
    case 'double':
      return z.number().meta({ format: 'double' });
    case 'bytes':
      return z.string().meta({ format: 'byte' });
    default:
      return of(SPECIAL_MESSAGES[type.kind] ?? '');
  }
}
