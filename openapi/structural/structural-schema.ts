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
  /** How much the default adds to an object: its values, with all that is in them. */
  readonly defaultSize: number;
  /** The properties that have a default. */
  readonly defaulted: readonly string[];
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
  /** Those of the enumeration that are found by being the same. */
  readonly scalars: ReadonlySet<unknown>;
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

/** The schema must be a valid one: patterns are compiled when they are first used. */
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
    defaultSize: sizeOf(props.default),
    defaulted: [...properties.keys()].filter((name) => properties.get(name)?.defaultValue !== undefined),
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
    scalars: new Set(props.enum),
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

function sizeOf(value: unknown): number {
  if (typeof value === 'string') return 1 + value.length / 16;
  if (typeof value !== 'object' || value === null) return 1;
  return Object.values(value).reduce<number>((sum, inner) => sum + sizeOf(inner), 1);
}

function compileAdditional(value: unknown): StructuralSchema | true | undefined {
  if (isJsonObject(value)) return compileSchema(value);
  return value === true ? true : undefined;
}

/** What stands for a value of an object: its own property's schema, else that of all others. */
export function schemaOfField(schema: StructuralSchema, name: string): StructuralSchema | true | undefined {
  return schema.properties.get(name) ?? schema.additional;
}
