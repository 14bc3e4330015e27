import type { CustomResourceDefinitionVersion } from '../../openapi/generated/types.ts';
import type { ResourceDefinition } from '../../openapi/resources.ts';
import type { KubeObject } from '../cache/stored-object.ts';
import { defaultStrategy, type Strategy } from '../registry/strategy.ts';
import { parseFieldPath, valueAt } from './field-path.ts';

/** Custom resources (k8s apiextensions-apiserver pkg/registry/customresource/strategy.go, status_strategy.go). */
export function customStrategy(
  definition: ResourceDefinition,
  { selectableFields = [] }: CustomResourceDefinitionVersion,
): Strategy {
  const base = defaultStrategy(definition);
  const hasStatus = definition.subresources.some(({ name }) => name === 'status');
  const names = selectableFields.map(({ jsonPath = '' }) => jsonPath.slice(1));
  return {
    ...base,
    selectableFields: names,
    fieldsOf: names.length === 0 ? undefined : (object) => fieldsOf(object, names),
    allowUnconditionalUpdate: false,
    prepareForCreate(object) {
      if (hasStatus) delete object.status;
    },
    prepareForStatusUpdate(object, previous) {
      base.prepareForStatusUpdate(object, previous);
      const { managedFields, resourceVersion } = object.metadata;
      object.metadata = { ...previous.metadata, managedFields, resourceVersion };
    },
  };
}

function fieldsOf(object: KubeObject, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, text(valueAt(object, parseFieldPath(`.${name}`)))]));
}

function text(value: unknown): string {
  return value === undefined || value === null ? '' : String(value);
}
