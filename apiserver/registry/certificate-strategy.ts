import type {
  CertificateSigningRequest,
  CertificateSigningRequestCondition,
} from '../../openapi/generated/types.ts';
import { copyField, type StrategyOverrides } from './strategy.ts';

const DECISIONS = new Set(['Approved', 'Denied']);

/**
 * Whoever signs writes the status, whoever decides writes the approval: neither does the other's part (k8s
 * pkg/registry/certificates/certificates/strategy.go).
 */
export const certificateStrategy: StrategyOverrides = {
  selectableFields: ['spec.signerName'],
  fieldsOf: (object) => ({
    'spec.signerName': (object as unknown as CertificateSigningRequest).spec?.signerName ?? '',
  }),
  prepareForStatusUpdate(object, previous) {
    copyField('spec', previous, object);
    mergeConditions(object, previous, (condition) => !DECISIONS.has(condition.type ?? ''));
  },
  prepareForApproval(object, previous) {
    copyField('spec', previous, object);
    const { conditions } = (object as unknown as CertificateSigningRequest).status ?? {};
    copyField('status', previous, object);
    (object as unknown as CertificateSigningRequest).status = {
      ...(previous as unknown as CertificateSigningRequest).status,
      ...(conditions ? { conditions } : {}),
    };
    mergeConditions(object, previous, (condition) => DECISIONS.has(condition.type ?? ''));
  },
};

/** Of the new object's conditions only those that the writer may set; the others stay as they were. */
function mergeConditions(
  object: object,
  previous: object,
  isWritable: (condition: CertificateSigningRequestCondition) => boolean,
): void {
  const status = ((object as CertificateSigningRequest).status ??= {});
  const kept = (previous as CertificateSigningRequest).status?.conditions ?? [];
  const conditions = [
    ...kept.filter((condition) => !isWritable(condition)),
    ...(status.conditions ?? []).filter(isWritable),
  ];
  if (conditions.length > 0) status.conditions = conditions;
}
