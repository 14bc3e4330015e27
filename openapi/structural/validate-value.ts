import { isJsonObject, type JsonObject } from '../decode-json.ts';
import { deepEqual } from '../deep-equal.ts';
import { Faults } from '../faults.ts';
import { Budget } from './budget.ts';
import { isOfFormat } from './formats.ts';
import { checkListItems, keyOfItem } from './list-items.ts';
import { type SchemaType, type StructuralSchema, schemaOfField } from './structural-schema.ts';

/** What cannot be told of a single field is reported without one, as Kubernetes does. */
const NOWHERE = '<nil>';
/** Looking at one value costs about as much as so many steps of a pattern. */
const STEPS_OF_VISIT = 10;

/** Where faults go, and what finding them may still cost. */
interface Inspection {
  readonly faults: Faults;
  readonly budget: Budget;
}

/**
 * Reports what of a value its schema forbids, in the words of k8s kube-openapi pkg/validation. What is as it
 * was in the previous value is let pass: a schema that was tightened must not lock objects (KEP-4008).
 */
export function validateValue(
  schema: StructuralSchema,
  value: unknown,
  previous: unknown,
  path: string,
  faults: Faults,
): void {
  const budget = new Budget();
  inspect(schema, value, previous, path, { faults, budget });
  if (budget.isSpent) faults.invalid(NOWHERE, '', 'the object takes too long to validate');
}

function inspect(
  schema: StructuralSchema,
  value: unknown,
  previous: unknown,
  path: string,
  inspection: Inspection,
): void {
  const { faults, budget } = inspection;
  if (!budget.spend(STEPS_OF_VISIT + schema.required.length)) return;
  if (previous !== undefined && deepEqual(value, previous)) return;
  if (!checkType(schema, value, path, faults)) return;
  checkJunctors(schema, value, path, inspection);
  checkEnumeration(schema, value, path, faults);
  if (typeof value === 'string') checkString(schema, value, path, inspection);
  else if (typeof value === 'number') checkNumber(schema, value, path, faults);
  else if (Array.isArray(value)) checkArray(schema, value, previous, path, inspection);
  else if (isJsonObject(value)) checkObject(schema, value, previous, path, inspection);
}

/** False: the value is null, and nothing more is to be said of it. */
function checkType(schema: StructuralSchema, value: unknown, path: string, faults: Faults): boolean {
  const { types, nullable } = schema;
  if (value === null && nullable) return false;
  const actual = typeOf(value);
  const isOfType =
    types.length === 0 ||
    (types as readonly string[]).includes(actual) ||
    (actual === 'integer' && types.includes('number'));
  if (!isOfType) {
    faults.typeInvalid(path, actual, `${path} in body must be of type ${types.join(',')}: "${actual}"`);
  }
  return value !== null;
}

function typeOf(value: unknown): SchemaType | 'null' {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value as 'string' | 'boolean' | 'object';
}

function checkJunctors(
  schema: StructuralSchema,
  value: unknown,
  path: string,
  { faults, budget }: Inspection,
): void {
  const { allOf, anyOf, oneOf, not } = schema;
  if (anyOf.length > 0) {
    const results = anyOf.map((each) => faultsOf(each, value, path, budget));
    if (!results.some(isClean)) {
      faults.invalid(NOWHERE, '', `"${path}" must validate at least one schema (anyOf)`);
      faults.addAll(best(results));
    }
  }
  if (oneOf.length > 0) {
    const results = oneOf.map((each) => faultsOf(each, value, path, budget));
    const valid = results.filter(isClean).length;
    if (valid !== 1) {
      const why = valid === 0 ? 'Found none valid' : `Found ${valid} valid alternatives`;
      faults.invalid(NOWHERE, '', `"${path}" must validate one and only one schema (oneOf). ${why}`);
      if (valid === 0) faults.addAll(best(results));
    }
  }
  if (allOf.length > 0) {
    const results = allOf.map((each) => faultsOf(each, value, path, budget));
    const valid = results.filter(isClean).length;
    for (const result of results) faults.addAll(result);
    if (valid < results.length) {
      const none = valid === 0 ? '. None validated' : '';
      faults.invalid(NOWHERE, '', `"${path}" must validate all the schemas (allOf)${none}`);
    }
  }
  if (not && isClean(faultsOf(not, value, path, budget))) {
    faults.invalid(NOWHERE, '', `"${path}" must not validate the schema (not)`);
  }
}

function faultsOf(schema: StructuralSchema, value: unknown, path: string, budget: Budget): Faults {
  const faults = new Faults();
  inspect(schema, value, undefined, path, { faults, budget });
  return faults;
}

const isClean = ({ list }: Faults): boolean => list.length === 0;

/** Of several alternatives that failed, the one that came closest is worth explaining. */
function best(results: readonly Faults[]): Faults {
  return results.reduce((closest, each) => (each.list.length < closest.list.length ? each : closest));
}

function checkEnumeration(
  { enumeration, scalars }: StructuralSchema,
  value: unknown,
  path: string,
  faults: Faults,
): void {
  if (!enumeration || scalars.has(value)) return;
  // Only what is no scalar needs a closer look.
  if (typeof value === 'object' && enumeration.some((each) => deepEqual(each, value))) return;
  const texts = enumeration.map((each) => (typeof each === 'string' ? each : JSON.stringify(each)));
  faults.notOneOf(path, value, texts);
}

function checkString(
  schema: StructuralSchema,
  value: string,
  path: string,
  { faults, budget }: Inspection,
): void {
  const { limits, pattern, format } = schema;
  const { minLength, maxLength } = limits;
  if (maxLength !== undefined || minLength !== undefined) {
    const length = countCharacters(value);
    if (maxLength !== undefined && length > maxLength) faults.tooLong(path, maxLength);
    if (minLength !== undefined && length < minLength)
      faults.invalid(path, value, `${path} in body should be at least ${minLength} chars long`);
  }
  const matched = pattern?.test(value, budget);
  if (matched === 'no') faults.invalid(path, value, `${path} in body should match '${pattern?.source}'`);
  if (matched === 'unknown')
    faults.invalid(path, value, `${path} in body takes too long to match against '${pattern?.source}'`);
  if (format !== '' && !isOfFormat(value, format)) {
    const shown = JSON.stringify(value);
    faults.typeInvalid(path, value, `${path} in body must be of type ${format}: ${shown}`);
  }
}

/** Code points, as Go counts runes. */
function countCharacters(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}

function checkNumber({ limits }: StructuralSchema, value: number, path: string, faults: Faults): void {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = limits;
  const should = (what: string): void => faults.invalid(path, value, `${path} in body should be ${what}`);
  if (maximum !== undefined && (exclusiveMaximum ? value >= maximum : value > maximum))
    should(exclusiveMaximum ? `less than ${maximum}` : `less than or equal to ${maximum}`);
  if (minimum !== undefined && (exclusiveMinimum ? value <= minimum : value < minimum))
    should(exclusiveMinimum ? `greater than ${minimum}` : `greater than or equal to ${minimum}`);
  if (multipleOf !== undefined && multipleOf > 0 && !Number.isInteger(value / multipleOf))
    should(`a multiple of ${multipleOf}`);
}

function checkArray(
  schema: StructuralSchema,
  value: readonly unknown[],
  previous: unknown,
  path: string,
  inspection: Inspection,
): void {
  const { faults } = inspection;
  const { items, limits } = schema;
  const { minItems, maxItems } = limits;
  if (maxItems !== undefined && value.length > maxItems) faults.tooMany(path, value.length, maxItems);
  if (minItems !== undefined && value.length < minItems)
    faults.invalid(path, value.length, `${path} in body should have at least ${minItems} items`);
  checkListItems(schema, value, path, faults);
  if (!items) return;
  const before = Array.isArray(previous) && schema.listType === 'map' ? byKey(schema, previous) : undefined;
  for (const [index, item] of value.entries()) {
    const old = before?.get(keyOfItem(schema, item));
    inspect(items, item, old, `${path}[${index}]`, inspection);
  }
}

function byKey(schema: StructuralSchema, items: readonly unknown[]): Map<string, unknown> {
  return new Map(items.map((item) => [keyOfItem(schema, item), item] as const));
}

function checkObject(
  schema: StructuralSchema,
  value: JsonObject,
  previous: unknown,
  path: string,
  inspection: Inspection,
): void {
  const { faults } = inspection;
  const { required, limits } = schema;
  const { minProperties, maxProperties } = limits;
  const names = Object.keys(value);
  if (maxProperties !== undefined && names.length > maxProperties)
    faults.tooMany(path, names.length, maxProperties);
  if (minProperties !== undefined && names.length < minProperties)
    faults.invalid(path, names.length, `${path} in body should have at least ${minProperties} properties`);
  for (const name of required) {
    if (!Object.hasOwn(value, name)) faults.required(below(path, name));
  }
  const old = isJsonObject(previous) ? previous : undefined;
  for (const name of names) {
    const inner = schemaOfField(schema, name);
    if (typeof inner !== 'object') continue;
    const was = old && Object.hasOwn(old, name) ? old[name] : undefined;
    inspect(inner, value[name], was, below(path, name), inspection);
  }
}

function below(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}
