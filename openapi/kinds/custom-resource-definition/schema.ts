import type { Faults } from '../../faults.ts';
import type { JSONSchemaProps } from '../../generated/types.ts';
import { validateDefaults } from './schema-defaults.ts';
import { validateStructure } from './schema-structure.ts';
import { validateVocabulary } from './schema-vocabulary.ts';

/**
 * A version's schema: only the words that are supported, in a structural form, with defaults that fit it.
 * False when something is wrong with it.
 */
export function validateSchema(
  schema: JSONSchemaProps,
  hasStatus: boolean,
  at: string,
  faults: Faults,
): boolean {
  const before = faults.list.length;
  if (hasStatus) validateRoot(schema, at, faults);
  if (schema.nullable) faults.forbidden(`${at}.nullable`, 'nullable cannot be true at the root');
  validateVocabulary(schema, at, faults);
  validateStructure(schema, at, faults);
  if (faults.list.length === before) validateDefaults(schema, at, faults);
  return faults.list.length === before;
}

/** With a status of its own, a schema's root must mean the same for each part. */
const AT_ROOT_WITH_STATUS: ReadonlySet<string> = new Set([
  'description',
  'type',
  'format',
  'title',
  'maximum',
  'exclusiveMaximum',
  'minimum',
  'exclusiveMinimum',
  'maxLength',
  'minLength',
  'pattern',
  'maxItems',
  'minItems',
  'uniqueItems',
  'multipleOf',
  'required',
  'items',
  'properties',
  'externalDocs',
  'example',
  'x-kubernetes-preserve-unknown-fields',
  'x-kubernetes-validations',
]);

/** The same as Go names them, which is how the message does. */
const ALLOWED =
  '[Description Type Format Title Maximum ExclusiveMaximum Minimum ExclusiveMinimum MaxLength MinLength Pattern MaxItems MinItems UniqueItems MultipleOf Required Items Properties ExternalDocs Example XPreserveUnknownFields XValidations]';

function validateRoot(schema: JSONSchemaProps, at: string, faults: Faults): void {
  if (schema.type && schema.type !== 'object') {
    const why =
      'only "object" is allowed as the type at the root of the schema if the status subresource is enabled';
    faults.invalid(`${at}.type`, schema.type, why);
  }
  const others = Object.keys(schema).filter((field) => !AT_ROOT_WITH_STATUS.has(field));
  if (others.length > 0) {
    const why = `only ${ALLOWED} fields are allowed at the root of the schema if the status subresource is enabled`;
    faults.invalid(at, others, why);
  }
}
