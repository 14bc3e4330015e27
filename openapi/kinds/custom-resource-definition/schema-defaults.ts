import { Faults } from '../../faults.ts';
import type { JSONSchemaProps } from '../../generated/types.ts';
import { pruneUnknown } from '../../structural/prune.ts';
import { compileSchema } from '../../structural/structural-schema.ts';
import { validateValue } from '../../structural/validate-value.ts';
import { structuralParts } from './schema-parts.ts';

/** Reports defaults that the schema they stand in would prune or refuse; the schema must be structural. */
export function validateDefaults(schema: JSONSchemaProps, at: string, faults: Faults): void {
  const { default: value } = schema;
  if (value !== undefined && value !== null) validateDefault(schema, value, `${at}.default`, faults);
  for (const [inner, below] of structuralParts(schema, at)) validateDefaults(inner, below, faults);
}

function validateDefault(schema: JSONSchemaProps, value: unknown, at: string, faults: Faults): void {
  const compiled = compileSchema(schema);
  const unknown: string[] = [];
  pruneUnknown(structuredClone(value), compiled, compiled.isEmbedded, '', unknown);
  if (unknown.length > 0) faults.invalid(at, value, 'must not have unknown fields');
  const found = new Faults();
  validateValue(compiled, value, undefined, at, found);
  faults.addAll(found);
}
