import * as z from 'zod';
import type { MessageKey } from './field-table.ts';
import { createSchemaSet } from './schema.ts';
import { schemaName } from './schema-names.ts';

/** A kind that a document describes. */
export interface DocumentedKind {
  readonly message: MessageKey;
  /** Empty for a message that is no kind. */
  readonly kinds: readonly { readonly group: string; readonly version: string; readonly kind: string }[];
}

/** OpenAPI 3.0 schemas of kinds and of all they refer to, by name. */
export function jsonSchemas(kinds: readonly DocumentedKind[]): Record<string, object> {
  const set = createSchemaSet();
  for (const { message, kinds: is } of kinds) touch(set.of(message, is.length > 0));
  const { schemas } = z.toJSONSchema(set.registry, {
    target: 'openapi-3.0',
    io: 'input',
    uri: (id) => `#/components/schemas/${id}`,
    override: ({ jsonSchema }) => asKubernetes(jsonSchema as Record<string, unknown>),
  });
  const result = schemas as Record<string, Record<string, unknown>>;
  for (const schema of Object.values(result)) delete schema.$id;
  for (const { message, kinds: is } of kinds) {
    const schema = result[schemaName(message)];
    if (schema && is.length > 0) schema['x-kubernetes-group-version-kind'] = is;
  }
  return result;
}

/** Reads every field once, so that the messages behind the getters are registered before printing begins. */
function touch(schema: z.ZodType, seen = new Set<z.ZodType>()): void {
  if (seen.has(schema)) return;
  seen.add(schema);
  if (schema instanceof z.ZodObject) {
    for (const inner of Object.values(schema.shape as Record<string, z.ZodType>)) touch(inner, seen);
  } else if (schema instanceof z.ZodOptional) touch(schema.unwrap() as z.ZodType, seen);
  else if (schema instanceof z.ZodArray) touch(schema.element as z.ZodType, seen);
  else if (schema instanceof z.ZodRecord) touch(schema.valueType as z.ZodType, seen);
}

/** Kubernetes' documents say nothing about safe integers, keys' types or their own URIs. */
function asKubernetes(schema: Record<string, unknown>): void {
  if (schema.type === 'integer') {
    delete schema.minimum;
    delete schema.maximum;
  }
  delete schema.propertyNames;
  if (schema.type === 'object' && typeof schema.additionalProperties === 'object') {
    if (Object.keys(schema.additionalProperties ?? {}).length === 0) delete schema.additionalProperties;
  }
  if (schema.anyOf !== undefined) {
    schema.oneOf = schema.anyOf;
    delete schema.anyOf;
  }
}
