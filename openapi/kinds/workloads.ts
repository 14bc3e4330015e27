import type { Faults } from '../faults.ts';
import type {
  DaemonSet,
  Deployment,
  LabelSelector,
  PodTemplateSpec,
  ReplicaSet,
} from '../generated/types.ts';
import type { KindRules } from './kind-rules.ts';
import { isEmptySelector, selectorMatches, validateLabelSelector } from './label-selector.ts';
import { labelsFaults } from './names.ts';
import { defaultPodSpec } from './pod-defaults.ts';
import { notNegative, validatePodSpec } from './pod-validation.ts';

type Amount = number | string | undefined;

/** What the specs of workloads have in common. */
interface WorkloadSpec {
  selector?: LabelSelector | undefined;
  template?: PodTemplateSpec | undefined;
  minReadySeconds?: number | undefined;
}

export const deploymentRules: KindRules<Deployment> = {
  defaults(deployment) {
    const spec = (deployment.spec ??= {});
    spec.replicas ??= 1;
    const strategy = (spec.strategy ??= {});
    strategy.type ||= 'RollingUpdate';
    if (strategy.type === 'RollingUpdate') {
      const rolling = (strategy.rollingUpdate ??= {});
      rolling.maxUnavailable ??= '25%';
      rolling.maxSurge ??= '25%';
    }
    spec.revisionHistoryLimit ??= 10;
    spec.progressDeadlineSeconds ??= 600;
    defaultTemplate(spec.template);
  },
  validate({ spec = {} }, faults) {
    validateWorkload(spec, faults);
    notNegative(spec.replicas, 'spec.replicas', faults);
    notNegative(spec.revisionHistoryLimit, 'spec.revisionHistoryLimit', faults);
    validateStrategy(spec, faults);
    const { progressDeadlineSeconds: deadline, minReadySeconds = 0 } = spec;
    if (deadline !== undefined && deadline <= minReadySeconds) {
      faults.invalid('spec.progressDeadlineSeconds', deadline, 'must be greater than minReadySeconds');
    }
  },
  validateUpdate: ({ spec }, previous, faults) => validateSameSelector(spec, previous.spec, faults),
};

export const replicaSetRules: KindRules<ReplicaSet> = {
  defaults(replicaSet) {
    const spec = (replicaSet.spec ??= {});
    spec.replicas ??= 1;
    defaultTemplate(spec.template);
  },
  validate({ spec = {} }, faults) {
    validateWorkload(spec, faults);
    notNegative(spec.replicas, 'spec.replicas', faults);
  },
  validateUpdate: ({ spec }, previous, faults) => validateSameSelector(spec, previous.spec, faults),
};

export const daemonSetRules: KindRules<DaemonSet> = {
  defaults(daemonSet) {
    const spec = (daemonSet.spec ??= {});
    const strategy = (spec.updateStrategy ??= {});
    strategy.type ||= 'RollingUpdate';
    if (strategy.type === 'RollingUpdate') {
      const rolling = (strategy.rollingUpdate ??= {});
      rolling.maxUnavailable ??= 1;
      rolling.maxSurge ??= 0;
    }
    spec.revisionHistoryLimit ??= 10;
    defaultTemplate(spec.template);
  },
  validate({ spec = {} }, faults) {
    validateWorkload(spec, faults);
    notNegative(spec.revisionHistoryLimit, 'spec.revisionHistoryLimit', faults);
    const type = spec.updateStrategy?.type;
    if (type !== 'RollingUpdate' && type !== 'OnDelete') {
      faults.notSupported('spec.updateStrategy.type', type, ['OnDelete', 'RollingUpdate']);
    }
  },
  validateUpdate: ({ spec }, previous, faults) => validateSameSelector(spec, previous.spec, faults),
};

export function defaultTemplate(template: PodTemplateSpec | undefined): void {
  if (template?.spec) defaultPodSpec(template.spec);
}

export function validateWorkload(
  { selector, template, minReadySeconds }: WorkloadSpec,
  faults: Faults,
): void {
  notNegative(minReadySeconds, 'spec.minReadySeconds', faults);
  const labels = template?.metadata?.labels ?? {};
  if (!selector) {
    faults.required('spec.selector');
  } else {
    validateLabelSelector(selector, 'spec.selector', faults);
    if (isEmptySelector(selector))
      faults.invalid('spec.selector', selector, 'empty selector is invalid for deployment');
    else if (!selectorMatches(selector, labels)) {
      faults.invalid('spec.template.metadata.labels', labels, '`selector` does not match template `labels`');
    }
  }
  labelsFaults(labels, 'spec.template.labels', faults);
  validatePodSpec(template?.spec ?? {}, 'spec.template.spec', faults);
  const policy = template?.spec?.restartPolicy;
  if (policy !== undefined && policy !== 'Always') {
    faults.notSupported('spec.template.spec.restartPolicy', policy, ['Always']);
  }
}

export function validateSameSelector(
  spec: WorkloadSpec | undefined,
  previous: WorkloadSpec | undefined,
  faults: Faults,
): void {
  if (JSON.stringify(canonical(spec?.selector)) !== JSON.stringify(canonical(previous?.selector))) {
    faults.invalid('spec.selector', spec?.selector, 'field is immutable');
  }
}

function canonical(selector: LabelSelector | undefined): unknown {
  return {
    labels: Object.entries(selector?.matchLabels ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)),
    expressions: (selector?.matchExpressions ?? []).map(({ key, operator, values }) => [
      key,
      operator,
      values,
    ]),
  };
}

function validateStrategy({ strategy = {} }: NonNullable<Deployment['spec']>, faults: Faults): void {
  const { type, rollingUpdate } = strategy;
  if (type === 'Recreate') {
    if (rollingUpdate)
      faults.forbidden(
        'spec.strategy.rollingUpdate',
        "may not be specified when strategy `type` is 'Recreate'",
      );
    return;
  }
  if (type !== 'RollingUpdate')
    return faults.notSupported('spec.strategy.type', type, ['Recreate', 'RollingUpdate']);
  const at = 'spec.strategy.rollingUpdate';
  const unavailable = amount(rollingUpdate?.maxUnavailable, `${at}.maxUnavailable`, faults);
  const surge = amount(rollingUpdate?.maxSurge, `${at}.maxSurge`, faults);
  if (unavailable === 0 && surge === 0) {
    faults.invalid(
      `${at}.maxUnavailable`,
      rollingUpdate?.maxUnavailable,
      'may not be 0 when `maxSurge` is 0',
    );
  }
}

/** A count or a percentage, as a number; reports what is neither. */
function amount(value: Amount, at: string, faults: Faults): number | undefined {
  if (typeof value === 'number') {
    notNegative(value, at, faults);
    return value;
  }
  const match = /^(\d{1,9})%$/.exec(value ?? '');
  if (!match) {
    faults.invalid(
      at,
      value,
      "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%')",
    );
    return undefined;
  }
  return Number(match[1]);
}
