import type {
  DaemonSet,
  Deployment,
  LabelSelector,
  MutatingWebhookConfiguration,
  PodTemplateSpec,
  ReplicaSet,
  ValidatingWebhookConfiguration,
} from '../../openapi/generated/types.ts';
import { ageColumn, type Column, column, labelText, nameColumn, wide } from './column.ts';

interface Templated {
  spec?: { template?: PodTemplateSpec | undefined; selector?: LabelSelector | undefined } | undefined;
}

const images = wide<Templated>('Images', ({ spec }) =>
  (spec?.template?.spec?.containers ?? []).map(({ image }) => image).join(','),
);
const containers = wide<Templated>('Containers', ({ spec }) =>
  (spec?.template?.spec?.containers ?? []).map(({ name }) => name).join(','),
);
const selector = wide<Templated>('Selector', ({ spec }) => selectorText(spec?.selector));

export const workloadColumns: Readonly<Record<string, readonly Column[]>> = {
  'deployments.apps': [
    nameColumn,
    column<Deployment>('Ready', ({ spec, status }) => `${status?.readyReplicas ?? 0}/${spec?.replicas ?? 0}`),
    column<Deployment>('Up-to-date', ({ status }) => status?.updatedReplicas ?? 0, 'integer'),
    column<Deployment>('Available', ({ status }) => status?.availableReplicas ?? 0, 'integer'),
    ageColumn,
    containers,
    images,
    selector,
  ],
  'replicasets.apps': [
    nameColumn,
    column<ReplicaSet>('Desired', ({ spec }) => spec?.replicas ?? 0, 'integer'),
    column<ReplicaSet>('Current', ({ status }) => status?.replicas ?? 0, 'integer'),
    column<ReplicaSet>('Ready', ({ status }) => status?.readyReplicas ?? 0, 'integer'),
    ageColumn,
    containers,
    images,
    selector,
  ],
  'daemonsets.apps': [
    nameColumn,
    column<DaemonSet>('Desired', ({ status }) => status?.desiredNumberScheduled ?? 0, 'integer'),
    column<DaemonSet>('Current', ({ status }) => status?.currentNumberScheduled ?? 0, 'integer'),
    column<DaemonSet>('Ready', ({ status }) => status?.numberReady ?? 0, 'integer'),
    column<DaemonSet>('Up-to-date', ({ status }) => status?.updatedNumberScheduled ?? 0, 'integer'),
    column<DaemonSet>('Available', ({ status }) => status?.numberAvailable ?? 0, 'integer'),
    column<DaemonSet>('Node Selector', ({ spec }) => labelText(spec?.template?.spec?.nodeSelector)),
    ageColumn,
    containers,
    images,
    selector,
  ],
  'mutatingwebhookconfigurations.admissionregistration.k8s.io': [
    nameColumn,
    column<MutatingWebhookConfiguration>('Webhooks', ({ webhooks }) => webhooks?.length ?? 0, 'integer'),
    ageColumn,
  ],
  'validatingwebhookconfigurations.admissionregistration.k8s.io': [
    nameColumn,
    column<ValidatingWebhookConfiguration>('Webhooks', ({ webhooks }) => webhooks?.length ?? 0, 'integer'),
    ageColumn,
  ],
};

const OPERATORS: Readonly<Record<string, string>> = { In: 'in', NotIn: 'notin' };

/** A selector in the form that `-l` takes. */
export function selectorText(value: LabelSelector | undefined): string {
  const equal = Object.entries(value?.matchLabels ?? {}).map(([key, text]) => `${key}=${text}`);
  const expressions = (value?.matchExpressions ?? []).map(({ key = '', operator = '', values = [] }) => {
    if (operator === 'Exists') return key;
    return operator === 'DoesNotExist' ? `!${key}` : `${key} ${OPERATORS[operator]} (${values.join(',')})`;
  });
  const all = [...equal, ...expressions];
  return all.length === 0 ? '<none>' : all.sort().join(',');
}
