import type {
  ControllerRevision,
  CronJob,
  HorizontalPodAutoscaler,
  Job,
  MetricSpec,
  MetricTarget,
  MetricValueStatus,
  PodDisruptionBudget,
  PodTemplate,
  PodTemplateSpec,
  ReplicationController,
  StatefulSet,
} from '../../openapi/generated/types.ts';
import { age, ageColumn, type Column, column, labelText, nameColumn, shortDuration, wide } from './column.ts';
import { selectorText } from './workload-columns.ts';

const containerNames = (template: PodTemplateSpec | undefined): string =>
  (template?.spec?.containers ?? []).map(({ name }) => name).join(',');
const imageNames = (template: PodTemplateSpec | undefined): string =>
  (template?.spec?.containers ?? []).map(({ image }) => image).join(',');

const MOST_METRICS = 2;

export const batchColumns: Readonly<Record<string, readonly Column[]>> = {
  'statefulsets.apps': [
    nameColumn,
    column<StatefulSet>(
      'Ready',
      ({ spec, status }) => `${status?.readyReplicas ?? 0}/${spec?.replicas ?? 0}`,
    ),
    ageColumn,
    wide<StatefulSet>('Containers', ({ spec }) => containerNames(spec?.template)),
    wide<StatefulSet>('Images', ({ spec }) => imageNames(spec?.template)),
  ],
  'controllerrevisions.apps': [
    nameColumn,
    column<ControllerRevision>('Controller', controllerText),
    column<ControllerRevision>('Revision', ({ revision }) => revision ?? 0),
    ageColumn,
  ],
  replicationcontrollers: [
    nameColumn,
    column<ReplicationController>('Desired', ({ spec }) => spec?.replicas ?? 0, 'integer'),
    column<ReplicationController>('Current', ({ status }) => status?.replicas ?? 0, 'integer'),
    column<ReplicationController>('Ready', ({ status }) => status?.readyReplicas ?? 0, 'integer'),
    ageColumn,
    wide<ReplicationController>('Containers', ({ spec }) => containerNames(spec?.template)),
    wide<ReplicationController>('Images', ({ spec }) => imageNames(spec?.template)),
    wide<ReplicationController>('Selector', ({ spec }) => labelText(spec?.selector)),
  ],
  podtemplates: [
    nameColumn,
    column<PodTemplate>('Containers', ({ template }) => containerNames(template)),
    column<PodTemplate>('Images', ({ template }) => imageNames(template)),
    column<PodTemplate>('Pod Labels', ({ template }) => labelText(template?.metadata?.labels)),
  ],
  'jobs.batch': [
    nameColumn,
    column<Job>('Status', jobStatus),
    column<Job>('Completions', jobCompletions),
    column<Job>('Duration', jobDuration),
    ageColumn,
    wide<Job>('Containers', ({ spec }) => containerNames(spec?.template)),
    wide<Job>('Images', ({ spec }) => imageNames(spec?.template)),
    wide<Job>('Selector', ({ spec }) => selectorText(spec?.selector)),
  ],
  'cronjobs.batch': [
    nameColumn,
    column<CronJob>('Schedule', ({ spec }) => spec?.schedule),
    column<CronJob>('Timezone', ({ spec }) => spec?.timeZone ?? '<none>'),
    column<CronJob>('Suspend', ({ spec }) => (spec?.suspend ? 'True' : 'False')),
    column<CronJob>('Active', ({ status }) => status?.active?.length ?? 0, 'integer'),
    column<CronJob>('Last Schedule', ({ status }, now) =>
      status?.lastScheduleTime === undefined ? '<none>' : age(status.lastScheduleTime, now),
    ),
    ageColumn,
    wide<CronJob>('Containers', ({ spec }) => containerNames(spec?.jobTemplate?.spec?.template)),
    wide<CronJob>('Images', ({ spec }) => imageNames(spec?.jobTemplate?.spec?.template)),
    wide<CronJob>('Selector', ({ spec }) => selectorText(spec?.jobTemplate?.spec?.selector)),
  ],
  'horizontalpodautoscalers.autoscaling': [
    nameColumn,
    column<HorizontalPodAutoscaler>(
      'Reference',
      ({ spec }) => `${spec?.scaleTargetRef?.kind}/${spec?.scaleTargetRef?.name}`,
    ),
    column<HorizontalPodAutoscaler>('Targets', targetsText),
    column<HorizontalPodAutoscaler>('MinPods', ({ spec }) => String(spec?.minReplicas ?? '<unset>')),
    column<HorizontalPodAutoscaler>('MaxPods', ({ spec }) => spec?.maxReplicas ?? 0, 'integer'),
    column<HorizontalPodAutoscaler>('Replicas', ({ status }) => status?.currentReplicas ?? 0, 'integer'),
    ageColumn,
  ],
  'poddisruptionbudgets.policy': [
    nameColumn,
    column<PodDisruptionBudget>('Min Available', ({ spec }) => String(spec?.minAvailable ?? 'N/A')),
    column<PodDisruptionBudget>('Max Unavailable', ({ spec }) => String(spec?.maxUnavailable ?? 'N/A')),
    column<PodDisruptionBudget>(
      'Allowed Disruptions',
      ({ status }) => status?.disruptionsAllowed ?? 0,
      'integer',
    ),
    ageColumn,
  ],
};

function controllerText({ metadata }: ControllerRevision): string {
  const owner = metadata.ownerReferences?.find(({ controller }) => controller);
  if (!owner) return '<none>';
  const group = owner.apiVersion?.includes('/') ? `.${owner.apiVersion.split('/', 1)[0]}` : '';
  return `${owner.kind?.toLowerCase()}${group}/${owner.name}`;
}

function jobStatus({ metadata, status }: Job): string {
  const holds = (type: string): boolean =>
    (status?.conditions ?? []).some((condition) => condition.type === type && condition.status === 'True');
  if (holds('Complete')) return 'Complete';
  if (holds('Failed')) return 'Failed';
  if (metadata.deletionTimestamp !== undefined) return 'Terminating';
  if (holds('Suspended')) return 'Suspended';
  if (holds('FailureTarget')) return 'FailureTarget';
  return holds('SuccessCriteriaMet') ? 'SuccessCriteriaMet' : 'Running';
}

function jobCompletions({ spec, status }: Job): string {
  const done = status?.succeeded ?? 0;
  if (spec?.completions !== undefined) return `${done}/${spec.completions}`;
  const parallelism = spec?.parallelism ?? 0;
  return parallelism > 1 ? `${done}/1 of ${parallelism}` : `${done}/1`;
}

function jobDuration({ status }: Job, now: number): string {
  if (status?.startTime === undefined) return '';
  const end = status.completionTime === undefined ? now : Date.parse(status.completionTime);
  return shortDuration(end - Date.parse(status.startTime));
}

/** `cpu: 12%/80%, memory: <unknown>/1Gi + 1 more...` */
function targetsText({ spec, status }: HorizontalPodAutoscaler): string {
  const metrics = spec?.metrics ?? [];
  if (metrics.length === 0) return '<none>';
  const texts = metrics.map((metric, index) => metricText(metric, status?.currentMetrics?.[index]));
  const shown = texts.slice(0, MOST_METRICS).join(', ');
  return texts.length > MOST_METRICS ? `${shown} + ${texts.length - MOST_METRICS} more...` : shown;
}

function metricText(metric: MetricSpec, current: object | undefined): string {
  const field = `${metric.type?.[0]?.toLowerCase()}${metric.type?.slice(1)}` as 'resource';
  const { target, name } = (metric[field] ?? {}) as { target?: MetricTarget; name?: string };
  const now = (current as Record<string, { current?: MetricValueStatus }> | undefined)?.[field]?.current;
  const isResource = metric.type === 'Resource' || metric.type === 'ContainerResource';
  const text = `${amountText(now)}/${amountText(target)}`;
  return isResource ? `${name}: ${text}` : text;
}

function amountText(amount: MetricTarget | MetricValueStatus | undefined): string {
  if (amount?.averageUtilization !== undefined) return `${amount.averageUtilization}%`;
  if (amount?.averageValue !== undefined) return `${amount.averageValue} (avg)`;
  return amount?.value ?? '<unknown>';
}
