import type { Faults } from '../../faults.ts';
import type { CustomResourceDefinition, CustomResourceDefinitionCondition } from '../../generated/types.ts';

const ANNOTATION = 'api-approved.kubernetes.io';
const FIELD = `metadata.annotations[${ANNOTATION}]`;

function isProtected(group: string): boolean {
  return /(?:^|\.)(?:k8s|kubernetes)\.io$/.test(group);
}

/** Groups of the Kubernetes community need its approval (k8s apihelpers/helpers.go, GetAPIApprovalState). */
export function approvalFaults({ metadata, spec }: CustomResourceDefinition, faults: Faults): void {
  if (!isProtected(spec?.group ?? '')) return;
  const approval = metadata.annotations?.[ANNOTATION] ?? '';
  if (approval === '') {
    faults.required(
      FIELD,
      `protected groups must have approval annotation "${ANNOTATION}", see https://github.com/kubernetes/enhancements/pull/1111`,
    );
  } else if (!approval.startsWith('unapproved') && !isAbsoluteUrl(approval)) {
    faults.invalid(
      FIELD,
      approval,
      `protected groups must have approval annotation "${ANNOTATION}" with either a URL or a reason starting with "unapproved", see https://github.com/kubernetes/enhancements/pull/1111`,
    );
  }
}

/** What a definition's status says of its approval; undefined where none is needed. */
export function approvalCondition({
  metadata,
  spec,
}: CustomResourceDefinition): CustomResourceDefinitionCondition | undefined {
  if (!isProtected(spec?.group ?? '')) return undefined;
  const approval = metadata.annotations?.[ANNOTATION] ?? '';
  const isApproved = isAbsoluteUrl(approval);
  return {
    type: 'KubernetesAPIApprovalPolicyConformant',
    status: isApproved ? 'True' : 'False',
    reason: isApproved ? 'ApprovedAnnotation' : 'UnapprovedAnnotation',
    message: isApproved ? `approved in ${approval}` : `not approved: "${approval}"`,
  };
}

function isAbsoluteUrl(text: string): boolean {
  return URL.canParse(text) && new URL(text).host !== '';
}
