import type { Secret } from '../../openapi/generated/types.ts';
import type { StrategyOverrides } from './strategy.ts';

/** Secrets: `type` can be selected on. */
export const secretStrategy: StrategyOverrides = {
  selectableFields: ['type'],
  fieldsOf: (object) => ({ type: (object as unknown as Secret).type ?? '' }),
};
