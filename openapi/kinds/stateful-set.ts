import { deepEqual } from '../deep-equal.ts';
import type { ControllerRevision, StatefulSet, StatefulSetSpec } from '../generated/types.ts';
import type { KindRules } from './kind-rules.ts';
import { subdomainFault } from './names.ts';
import { notNegative } from './pod-validation.ts';
import { defaultClaimSpec } from './volumes.ts';
import { defaultTemplate, validateWorkload } from './workloads.ts';

const MUTABLE = [
  'replicas',
  'ordinals',
  'template',
  'updateStrategy',
  'revisionHistoryLimit',
  'persistentVolumeClaimRetentionPolicy',
  'minReadySeconds',
] as const;

export const statefulSetRules: KindRules<StatefulSet> = {
  defaults(set) {
    const spec = (set.spec ??= {});
    spec.replicas ??= 1;
    spec.podManagementPolicy ||= 'OrderedReady';
    const strategy = (spec.updateStrategy ??= {});
    strategy.type ||= 'RollingUpdate';
    if (strategy.type === 'RollingUpdate') {
      const rolling = (strategy.rollingUpdate ??= {});
      rolling.partition ??= 0;
    }
    const retention = (spec.persistentVolumeClaimRetentionPolicy ??= {});
    retention.whenDeleted ||= 'Retain';
    retention.whenScaled ||= 'Retain';
    spec.revisionHistoryLimit ??= 10;
    for (const claim of spec.volumeClaimTemplates ?? []) {
      claim.apiVersion ||= 'v1';
      claim.kind ||= 'PersistentVolumeClaim';
      defaultClaimSpec((claim.spec ??= {}));
      (claim.status ??= {}).phase ||= 'Pending';
    }
    defaultTemplate(spec.template);
  },
  validate({ spec = {} }, faults) {
    validateWorkload(spec, faults);
    notNegative(spec.replicas, 'spec.replicas', faults);
    notNegative(spec.ordinals?.start, 'spec.ordinals.start', faults);
    if (spec.serviceName) {
      const fault = subdomainFault(spec.serviceName);
      if (fault !== undefined) faults.invalid('spec.serviceName', spec.serviceName, fault);
    }
    if (!['OrderedReady', 'Parallel'].includes(spec.podManagementPolicy ?? '')) {
      faults.invalid(
        'spec.podManagementPolicy',
        spec.podManagementPolicy,
        "must be 'OrderedReady' or 'Parallel'",
      );
    }
    const strategy = spec.updateStrategy?.type ?? '';
    if (!['RollingUpdate', 'OnDelete'].includes(strategy)) {
      faults.invalid('spec.updateStrategy', strategy, "must be 'RollingUpdate' or 'OnDelete'");
    }
  },
  validateUpdate(set, previous, faults) {
    if (deepEqual(immutablePart(set.spec), immutablePart(previous.spec))) return;
    const fields = MUTABLE.map((field) => `'${field}'`);
    faults.forbidden(
      'spec',
      `updates to statefulset spec for fields other than ${fields.slice(0, -1).join(', ')} and ${fields.at(-1)} are forbidden`,
    );
  },
};

export const controllerRevisionRules: KindRules<ControllerRevision> = {
  validate({ revision = 0, data }, faults) {
    if (revision < 0) faults.invalid('revision', revision, 'must be greater than or equal to 0');
    if (data === undefined) faults.required('data', 'data is mandatory');
  },
  validateUpdate(object, previous, faults) {
    if (!deepEqual(object.data, previous.data)) faults.invalid('data', object.data, 'field is immutable');
  },
};

function immutablePart(spec: StatefulSetSpec = {}): object {
  const rest: Record<string, unknown> = { ...spec };
  for (const field of MUTABLE) delete rest[field];
  return rest;
}
