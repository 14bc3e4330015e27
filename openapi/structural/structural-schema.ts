import { isJsonObject } from '../decode-json.ts';
import type { JSONSchemaProps } from '../generated/types.ts';
import { Pattern } from './pattern/pattern.ts';

/** A type name of JSON Schema. */
export type SchemaType = 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean';

/**
 * A version's schema as the server uses it: patterns compiled, properties in maps, so that no name of a
 * user's choosing meets an object's prototype. Made once for each change of a definition.
 */
export interface StructuralSchema {
  /** None: any. */
  readonly types: readonly SchemaType[];
  readonly nullable: boolean;
  /** Undefined: none. */
  readonly defaultValue: unknown;
  readonly properties: ReadonlyMap<string, StructuralSchema>;
  /** Of a map's values; `true`: whatever they are. */
  readonly additional: StructuralSchema | true | undefined;
  readonly items: StructuralSchema | undefined;
  readonly preservesUnknown: boolean;
  readonly isEmbedded: boolean;
  readonly isIntOrString: boolean;
  readonly listType: 'atomic' | 'set' | 'map' | undefined;
  readonly listKeys: readonly string[];
  readonly isAtomicMap: boolean;
  readonly required: readonly string[];
  readonly enumeration: readonly unknown[] | undefined;
  readonly format: string;
  readonly pattern: Pattern | undefined;
  readonly limits: Limits;
  readonly allOf: readonly StructuralSchema[];
  readonly anyOf: readonly StructuralSchema[];
  readonly oneOf: readonly StructuralSchema[];
  readonly not: StructuralSchema | undefined;
  /** Somewhere in it is an embedded resource. */
  readonly hasEmbedded: boolean;
}

/** The bounds that JSON Schema sets by numbers; what is not there does not bound. */
export type Limits = Pick<
  JSONSchemaProps,
  | 'minimum'
  | 'maximum'
  | 'exclusiveMinimum'
  | 'exclusiveMaximum'
  | 'multipleOf'
  | 'minLength'
  | 'maxLength'
  | 'minItems'
  | 'maxItems'
  | 'minProperties'
  | 'maxProperties'
>;

const INT_OR_STRING: readonly SchemaType[] = ['integer', 'string'];

/** Throws PatternError for a pattern that RE2 does not take. */
export function compileSchema(props: JSONSchemaProps): StructuralSchema {
  const isIntOrString = props['x-kubernetes-int-or-string'] === true;
  const properties = new Map(
    Object.entries(props.properties ?? {}).map(([name, inner]) => [name, compileSchema(inner)] as const),
  );
  const additional = compileAdditional(props.additionalProperties);
  const items = isJsonObject(props.items) ? compileSchema(props.items) : undefined;
  const inner = [...properties.values(), additional, items];
  return {
    types: isIntOrString ? INT_OR_STRING : props.type ? [props.type as SchemaType] : [],
    nullable: props.nullable === true,
    defaultValue: props.default,
    properties,
    additional,
    items,
    preservesUnknown: props['x-kubernetes-preserve-unknown-fields'] === true,
    isEmbedded: props['x-kubernetes-embedded-resource'] === true,
    isIntOrString,
    listType: props['x-kubernetes-list-type'] as StructuralSchema['listType'],
    listKeys: props['x-kubernetes-list-map-keys'] ?? [],
    isAtomicMap: props['x-kubernetes-map-type'] === 'atomic',
    required: props.required ?? [],
    enumeration: props.enum,
    format: props.format ?? '',
    pattern: props.pattern ? new Pattern(props.pattern) : undefined,
    limits: props,
    allOf: (props.allOf ?? []).map(compileSchema),
    anyOf: (props.anyOf ?? []).map(compileSchema),
    oneOf: (props.oneOf ?? []).map(compileSchema),
    not: props.not && compileSchema(props.not),
    hasEmbedded: inner.some((each) => typeof each === 'object' && (each.hasEmbedded || each.isEmbedded)),
  };
}

function compileAdditional(value: unknown): StructuralSchema | true | undefined {
  if (isJsonObject(value)) return compileSchema(value);
  return value === true ? true : undefined;
}

/** What stands for a value of an object: its own property's schema, else that of all others. */
export function schemaOfField(schema: StructuralSchema, name: string): StructuralSchema | true | undefined {
  return schema.properties.get(name) ?? schema.additional;
}
