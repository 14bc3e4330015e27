import type {
  APIService,
  PriorityClass,
  ResourceQuota,
  RuntimeClass,
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
} from '../../openapi/generated/types.ts';
import { createdAtColumn } from './access-columns.ts';
import { ageColumn, type Column, column, nameColumn } from './column.ts';

export const extensionColumns: Readonly<Record<string, readonly Column[]>> = {
  limitranges: [nameColumn, createdAtColumn],
  resourcequotas: [
    nameColumn,
    column<ResourceQuota>('Request', (quota) => quotaText(quota, false)),
    column<ResourceQuota>('Limit', (quota) => quotaText(quota, true)),
    ageColumn,
  ],
  'priorityclasses.scheduling.k8s.io': [
    nameColumn,
    column<PriorityClass>('Value', ({ value }) => value ?? 0),
    column<PriorityClass>('Global-Default', ({ globalDefault }) => globalDefault ?? false),
    ageColumn,
    column<PriorityClass>('PreemptionPolicy', ({ preemptionPolicy }) => preemptionPolicy),
  ],
  'runtimeclasses.node.k8s.io': [
    nameColumn,
    column<RuntimeClass>('Handler', ({ handler }) => handler),
    ageColumn,
  ],
  'validatingadmissionpolicies.admissionregistration.k8s.io': [
    nameColumn,
    column<ValidatingAdmissionPolicy>('Validations', ({ spec }) => spec?.validations?.length ?? 0, 'integer'),
    column<ValidatingAdmissionPolicy>('ParamKind', ({ spec }) =>
      spec?.paramKind ? `${spec.paramKind.apiVersion}/${spec.paramKind.kind}` : '<unset>',
    ),
    ageColumn,
  ],
  'validatingadmissionpolicybindings.admissionregistration.k8s.io': [
    nameColumn,
    column<ValidatingAdmissionPolicyBinding>('PolicyName', ({ spec }) => spec?.policyName),
    column<ValidatingAdmissionPolicyBinding>('ParamRef', ({ spec }) => {
      const { namespace, name } = spec?.paramRef ?? {};
      return spec?.paramRef ? [namespace, name].filter(Boolean).join('/') : '<unset>';
    }),
    ageColumn,
  ],
  'customresourcedefinitions.apiextensions.k8s.io': [nameColumn, createdAtColumn],
  'apiservices.apiregistration.k8s.io': [
    nameColumn,
    column<APIService>('Service', ({ spec }) =>
      spec?.service ? `${spec.service.namespace}/${spec.service.name}` : 'Local',
    ),
    column<APIService>('Available', availability),
    ageColumn,
  ],
};

/** `cpu: 1/2, pods: 3/10`; the limits are the resources whose names say so. */
function quotaText({ status }: ResourceQuota, limits: boolean): string {
  return Object.entries(status?.hard ?? {})
    .filter(([name]) => name.startsWith('limits.') === limits)
    .map(([name, hard]) => `${name}: ${status?.used?.[name] ?? '0'}/${hard}`)
    .sort()
    .join(', ');
}

function availability({ status }: APIService): string {
  const condition = status?.conditions?.find(({ type }) => type === 'Available');
  if (!condition) return 'Unknown';
  return condition.status === 'True' ? 'True' : `${condition.status} (${condition.reason})`;
}
