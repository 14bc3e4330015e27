import type { Event } from '../../openapi/generated/types.ts';
import type { StrategyOverrides } from './strategy.ts';

const INVOLVED = ['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'] as const;

/** Events (k8s pkg/registry/core/event/strategy.go): `kubectl describe` finds them by what they are about. */
export const eventStrategy: StrategyOverrides = {
  allowCreateOnUpdate: true,
  selectableFields: [
    ...INVOLVED.map((field) => `involvedObject.${field}`),
    'reason',
    'reportingComponent',
    'source',
    'type',
  ],
  fieldsOf: (object) => {
    const { involvedObject = {}, reason, reportingComponent, source, type } = object as unknown as Event;
    return {
      ...Object.fromEntries(
        INVOLVED.map((field) => [`involvedObject.${field}`, involvedObject[field] ?? '']),
      ),
      reason: reason ?? '',
      reportingComponent: reportingComponent ?? '',
      source: source?.component || reportingComponent || '',
      type: type ?? '',
    };
  },
};
