import type { Faults } from '../faults.ts';
import type {
  AutoscalingHorizontalPodAutoscaler,
  HorizontalPodAutoscaler,
  HPAScalingPolicy,
  HPAScalingRules,
  MetricSpec,
  PodDisruptionBudget,
} from '../generated/types.ts';
import type { KindRules } from './kind-rules.ts';
import { validateLabelSelector } from './label-selector.ts';
import { oneOf } from './pod-validation.ts';

/** What an autoscaler without metrics watches, in percent of the request. */
const DEFAULT_CPU_UTILIZATION = 80;
const METRIC_FIELDS = {
  Object: 'object',
  Pods: 'pods',
  Resource: 'resource',
  ContainerResource: 'containerResource',
  External: 'external',
} as const;

const QUARTER_MINUTE: readonly HPAScalingPolicy[] = [{ type: 'Percent', value: 100, periodSeconds: 15 }];
const FOUR_PODS: HPAScalingPolicy = { type: 'Pods', value: 4, periodSeconds: 15 };

export const horizontalPodAutoscalerRules: KindRules<HorizontalPodAutoscaler> = {
  defaults(autoscaler) {
    const spec = (autoscaler.spec ??= {});
    spec.minReplicas ??= 1;
    if (!spec.metrics?.length) spec.metrics = [cpuMetric(DEFAULT_CPU_UTILIZATION)];
    if (!spec.behavior) return;
    const { behavior } = spec;
    behavior.scaleUp = withPolicies(behavior.scaleUp, [...QUARTER_MINUTE, FOUR_PODS], 0);
    behavior.scaleDown = withPolicies(behavior.scaleDown, QUARTER_MINUTE, undefined);
  },
  validate({ spec = {} }, faults) {
    validateScale(spec, faults);
    for (const [index, metric] of (spec.metrics ?? []).entries())
      validateMetric(metric, `spec.metrics[${index}]`, faults);
  },
};

export const horizontalPodAutoscalerV1Rules: KindRules<AutoscalingHorizontalPodAutoscaler> = {
  defaults(autoscaler) {
    (autoscaler.spec ??= {}).minReplicas ??= 1;
  },
  validate: ({ spec = {} }, faults) => validateScale(spec, faults),
};

export const podDisruptionBudgetRules: KindRules<PodDisruptionBudget> = {
  validate({ spec = {} }, faults) {
    const { minAvailable, maxUnavailable, selector, unhealthyPodEvictionPolicy } = spec;
    if (minAvailable !== undefined && maxUnavailable !== undefined) {
      faults.invalid('spec', spec, 'minAvailable and maxUnavailable cannot be both set');
    }
    validateAmount(minAvailable, 'spec.minAvailable', faults);
    validateAmount(maxUnavailable, 'spec.maxUnavailable', faults);
    if (selector) validateLabelSelector(selector, 'spec.selector', faults);
    if (unhealthyPodEvictionPolicy !== undefined) {
      oneOf(
        unhealthyPodEvictionPolicy,
        ['AlwaysAllow', 'IfHealthyBudget'],
        'spec.unhealthyPodEvictionPolicy',
        faults,
      );
    }
  },
};

export function cpuMetric(averageUtilization: number): MetricSpec {
  return { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization } } };
}

function withPolicies(
  rules: HPAScalingRules | undefined,
  policies: readonly HPAScalingPolicy[],
  stabilizationWindowSeconds: number | undefined,
): HPAScalingRules {
  const result: HPAScalingRules = { ...rules };
  if (stabilizationWindowSeconds !== undefined)
    result.stabilizationWindowSeconds ??= stabilizationWindowSeconds;
  result.selectPolicy ??= 'Max';
  result.policies ??= policies.map((policy) => ({ ...policy }));
  return result;
}

interface Scaled {
  readonly minReplicas?: number | undefined;
  readonly maxReplicas?: number | undefined;
  readonly scaleTargetRef?:
    | { readonly kind?: string | undefined; readonly name?: string | undefined }
    | undefined;
}

function validateScale(
  { minReplicas = 1, maxReplicas = 0, scaleTargetRef = {} }: Scaled,
  faults: Faults,
): void {
  if (minReplicas < 1) faults.invalid('spec.minReplicas', minReplicas, 'must be greater than or equal to 1');
  if (maxReplicas < 1) faults.invalid('spec.maxReplicas', maxReplicas, 'must be greater than 0');
  else if (maxReplicas < minReplicas) {
    faults.invalid('spec.maxReplicas', maxReplicas, 'must be greater than or equal to `minReplicas`');
  }
  if (!scaleTargetRef.kind) faults.required('spec.scaleTargetRef.kind');
  if (!scaleTargetRef.name) faults.required('spec.scaleTargetRef.name');
}

function validateMetric(metric: MetricSpec, at: string, faults: Faults): void {
  const field = METRIC_FIELDS[metric.type as keyof typeof METRIC_FIELDS];
  if (!field) return faults.notSupported(`${at}.type`, metric.type, Object.keys(METRIC_FIELDS));
  if (!metric[field])
    faults.required(`${at}.${field}`, 'must populate information for the given metric source');
}

function validateAmount(value: number | string | undefined, at: string, faults: Faults): void {
  if (typeof value === 'number' && value < 0) faults.invalid(at, value, 'must be greater than or equal to 0');
  if (typeof value === 'string' && !/^\d{1,9}%$/.test(value)) {
    faults.invalid(
      at,
      value,
      "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%')",
    );
  }
}
