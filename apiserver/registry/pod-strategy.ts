import type { Pod } from '../../openapi/generated/types.ts';
import { qosClassOf } from '../../openapi/kinds/pod-qos.ts';
import { copyField, type StrategyOverrides } from './strategy.ts';

const SELECTABLE = [
  'spec.nodeName',
  'spec.restartPolicy',
  'spec.schedulerName',
  'spec.serviceAccountName',
  'spec.hostNetwork',
  'status.phase',
  'status.podIP',
  'status.nominatedNodeName',
] as const;

/** Pods (k8s pkg/registry/core/pod/strategy.go). */
export const podStrategy: StrategyOverrides = {
  selectableFields: SELECTABLE,
  triggerField: 'spec.nodeName',
  fieldsOf: (object) => {
    const { spec = {}, status = {} } = object as unknown as Pod;
    return {
      'spec.nodeName': spec.nodeName ?? '',
      'spec.restartPolicy': spec.restartPolicy ?? '',
      'spec.schedulerName': spec.schedulerName ?? '',
      'spec.serviceAccountName': spec.serviceAccountName ?? '',
      'spec.hostNetwork': String(spec.hostNetwork ?? false),
      'status.phase': status.phase ?? '',
      'status.podIP': status.podIP ?? '',
      'status.nominatedNodeName': status.nominatedNodeName ?? '',
    };
  },
  prepareForCreate(object) {
    const pod = object as unknown as Pod;
    pod.status = { phase: 'Pending', qosClass: qosClassOf(pod) };
  },
  prepareForStatusUpdate(object, previous) {
    for (const field of ['spec', 'kind', 'apiVersion']) copyField(field, previous, object);
    copyField('ownerReferences', previous.metadata, object.metadata);
    const { status } = object as unknown as Pod;
    const before = (previous as unknown as Pod).status;
    // The class is decided once, at creation.
    if (status && before?.qosClass !== undefined) status.qosClass = before.qosClass;
  },
  graceSeconds(object, requested) {
    const { spec, status } = object as unknown as Pod;
    // Nobody is there to stop containers that no node has, or that have already ended.
    if (!spec?.nodeName || status?.phase === 'Failed' || status?.phase === 'Succeeded') return 0;
    return requested ?? spec.terminationGracePeriodSeconds ?? 30;
  },
};
