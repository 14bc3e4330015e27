import { Faults } from '../../openapi/faults.ts';
import { validateObjectMeta, validateObjectMetaUpdate } from '../../openapi/kinds/object-meta.ts';
import type { KubeObject } from '../cache/stored-object.ts';
import { errors } from '../errors.ts';
import type { ResourceStore } from './resource-store.ts';

/** Throws Invalid with every fault of an object, or of its change. */
export function validateObject(
  store: ResourceStore,
  object: KubeObject,
  previous: KubeObject | undefined,
): void {
  const { definition, kind } = store;
  const { rules } = kind;
  const faults = new Faults();
  validateObjectMeta(object.metadata, rules.nameFormat ?? 'dns-subdomain', definition.namespaced, faults);
  rules.validate?.(object, faults, previous);
  if (previous) {
    validateObjectMetaUpdate(object.metadata, previous.metadata, faults);
    rules.validateUpdate?.(object, previous, faults);
  }
  const name = object.metadata.name || object.metadata.generateName || '';
  if (faults.list.length > 0) throw errors.invalid(definition, name, faults.list);
}
