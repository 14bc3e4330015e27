import type { CustomResourceDefinition } from '../../openapi/generated/types.ts';
import type { KubeObject } from '../cache/stored-object.ts';
import { copyField, type StrategyOverrides } from '../registry/strategy.ts';
import { withCondition } from './definition-conditions.ts';

/** Keeps a definition until the last of its objects is gone. */
export const CLEANUP_FINALIZER = 'customresourcecleanup.apiextensions.k8s.io';

const asDefinition = (object: KubeObject): CustomResourceDefinition =>
  object as unknown as CustomResourceDefinition;

/** CustomResourceDefinitions (k8s apiextensions-apiserver pkg/registry/customresourcedefinition). */
export const definitionStrategy: StrategyOverrides = {
  allowUnconditionalUpdate: false,
  prepareForCreate(object) {
    object.status = { conditions: [], acceptedNames: { plural: '', kind: '' }, storedVersions: [] };
    rememberStorageVersion(asDefinition(object));
  },
  prepareForUpdate(object, previous) {
    copyField('status', previous, object);
    rememberStorageVersion(asDefinition(object));
  },
  prepareForDelete(object, now) {
    const crd = asDefinition(object);
    const { finalizers = [] } = object.metadata;
    if (!finalizers.includes(CLEANUP_FINALIZER))
      object.metadata.finalizers = [...finalizers, CLEANUP_FINALIZER];
    const condition = {
      type: 'Terminating',
      status: 'True',
      reason: 'InstanceDeletionPending',
      message: 'CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon',
    };
    crd.status = { ...crd.status, conditions: withCondition(crd, condition, now) };
  },
  warningsOf(object) {
    const { spec } = asDefinition(object);
    const schemas = JSON.stringify(spec?.versions?.map(({ schema }) => schema) ?? []);
    return schemas.includes('"x-kubernetes-validations":')
      ? ['x-kubernetes-validations are stored, but this server does not run CEL rules yet']
      : [];
  },
};

/** Objects may be stored in every version that ever was the storage version. */
function rememberStorageVersion({ spec, status }: CustomResourceDefinition): void {
  const name = spec?.versions?.find(({ storage }) => storage)?.name;
  if (!status || name === undefined) return;
  const stored = status.storedVersions ?? [];
  if (!stored.includes(name)) status.storedVersions = [...stored, name];
}
