import type { Node } from '../../openapi/generated/types.ts';
import type { StrategyOverrides } from './strategy.ts';

/** Nodes (k8s pkg/registry/core/node/strategy.go): an agent may create its Node with a status. */
export const nodeStrategy: StrategyOverrides = {
  selectableFields: ['spec.unschedulable'],
  fieldsOf: (object) => ({
    'spec.unschedulable': String((object as unknown as Node).spec?.unschedulable ?? false),
  }),
  prepareForCreate() {},
};
