import { isJsonObject } from '../../decode-json.ts';
import { deepEqual } from '../../deep-equal.ts';
import type { Faults } from '../../faults.ts';
import type { JSONSchemaProps } from '../../generated/types.ts';
import { Budget } from '../../structural/budget.ts';
import { PatternError } from '../../structural/pattern/parse-pattern.ts';
import { Pattern } from '../../structural/pattern/pattern.ts';
import { junctorParts, propertyOf } from './schema-parts.ts';

/** The patterns of a schema may be compiled into so many instructions, each of some hundred bytes. */
const MAX_INSTRUCTIONS = 500_000;

interface Inspection {
  readonly faults: Faults;
  readonly patterns: Budget;
}

type Level = 'root' | 'item' | 'field';

const NO_TYPE: Readonly<Record<Level, string>> = {
  root: 'must not be empty at the root',
  item: 'must not be empty for specified array items',
  field: 'must not be empty for specified object fields',
};

/**
 * Reports what keeps a schema from being structural: every field has its type outside of all logic, so that
 * pruning and defaulting need not decide it (k8s apiextensions-apiserver pkg/apiserver/schema/validation.go,
 * complete.go).
 */
export function validateStructure(schema: JSONSchemaProps, at: string, faults: Faults): void {
  walk(schema, 'root', at, { faults, patterns: new Budget(MAX_INSTRUCTIONS) });
}

function walk(schema: JSONSchemaProps, level: Level, at: string, inspection: Inspection): void {
  const { faults } = inspection;
  const { type = '', properties = {}, additionalProperties, items } = schema;
  if (type === 'array' && items === undefined) faults.required(`${at}.items`, 'must be specified');
  if (isJsonObject(items)) walk(items, 'item', `${at}.items`, inspection);
  for (const [name, inner] of Object.entries(properties))
    walk(inner, 'field', `${at}.properties[${name}]`, inspection);
  if (additionalProperties !== undefined && level === 'root')
    faults.forbidden(`${at}.additionalProperties`, 'must not be used at the root');
  if (isJsonObject(additionalProperties))
    walk(additionalProperties, 'field', `${at}.additionalProperties`, inspection);
  validateTypes(schema, level, at, faults);
  validatePattern(schema, at, inspection);
  for (const [inner, below] of junctorParts(schema, at)) {
    if (schema['x-kubernetes-int-or-string'] && isPartOfIntOrString(schema, inner)) continue;
    walkLogic(inner, schema, below, inspection);
  }
}

function validateTypes(schema: JSONSchemaProps, level: Level, at: string, faults: Faults): void {
  const { type = '' } = schema;
  const isEmbedded = schema['x-kubernetes-embedded-resource'] === true;
  const isIntOrString = schema['x-kubernetes-int-or-string'] === true;
  const preserves = schema['x-kubernetes-preserve-unknown-fields'] === true;
  if (isIntOrString && preserves)
    faults.invalid(
      `${at}.x-kubernetes-preserve-unknown-fields`,
      true,
      'must be false if x-kubernetes-int-or-string is true',
    );
  if (isIntOrString && isEmbedded)
    faults.invalid(
      `${at}.x-kubernetes-embedded-resource`,
      true,
      'must be false if x-kubernetes-int-or-string is true',
    );
  if (isEmbedded && type !== 'object') {
    const why = 'must be object if x-kubernetes-embedded-resource is true';
    if (type === '') faults.required(`${at}.type`, why);
    else faults.invalid(`${at}.type`, type, why);
  } else if (type === '' && !isIntOrString && !preserves) faults.required(`${at}.type`, NO_TYPE[level]);
  if (level === 'root' && type !== '' && type !== 'object')
    faults.invalid(`${at}.type`, type, 'must be object at the root');
  if (isEmbedded && schema.additionalProperties !== undefined)
    faults.forbidden(
      `${at}.additionalProperties`,
      'must not be used if x-kubernetes-embedded-resource is set',
    );
  if (isEmbedded && !preserves && Object.keys(schema.properties ?? {}).length === 0)
    faults.required(
      `${at}.properties`,
      'must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields',
    );
  if (level === 'root' || isEmbedded) validateMeta(schema, level, at, faults);
}

function validateMeta(schema: JSONSchemaProps, level: Level, at: string, faults: Faults): void {
  for (const name of ['kind', 'apiVersion']) {
    const property = propertyOf(schema, name);
    if (property && property.type !== 'string')
      faults.invalid(`${at}.properties[${name}].type`, property.type ?? '', 'must be string');
  }
  const metadata = propertyOf(schema, 'metadata');
  if (!metadata) return;
  const field = `${at}.properties[metadata]`;
  if (metadata.type !== 'object') faults.invalid(`${field}.type`, metadata.type ?? '', 'must be object');
  const { type: _a, description: _b, properties = {}, default: _c, ...rest } = metadata;
  const others = Object.keys(properties).filter((name) => name !== 'name' && name !== 'generateName');
  if (level === 'root' && (others.length > 0 || Object.keys(rest).length > 0))
    faults.forbidden(
      field,
      'must not specify anything other than name and generateName, but metadata is implicitly specified',
    );
}

function validatePattern({ pattern }: JSONSchemaProps, at: string, { faults, patterns }: Inspection): void {
  if (!pattern) return;
  try {
    Pattern.check(pattern, patterns);
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    faults.invalid(
      `${at}.pattern`,
      pattern,
      `must be a valid regular expression, but isn't: ${error.message}`,
    );
  }
}

const INT_OR_STRING = [{ type: 'integer' }, { type: 'string' }];

/** `anyOf: [integer, string]`, alone or as the first of an allOf, may stand where it says what is so anyway. */
function isPartOfIntOrString({ anyOf, allOf }: JSONSchemaProps, part: JSONSchemaProps): boolean {
  if (deepEqual(anyOf, INT_OR_STRING)) return anyOf?.includes(part) ?? false;
  return allOf?.[0] === part && deepEqual(part.anyOf, INT_OR_STRING);
}

const MUST_BE_EMPTY: readonly (readonly [keyof JSONSchemaProps, string])[] = [
  ['type', 'must be empty to be structural'],
  ['additionalProperties', 'must be undefined to be structural'],
  ['default', 'must be undefined to be structural'],
  ['title', 'must be empty to be structural'],
  ['description', 'must be empty to be structural'],
  ['nullable', 'must be false to be structural'],
  ['externalDocs', 'must be undefined to be structural'],
  ['x-kubernetes-preserve-unknown-fields', 'must be false to be structural'],
  ['x-kubernetes-embedded-resource', 'must be false to be structural'],
  ['x-kubernetes-int-or-string', 'must be false to be structural'],
  ['x-kubernetes-list-map-keys', 'must be empty to be structural'],
  ['x-kubernetes-list-type', 'must be undefined to be structural'],
  ['x-kubernetes-map-type', 'must be undefined to be structural'],
  ['x-kubernetes-validations', 'must be empty to be structural'],
];

/** Below a junctor only values are judged: of nothing that the structure beside it does not have. */
function walkLogic(
  schema: JSONSchemaProps,
  structure: JSONSchemaProps | undefined,
  at: string,
  inspection: Inspection,
): void {
  const { faults } = inspection;
  for (const [field, why] of MUST_BE_EMPTY) {
    if (schema[field]) faults.forbidden(`${at}.${field}`, why);
  }
  if (propertyOf(schema, 'metadata'))
    faults.forbidden(`${at}.properties[metadata]`, 'must not be specified in a nested context');
  validatePattern(schema, at, inspection);
  for (const [name, inner] of Object.entries(schema.properties ?? {})) {
    const below = `${at}.properties[${name}]`;
    const beside = structure && propertyOf(structure, name);
    if (!beside) missing(below, faults);
    walkLogic(inner, beside, below, inspection);
  }
  if (isJsonObject(schema.items)) {
    const beside = isJsonObject(structure?.items) ? structure.items : undefined;
    if (!beside) missing(`${at}.items`, faults);
    walkLogic(schema.items, beside, `${at}.items`, inspection);
  }
  for (const [inner, below] of junctorParts(schema, at)) walkLogic(inner, structure, below, inspection);
}

/** The structure must have it too; the path is said without the way through the logic. */
function missing(at: string, faults: Faults): void {
  const path = at.replaceAll(/\.(?:allOf|anyOf|oneOf)\[\d+\]|\.not(?=\.)/g, '');
  faults.required(path, `because it is defined in ${at}`);
}
