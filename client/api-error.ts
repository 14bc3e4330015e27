/** The body of a failed request: Kubernetes' Status. */
export interface ApiStatus {
  readonly kind?: 'Status';
  readonly status?: string;
  readonly message?: string;
  readonly reason?: string;
  readonly code?: number;
  readonly details?: {
    readonly name?: string;
    readonly kind?: string;
    readonly causes?: readonly {
      readonly reason?: string;
      readonly message?: string;
      readonly field?: string;
    }[];
    readonly retryAfterSeconds?: number;
  };
}

/** A request that the API server answered with a failure. Ask about it with the predicates below. */
export class ApiError extends Error {
  readonly status: ApiStatus;
  readonly code: number;

  constructor(code: number, status: ApiStatus) {
    super(status.message ?? `the API server answered ${code}`);
    this.name = 'ApiError';
    this.code = code;
    this.status = status;
  }
}

const hasReason =
  (...reasons: readonly string[]) =>
  (error: unknown): error is ApiError =>
    error instanceof ApiError && error.status.reason !== undefined && reasons.includes(error.status.reason);

export const isNotFound = hasReason('NotFound');
export const isConflict = hasReason('Conflict');
export const isAlreadyExists = hasReason('AlreadyExists');

/** The watch's or list's place in history is gone: list again. */
export const isExpired = hasReason('Expired', 'Gone');
