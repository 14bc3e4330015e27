import type { ValidatingAdmissionPolicy, ValidatingAdmissionPolicyBinding } from '../generated/types.ts';
import type { KindRules } from './kind-rules.ts';
import { oneOf } from './pod-validation.ts';

export const validatingAdmissionPolicyRules: KindRules<ValidatingAdmissionPolicy> = {
  defaults(policy) {
    const spec = (policy.spec ??= {});
    spec.failurePolicy ??= 'Fail';
    if (spec.matchConstraints) spec.matchConstraints.matchPolicy ??= 'Equivalent';
    if (spec.matchConstraints) spec.matchConstraints.namespaceSelector ??= {};
    if (spec.matchConstraints) spec.matchConstraints.objectSelector ??= {};
    for (const rule of spec.matchConstraints?.resourceRules ?? []) rule.scope ??= '*';
  },
  validate({ spec = {} }, faults) {
    if (!spec.matchConstraints) faults.required('spec.matchConstraints');
    if (!spec.validations?.length && !spec.auditAnnotations?.length) {
      faults.required('spec.validations', 'validations or auditAnnotations must be set');
    }
    for (const [index, { expression }] of (spec.validations ?? []).entries()) {
      if (!expression?.trim())
        faults.required(`spec.validations[${index}].expression`, 'expression is not specified');
    }
    oneOf(spec.failurePolicy, ['Fail', 'Ignore'], 'spec.failurePolicy', faults);
  },
};

export const validatingAdmissionPolicyBindingRules: KindRules<ValidatingAdmissionPolicyBinding> = {
  validate({ spec = {} }, faults) {
    if (!spec.policyName) faults.required('spec.policyName');
    if (!spec.validationActions?.length) faults.required('spec.validationActions');
    for (const action of spec.validationActions ?? []) {
      oneOf(action, ['Audit', 'Deny', 'Warn'], 'spec.validationActions', faults);
    }
  },
};
