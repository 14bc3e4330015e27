import type { WebhookClientConfig } from '../../openapi/generated/types.ts';

/** admission.k8s.io/v1 AdmissionReview, as it is sent. */
export interface AdmissionReviewRequest {
  readonly apiVersion: 'admission.k8s.io/v1';
  readonly kind: 'AdmissionReview';
  readonly request: {
    readonly uid: string;
    readonly kind: { readonly group: string; readonly version: string; readonly kind: string };
    readonly resource: { readonly group: string; readonly version: string; readonly resource: string };
    readonly subResource?: string;
    readonly requestKind: { readonly group: string; readonly version: string; readonly kind: string };
    readonly requestResource: { readonly group: string; readonly version: string; readonly resource: string };
    readonly name?: string;
    readonly namespace?: string;
    readonly operation: string;
    readonly userInfo: {
      readonly username: string;
      readonly groups: readonly string[];
      readonly uid?: string;
    };
    readonly object: unknown;
    readonly oldObject: unknown;
    readonly dryRun: boolean;
    readonly options: unknown;
  };
}

/** What a webhook answers; nothing of it is to be trusted. */
export interface AdmissionReviewAnswer {
  readonly response?: {
    readonly uid?: string;
    readonly allowed?: boolean;
    readonly patchType?: string;
    /** Base64 of a JSON patch. */
    readonly patch?: string;
    readonly status?: {
      readonly code?: number;
      readonly reason?: string;
      readonly message?: string;
      readonly details?: object;
    };
    readonly warnings?: readonly string[];
  };
}

/** Sends a review to a webhook. Rejects when there is no answer in time, or none that is JSON. */
export type WebhookCaller = (
  clientConfig: WebhookClientConfig,
  review: AdmissionReviewRequest,
  timeoutMs: number,
) => Promise<AdmissionReviewAnswer>;
