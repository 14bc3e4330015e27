import { isJsonObject } from '../../decode-json.ts';
import type { JSONSchemaProps } from '../../generated/types.ts';

/** The schemas directly below one, with where they stand. */
export function schemaParts(schema: JSONSchemaProps, at: string): [JSONSchemaProps, string][] {
  return [...structuralParts(schema, at), ...junctorParts(schema, at)];
}

/** Those that say what a value consists of. */
export function structuralParts(schema: JSONSchemaProps, at: string): [JSONSchemaProps, string][] {
  const { properties = {}, items, additionalProperties } = schema;
  return [
    ...Object.entries(properties).map(([name, inner]): [JSONSchemaProps, string] => [
      inner,
      `${at}.properties[${name}]`,
    ]),
    ...one(items, `${at}.items`),
    ...one(additionalProperties, `${at}.additionalProperties`),
  ];
}

/** Those that are joined by logic. */
export function junctorParts(schema: JSONSchemaProps, at: string): [JSONSchemaProps, string][] {
  const { allOf = [], anyOf = [], oneOf = [], not } = schema;
  const each = (name: string, schemas: readonly JSONSchemaProps[]): [JSONSchemaProps, string][] =>
    schemas.map((inner, index) => [inner, `${at}.${name}[${index}]`]);
  return [
    ...each('allOf', allOf),
    ...each('anyOf', anyOf),
    ...each('oneOf', oneOf),
    ...one(not, `${at}.not`),
  ];
}

function one(value: unknown, at: string): [JSONSchemaProps, string][] {
  return isJsonObject(value) ? [[value as JSONSchemaProps, at]] : [];
}

/** A property of a schema that may have any name. */
export function propertyOf({ properties = {} }: JSONSchemaProps, name: string): JSONSchemaProps | undefined {
  return Object.hasOwn(properties, name) ? properties[name] : undefined;
}
