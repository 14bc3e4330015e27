import type { PodTemplate, ReplicationController } from '../generated/types.ts';
import type { KindRules } from './kind-rules.ts';
import { notNegative, validatePodSpec } from './pod-validation.ts';
import { defaultTemplate, validateWorkload } from './workloads.ts';

export const replicationControllerRules: KindRules<ReplicationController> = {
  defaults(controller) {
    const spec = (controller.spec ??= {});
    spec.replicas ??= 1;
    const labels = spec.template?.metadata?.labels;
    if (labels) {
      if (!spec.selector || Object.keys(spec.selector).length === 0) spec.selector = { ...labels };
      controller.metadata.labels ??= { ...labels };
    }
    defaultTemplate(spec.template);
  },
  validate({ spec = {} }, faults) {
    const { selector, ...rest } = spec;
    validateWorkload({ ...rest, ...(selector ? { selector: { matchLabels: selector } } : {}) }, faults);
    notNegative(spec.replicas, 'spec.replicas', faults);
  },
};

export const podTemplateRules: KindRules<PodTemplate> = {
  defaults: ({ template }) => defaultTemplate(template),
  validate: ({ template }, faults) => validatePodSpec(template?.spec ?? {}, 'template.spec', faults),
};
