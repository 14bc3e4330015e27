import type { Namespace } from '../../openapi/generated/types.ts';
import { copyField, type StrategyOverrides } from './strategy.ts';

const FINALIZER = 'kubernetes';

/** Namespaces (k8s pkg/registry/core/namespace/strategy.go). */
export const namespaceStrategy: StrategyOverrides = {
  selectableFields: ['status.phase'],
  fieldsOf: (object) => ({ 'status.phase': (object as unknown as Namespace).status?.phase ?? '' }),
  prepareForCreate(object) {
    const namespace = object as unknown as Namespace;
    namespace.status = { phase: 'Active' };
    const finalizers = namespace.spec?.finalizers ?? [];
    if (!finalizers.includes(FINALIZER)) namespace.spec = { finalizers: [...finalizers, FINALIZER] };
  },
  prepareForUpdate(object, previous) {
    copyField('spec', previous, object);
    copyField('status', previous, object);
  },
  prepareForDelete(object) {
    const namespace = object as unknown as Namespace;
    namespace.status = { ...namespace.status, phase: 'Terminating' };
  },
  mayRemove: (object) => ((object as unknown as Namespace).spec?.finalizers ?? []).length === 0,
};
