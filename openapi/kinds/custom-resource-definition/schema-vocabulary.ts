import { isJsonObject } from '../../decode-json.ts';
import type { Faults } from '../../faults.ts';
import type { JSONSchemaProps, ValidationRule } from '../../generated/types.ts';
import { propertyOf, schemaParts } from './schema-parts.ts';

const TYPES = ['array', 'boolean', 'integer', 'number', 'object', 'string'];
const NOT_SUPPORTED = ['id', 'additionalItems', 'patternProperties', 'definitions', 'dependencies'] as const;
const META_FIELDS = new Set(['metadata', 'kind', 'apiVersion']);
const REASONS = ['FieldValueDuplicate', 'FieldValueForbidden', 'FieldValueInvalid', 'FieldValueRequired'];

/** Where in a resource a schema is. */
interface Place {
  readonly isRoot: boolean;
  /** Why a default may not stand here. */
  readonly noDefaults: string | undefined;
  readonly isMeta: boolean;
}

/** Reports the parts of JSON Schema that Kubernetes does not take, and misused extensions. */
export function validateVocabulary(schema: JSONSchemaProps, at: string, faults: Faults): void {
  walk(schema, at, { isRoot: true, noDefaults: undefined, isMeta: false }, faults);
}

function walk(schema: JSONSchemaProps, at: string, place: Place, faults: Faults): void {
  const { type = '', properties, additionalProperties, items, uniqueItems } = schema;
  if (type !== '' && type !== 'null' && !TYPES.includes(type)) faults.notSupported(`${at}.type`, type, TYPES);
  if (type === 'null')
    faults.forbidden(`${at}.type`, 'type cannot be set to null, use nullable as an alternative');
  if (schema.default !== undefined && place.noDefaults !== undefined)
    faults.forbidden(`${at}.default`, `must not be set ${place.noDefaults}`);
  for (const field of NOT_SUPPORTED) {
    if (schema[field]) faults.forbidden(`${at}.${field}`, `${field} is not supported`);
  }
  if (schema.$ref !== undefined) faults.forbidden(`${at}.$ref`, '$ref is not supported');
  if (Array.isArray(items)) faults.forbidden(`${at}.items`, 'items must be a schema object and not an array');
  if (place.isMeta && schema['x-kubernetes-embedded-resource'])
    faults.forbidden(`${at}.x-kubernetes-embedded-resource`, 'must not be used inside of resource meta');
  if (uniqueItems)
    faults.forbidden(
      `${at}.uniqueItems`,
      'uniqueItems cannot be set to true since the runtime complexity becomes quadratic',
    );
  const hasProperties = Object.keys(properties ?? {}).length > 0;
  if (hasProperties && additionalProperties !== undefined && additionalProperties !== true)
    faults.forbidden(
      `${at}.additionalProperties`,
      'additionalProperties and properties are mutual exclusive',
    );
  validateExtensions(schema, at, faults);
  for (const [inner, below] of schemaParts(schema, at)) {
    walk(inner, below, placeBelow(schema, at, place, below), faults);
  }
}

function placeBelow(schema: JSONSchemaProps, at: string, place: Place, below: string): Place {
  const property = below.startsWith(`${at}.properties[`) ? below.slice(at.length + 12, -1) : '';
  const isResource = place.isRoot || schema['x-kubernetes-embedded-resource'] === true;
  if (isResource && META_FIELDS.has(property)) {
    const noDefaults = place.isRoot ? `in top-level ${property}` : place.noDefaults;
    return { isRoot: false, isMeta: true, noDefaults };
  }
  const isOfMap = below === `${at}.additionalProperties` && place.isMeta;
  const noDefaults = isOfMap ? 'inside additionalProperties applying to object metadata' : place.noDefaults;
  return { isRoot: false, isMeta: place.isMeta, noDefaults };
}

function validateExtensions(schema: JSONSchemaProps, at: string, faults: Faults): void {
  const { type = '' } = schema;
  if (schema['x-kubernetes-preserve-unknown-fields'] === false)
    faults.invalid(`${at}.x-kubernetes-preserve-unknown-fields`, false, 'must be true or undefined');
  const mapType = schema['x-kubernetes-map-type'];
  if (mapType !== undefined) {
    mustBe('object', 'x-kubernetes-map-type', type, at, faults);
    if (mapType !== 'atomic' && mapType !== 'granular')
      faults.notSupported(`${at}.x-kubernetes-map-type`, mapType, ['atomic', 'granular']);
  }
  validateListType(schema, at, faults);
  for (const [index, rule] of (schema['x-kubernetes-validations'] ?? []).entries())
    validateRule(rule, `${at}.x-kubernetes-validations[${index}]`, faults);
}

function mustBe(wanted: string, extension: string, type: string, at: string, faults: Faults): void {
  if (type === wanted) return;
  const why = `must be ${wanted} if ${extension} is specified`;
  if (type === '') faults.required(`${at}.type`, why);
  else faults.invalid(`${at}.type`, type, why);
}

function validateListType(schema: JSONSchemaProps, at: string, faults: Faults): void {
  const listType = schema['x-kubernetes-list-type'];
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  const item = isJsonObject(schema.items) ? (schema.items as JSONSchemaProps) : undefined;
  if (keys.length > 0 && listType !== 'map') {
    const why = 'must be map if x-kubernetes-list-map-keys is non-empty';
    if (listType === undefined) faults.required(`${at}.x-kubernetes-list-type`, why);
    else faults.invalid(`${at}.x-kubernetes-list-type`, listType, why);
  }
  if (listType === undefined) return;
  mustBe('array', 'x-kubernetes-list-type', schema.type ?? '', at, faults);
  if (!['atomic', 'set', 'map'].includes(listType))
    faults.notOneOf(`${at}.x-kubernetes-list-type`, listType, ['atomic', 'set', 'map']);
  if (listType !== 'atomic' && item?.nullable)
    faults.forbidden(`${at}.items.nullable`, `cannot be nullable when x-kubernetes-list-type is ${listType}`);
  if (listType === 'set' && item) validateSetItem(item, at, faults);
  if (listType === 'map') validateMapItem(schema, item, keys, at, faults);
}

function validateSetItem(item: JSONSchemaProps, at: string, faults: Faults): void {
  const why = 'must be atomic as item of a list with x-kubernetes-list-type=set';
  const listType = item['x-kubernetes-list-type'];
  if (item.type === 'array' && listType !== undefined && listType !== 'atomic')
    faults.invalid(`${at}.items.x-kubernetes-list-type`, listType, why);
  if (item.type === 'object' && item['x-kubernetes-map-type'] !== 'atomic')
    faults.invalid(`${at}.items.x-kubernetes-map-type`, item['x-kubernetes-map-type'], why);
}

function validateMapItem(
  schema: JSONSchemaProps,
  item: JSONSchemaProps | undefined,
  keys: readonly string[],
  at: string,
  faults: Faults,
): void {
  if (keys.length === 0)
    faults.required(`${at}.x-kubernetes-list-map-keys`, 'must not be empty if x-kubernetes-list-type is map');
  if (schema.items === undefined)
    faults.required(`${at}.items`, 'must have a schema if x-kubernetes-list-type is map');
  if (!item) return;
  if (item.type !== 'object') {
    const why = "must be object if parent array's x-kubernetes-list-type is map";
    return faults.invalid(`${at}.items.type`, item.type ?? '', why);
  }
  if (new Set(keys).size < keys.length)
    faults.invalid(`${at}.x-kubernetes-list-map-keys`, keys, 'must not contain duplicate entries');
  for (const key of new Set(keys)) {
    const property = propertyOf(item, key);
    const field = `${at}.items.properties[${key}]`;
    if (!property) {
      const why = 'entries must all be names of item properties';
      faults.invalid(`${at}.x-kubernetes-list-map-keys`, keys, why);
      continue;
    }
    if (property.type === 'array' || property.type === 'object') {
      const why = "must be a scalar type if parent array's x-kubernetes-list-type is map";
      faults.invalid(`${field}.type`, property.type, why);
    }
    if (!item.required?.includes(key) && property.default === undefined)
      faults.required(
        `${field}.default`,
        'this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property',
      );
    if (property.nullable)
      faults.forbidden(
        `${field}.nullable`,
        'this property is in x-kubernetes-list-map-keys, so it cannot be nullable',
      );
  }
}

/** The form of a CEL rule; what it says is not looked at. */
function validateRule(rule: ValidationRule, at: string, faults: Faults): void {
  const { rule: text = '', message = '', messageExpression = '', reason, fieldPath = '' } = rule;
  const isSplit = (line: string): boolean => /[\n\r]/.test(line.trim());
  if (text.trim() === '') faults.required(`${at}.rule`, 'rule is not specified');
  else if (message !== '' && message.trim() === '')
    faults.invalid(`${at}.message`, message, 'message must be non-empty if specified');
  else if (isSplit(message)) faults.invalid(`${at}.message`, message, 'message must not contain line breaks');
  else if (isSplit(text) && message === '')
    faults.required(`${at}.message`, 'message must be specified if rule contains line breaks');
  if (messageExpression !== '' && messageExpression.trim() === '')
    faults.required(`${at}.messageExpression`, 'messageExpression must be non-empty if specified');
  if (reason !== undefined && !REASONS.includes(reason)) faults.notSupported(`${at}.reason`, reason, REASONS);
  if (fieldPath !== '' && fieldPath.trim() === '')
    faults.invalid(`${at}.fieldPath`, fieldPath, 'fieldPath must be non-empty if specified');
  else if (/[\n\r]/.test(fieldPath))
    faults.invalid(`${at}.fieldPath`, fieldPath, 'fieldPath must not contain line breaks');
}
