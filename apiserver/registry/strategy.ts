import type { ResourceDefinition } from '../../openapi/resources.ts';
import type { KubeObject } from '../cache/stored-object.ts';

/** The policy of one resource: what happens to an object before it is validated and stored. */
export interface Strategy {
  /** Fields other than metadata.name and metadata.namespace that selectors may ask for. */
  readonly selectableFields: readonly string[];
  readonly fieldsOf: ((object: KubeObject) => Record<string, string>) | undefined;
  /** The selectable field by which watchers are found. */
  readonly triggerField: string | undefined;
  /** PUT makes an object that is not there. */
  readonly allowCreateOnUpdate: boolean;
  /** An update without resourceVersion overwrites. */
  readonly allowUnconditionalUpdate: boolean;
  /** Clears what a user may not set. */
  prepareForCreate(object: KubeObject): void;
  prepareForUpdate(object: KubeObject, previous: KubeObject): void;
  prepareForStatusUpdate(object: KubeObject, previous: KubeObject): void;
  /** Only for a kind with an approval subresource. */
  prepareForApproval?(object: KubeObject, previous: KubeObject): void;
  /** Says in an object that it is being deleted, when that is marked for the first time. */
  prepareForDelete?(object: KubeObject, now: string): void;
  /** What a client should know about an object that it writes. */
  warningsOf?(object: KubeObject): readonly string[];
  /** The grace that a delete gets when the request names none; undefined: gone at once. */
  graceSeconds(object: KubeObject, requested: number | undefined): number;
  /** Whether an object being deleted can go, given that its finalizers are done. */
  mayRemove(object: KubeObject): boolean;
}

export type StrategyOverrides = Partial<Strategy>;

/** A kind with a status subresource keeps spec and status apart; nothing else is special. */
export function defaultStrategy(definition: ResourceDefinition): Strategy {
  const hasStatus = definition.subresources.some(({ name }) => name === 'status');
  return {
    selectableFields: [],
    fieldsOf: undefined,
    triggerField: undefined,
    allowCreateOnUpdate: false,
    allowUnconditionalUpdate: true,
    prepareForCreate(object) {
      if (hasStatus) object.status = {};
    },
    prepareForUpdate(object, previous) {
      if (hasStatus) copyField('status', previous, object);
    },
    prepareForStatusUpdate(object, previous) {
      for (const field of new Set([...Object.keys(object), ...Object.keys(previous)])) {
        if (field !== 'status' && field !== 'metadata') copyField(field, previous, object);
      }
      copyField('ownerReferences', previous.metadata, object.metadata);
    },
    graceSeconds: () => 0,
    mayRemove: () => true,
  };
}

export function copyField(field: string, from: object, to: object): void {
  const value = (from as Record<string, unknown>)[field];
  if (value === undefined) delete (to as Record<string, unknown>)[field];
  else (to as Record<string, unknown>)[field] = value;
}
