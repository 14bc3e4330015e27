import { expect } from 'vitest';
import { Faults } from '../../../openapi/faults.ts';
import { rulesOf } from '../../../openapi/kinds/rules-by-kind.ts';
import type { KubernetesObject } from '../../../openapi/resources.ts';

/** A copy with its kind's defaults; checks that they change nothing when they run again. */
export function defaulted<T extends KubernetesObject>(message: string, object: T): T {
  const copy = structuredClone(object);
  rulesOf(message).defaults?.(copy);
  const once = structuredClone(copy);
  rulesOf(message).defaults?.(copy);
  expect(copy).toEqual(once);
  return copy;
}

/** The faults of an object, or of its change, as `field: text`. */
export function faultsOf(message: string, object: KubernetesObject, previous?: KubernetesObject): string[] {
  const faults = new Faults();
  const now = defaulted(message, object);
  rulesOf(message).validate?.(now, faults);
  if (previous) rulesOf(message).validateUpdate?.(now, defaulted(message, previous), faults);
  return faults.list.map(({ field, message: text }) => `${field}: ${text}`);
}
