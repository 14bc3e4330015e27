import type { MessageKey } from './field-table.ts';

/**
 * Messages of which JSON shows one field's value in place of an object: `items` of a JSON schema is a schema
 * or a list of them (k8s apiextensions v1/marshal.go). Says which field a value of each JSON type is.
 */
export interface Union {
  readonly object: string;
  readonly array?: string;
  readonly bool?: string;
}

const UNIONS: Readonly<Record<MessageKey, Union>> = {
  'apiextensions.v1.JSONSchemaPropsOrArray': { object: 'schema', array: 'jSONSchemas' },
  'apiextensions.v1.JSONSchemaPropsOrBool': { object: 'schema', bool: 'allows' },
  'apiextensions.v1.JSONSchemaPropsOrStringArray': { object: 'schema', array: 'property' },
};

export function unionOf(message: MessageKey): Union | undefined {
  return UNIONS[message];
}

/** The field that a value belongs to; undefined for a type that the union does not take. */
export function unionField(union: Union, value: unknown): string | undefined {
  if (Array.isArray(value)) return union.array;
  if (typeof value === 'boolean') return union.bool;
  return typeof value === 'object' && value !== null ? union.object : undefined;
}

/** The message that protobuf has for a value. */
export function wrapUnion(union: Union, value: unknown): Record<string, unknown> {
  const field = unionField(union, value) ?? union.object;
  // A schema is also a yes.
  return field === union.object && union.bool ? { [union.bool]: true, schema: value } : { [field]: value };
}

/** The value that JSON shows for a message. */
export function unwrapUnion(union: Union, message: Readonly<Record<string, unknown>>): unknown {
  const empty = union.bool ? false : [];
  return message[union.object] ?? message[union.array ?? union.bool ?? ''] ?? empty;
}
