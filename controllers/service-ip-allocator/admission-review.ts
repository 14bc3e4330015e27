import type { Service } from '../../openapi/generated/types.ts';
import { allocateService, type Ledgers } from './allocate-service.ts';
import type { AllocationFault } from './allocation.ts';

/** The parts of admission.k8s.io/v1 that an in-line allocator reads. */
export interface AdmissionReview {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly request?: {
    readonly uid: string;
    readonly operation: string;
    readonly namespace?: string;
    readonly name?: string;
    readonly dryRun?: boolean;
    readonly object?: unknown;
    readonly oldObject?: unknown;
  };
}

/** Answers a review of a Service with the JSON patch that completes it, or with the reason it cannot be had. */
export async function reviewService(review: AdmissionReview, ledgers: Ledgers): Promise<object> {
  const { request } = review;
  if (!request) throw new Error('the AdmissionReview has no request');
  const service = request.object as Service;
  const named = {
    ...service,
    metadata: {
      ...service.metadata,
      namespace: service.metadata.namespace ?? request.namespace,
      name: service.metadata.name ?? request.name,
    },
  };
  const previous = (request.oldObject ?? undefined) as Service | undefined;
  const allocation = await allocateService(named, previous, ledgers, request.dryRun ?? false);
  if (allocation.kind === 'refused') return answer(request.uid, refusal(named, allocation.fault));
  const patch = [
    { op: service.spec === undefined ? 'add' : 'replace', path: '/spec', value: allocation.spec },
  ];
  return answer(request.uid, {
    allowed: true,
    patchType: 'JSONPatch',
    patch: Buffer.from(JSON.stringify(patch)).toString('base64'),
  });
}

function answer(uid: string, response: object): object {
  return { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response: { uid, ...response } };
}

function refusal({ metadata }: Service, { field, value, message }: AllocationFault): object {
  const cause = `Invalid value: ${JSON.stringify(value)}: ${message}`;
  return {
    allowed: false,
    status: {
      status: 'Failure',
      code: 422,
      reason: 'Invalid',
      message: `Service "${metadata.name}" is invalid: ${field}: ${cause}`,
      details: {
        name: metadata.name,
        kind: 'Service',
        causes: [{ reason: 'FieldValueInvalid', message: cause, field }],
      },
    },
  };
}
