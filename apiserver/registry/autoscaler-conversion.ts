import type {
  AutoscalingHorizontalPodAutoscaler as AutoscalerV1,
  HorizontalPodAutoscaler as AutoscalerV2,
  HorizontalPodAutoscalerCondition,
  HorizontalPodAutoscalerSpec,
  MetricSpec,
  MetricStatus,
} from '../../openapi/generated/types.ts';
import { cpuMetric } from '../../openapi/kinds/autoscaling.ts';
import type { KubeObject } from '../cache/stored-object.ts';
import type { Conversion } from './conversion.ts';

/** Where v1, which knows only CPU, keeps the rest of v2 (k8s pkg/apis/autoscaling/annotations.go). */
const METRICS = 'autoscaling.alpha.kubernetes.io/metrics';
const CURRENT_METRICS = 'autoscaling.alpha.kubernetes.io/current-metrics';
const CONDITIONS = 'autoscaling.alpha.kubernetes.io/conditions';
const BEHAVIOR = 'autoscaling.alpha.kubernetes.io/behavior';

/** autoscaling/v1 as a view of autoscaling/v2. */
export const autoscalerConversion: Conversion = {
  toStored: (object) => toV2(object as unknown as AutoscalerV1) as unknown as KubeObject,
  fromStored: (object) => toV1(object as unknown as AutoscalerV2) as unknown as KubeObject,
};

function toV2({ metadata, spec = {}, status = {} }: AutoscalerV1): AutoscalerV2 {
  const annotations = { ...metadata.annotations };
  const take = <T>(key: string): T | undefined => {
    const text = annotations[key];
    delete annotations[key];
    return parsed<T>(text);
  };
  const { targetCPUUtilizationPercentage: cpu, ...rest } = spec;
  const metrics = [...(take<MetricSpec[]>(METRICS) ?? []), ...(cpu === undefined ? [] : [cpuMetric(cpu)])];
  const behavior = take<NonNullable<HorizontalPodAutoscalerSpec['behavior']>>(BEHAVIOR);
  const { currentCPUUtilizationPercentage: current, ...counts } = status;
  const currentMetrics = [
    ...(take<MetricStatus[]>(CURRENT_METRICS) ?? []),
    ...(current === undefined ? [] : [cpuStatus(current)]),
  ];
  const conditions = take<HorizontalPodAutoscalerCondition[]>(CONDITIONS);
  return {
    kind: 'HorizontalPodAutoscaler',
    apiVersion: 'autoscaling/v2',
    metadata: { ...metadata, annotations: Object.keys(annotations).length === 0 ? undefined : annotations },
    spec: { ...rest, ...(metrics.length > 0 ? { metrics } : {}), ...(behavior ? { behavior } : {}) },
    status: {
      ...counts,
      ...(currentMetrics.length > 0 ? { currentMetrics } : {}),
      ...(conditions ? { conditions } : {}),
    },
  };
}

function toV1({ metadata, spec = {}, status = {} }: AutoscalerV2): AutoscalerV1 {
  const { metrics = [], behavior, ...rest } = spec;
  const { currentMetrics = [], conditions, ...counts } = status;
  const cpu = metrics.find(isCpuUtilization);
  const current = currentMetrics.find(isCpuUtilization);
  const others = metrics.filter((metric) => metric !== cpu);
  const otherStatuses = currentMetrics.filter((metric) => metric !== current);
  const annotations = {
    ...metadata.annotations,
    ...(others.length > 0 ? { [METRICS]: JSON.stringify(others) } : {}),
    ...(otherStatuses.length > 0 ? { [CURRENT_METRICS]: JSON.stringify(otherStatuses) } : {}),
    ...(conditions ? { [CONDITIONS]: JSON.stringify(conditions) } : {}),
    ...(behavior ? { [BEHAVIOR]: JSON.stringify(behavior) } : {}),
  };
  return {
    kind: 'HorizontalPodAutoscaler',
    apiVersion: 'autoscaling/v1',
    metadata: { ...metadata, ...(Object.keys(annotations).length > 0 ? { annotations } : {}) },
    spec: {
      ...rest,
      ...(cpu ? { targetCPUUtilizationPercentage: cpu.resource?.target?.averageUtilization } : {}),
    },
    status: {
      currentReplicas: 0,
      desiredReplicas: 0,
      ...counts,
      ...(current ? { currentCPUUtilizationPercentage: current.resource?.current?.averageUtilization } : {}),
    },
  };
}

function isCpuUtilization({ type, resource }: MetricSpec | MetricStatus): boolean {
  if (type !== 'Resource' || resource?.name !== 'cpu') return false;
  const amount = 'target' in resource ? resource.target : (resource as { current?: object }).current;
  return (amount as { averageUtilization?: number } | undefined)?.averageUtilization !== undefined;
}

function cpuStatus(averageUtilization: number): MetricStatus {
  return { type: 'Resource', resource: { name: 'cpu', current: { averageUtilization } } };
}

/** An annotation that a user broke counts as absent. */
function parsed<T>(text: string | undefined): T | undefined {
  try {
    return text === undefined ? undefined : (JSON.parse(text) as T);
  } catch {
    return undefined;
  }
}
