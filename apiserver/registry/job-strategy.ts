import type { Job } from '../../openapi/generated/types.ts';
import type { StrategyOverrides } from './strategy.ts';

/** Jobs find their pods by their own uid, unless the user chose a selector (k8s pkg/registry/batch/job/strategy.go). */
export const jobStrategy: StrategyOverrides = {
  selectableFields: ['status.successful'],
  fieldsOf: (object) => ({ 'status.successful': String((object as unknown as Job).status?.succeeded ?? 0) }),
  prepareForCreate(object) {
    const job = object as unknown as Job;
    job.status = {};
    if (job.spec && !job.spec.manualSelector) selectOwnPods(job);
  },
};

function selectOwnPods({ metadata, spec = {} }: Job): void {
  const { uid = '', name = '' } = metadata;
  const template = (spec.template ??= {});
  const labels = ((template.metadata ??= {}).labels ??= {});
  labels['batch.kubernetes.io/controller-uid'] = uid;
  labels['batch.kubernetes.io/job-name'] = name;
  // The names before 1.27, which controllers still read.
  labels['controller-uid'] = uid;
  labels['job-name'] = name;
  spec.selector = {
    matchLabels: { ...spec.selector?.matchLabels, 'batch.kubernetes.io/controller-uid': uid },
  };
}
