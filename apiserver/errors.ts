import type { Fault } from '../openapi/faults.ts';

export interface StatusCause {
  readonly reason?: string;
  readonly message?: string;
  readonly field?: string;
}

export interface StatusDetails {
  readonly name?: string;
  readonly group?: string;
  readonly kind?: string;
  readonly uid?: string;
  readonly causes?: readonly StatusCause[];
  readonly retryAfterSeconds?: number;
}

/** metav1.Status, the body of every answer that is a failure. */
export interface Status {
  readonly kind: 'Status';
  readonly apiVersion: 'v1';
  readonly metadata: Readonly<Record<string, never>>;
  readonly status: 'Failure' | 'Success';
  readonly message?: string;
  readonly reason?: string;
  readonly details?: StatusDetails;
  readonly code?: number;
}

/** Thrown by handlers; becomes the answer. */
export class StatusError extends Error {
  readonly status: Status;
  readonly code: number;

  constructor(code: number, reason: string, message: string, details?: StatusDetails) {
    super(message);
    this.name = 'StatusError';
    this.code = code;
    this.status = failure(code, reason, message, details);
  }
}

export function failure(code: number, reason: string, message: string, details?: StatusDetails): Status {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    reason,
    ...(details ? { details } : {}),
    code,
  };
}

export function success(code: number): Status {
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code };
}

/** A group and a plural; messages name it `pods` or `deployments.apps`. */
interface GroupResource {
  readonly group: string;
  readonly resource: string;
}

const qualified = ({ group, resource }: GroupResource): string =>
  group === '' ? resource : `${resource}.${group}`;

/** Kubernetes fills details.kind with the plural here. */
const detailsOf = ({ group, resource }: GroupResource, name: string): StatusDetails => ({
  name,
  ...(group === '' ? {} : { group }),
  kind: resource,
});

/** Every failure the API server answers with, in Kubernetes' own words (k8s apimachinery/pkg/api/errors). */
export const errors = {
  badRequest: (message: string) => new StatusError(400, 'BadRequest', message),
  unauthorized: () => new StatusError(401, 'Unauthorized', 'Unauthorized'),
  forbidden: (resource: GroupResource, name: string, why: string) =>
    new StatusError(
      403,
      'Forbidden',
      `${qualified(resource)} ${name === '' ? '' : `"${name}" `}is forbidden: ${why}`,
      detailsOf(resource, name),
    ),
  namespaceTerminating: (resource: GroupResource, name: string, namespace: string, why: string) =>
    new StatusError(403, 'Forbidden', errors.forbidden(resource, name, why).message, {
      ...detailsOf(resource, name),
      causes: [
        {
          reason: 'NamespaceTerminating',
          message: `namespace ${namespace} is being terminated`,
          field: 'metadata.namespace',
        },
      ],
    }),
  forbiddenPath: (message: string) => new StatusError(403, 'Forbidden', message, {}),
  notFound: (resource: GroupResource, name: string) =>
    new StatusError(404, 'NotFound', `${qualified(resource)} "${name}" not found`, detailsOf(resource, name)),
  noSuchPath: () => new StatusError(404, 'NotFound', 'the server could not find the requested resource', {}),
  methodNotAllowed: (what: string) =>
    new StatusError(
      405,
      'MethodNotAllowed',
      `the server does not allow this method on the requested resource: ${what}`,
    ),
  definitionTerminating: () =>
    new StatusError(
      405,
      'MethodNotAllowed',
      'create not allowed while custom resource definition is terminating',
    ),
  notAcceptable: (allowed: readonly string[]) =>
    new StatusError(
      406,
      'NotAcceptable',
      `only the following media types are accepted: ${allowed.join(', ')}`,
    ),
  alreadyExists: (resource: GroupResource, name: string) =>
    new StatusError(
      409,
      'AlreadyExists',
      `${qualified(resource)} "${name}" already exists`,
      detailsOf(resource, name),
    ),
  conflict: (resource: GroupResource, name: string, why: string) =>
    new StatusError(
      409,
      'Conflict',
      `Operation cannot be fulfilled on ${qualified(resource)} "${name}": ${why}`,
      detailsOf(resource, name),
    ),
  /** The object changed between the client's read and this write. */
  modified: (resource: GroupResource, name: string) =>
    errors.conflict(
      resource,
      name,
      'the object has been modified; please apply your changes to the latest version and try again',
    ),
  applyConflict: (message: string, causes: readonly StatusCause[]) =>
    new StatusError(409, 'Conflict', message, { causes }),
  expired: (message: string) => new StatusError(410, 'Expired', message),
  tooLarge: (limit: number) =>
    new StatusError(413, 'RequestEntityTooLarge', `Request entity too large: limit is ${limit}`),
  unsupportedMediaType: (allowed: readonly string[]) =>
    new StatusError(
      415,
      'UnsupportedMediaType',
      `the body of the request was in an unknown format - accepted media types include: ${allowed.join(', ')}`,
    ),
  invalid: (kind: { group: string; kind: string }, name: string, faults: readonly Fault[]) => {
    const causes = faults.map(({ reason, message, field }) => ({ reason, message, field }));
    const texts = faults.map(({ field, message }) => `${field}: ${message}`);
    const list = texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`;
    const qualifiedKind = kind.group === '' ? kind.kind : `${kind.kind}.${kind.group}`;
    return new StatusError(422, 'Invalid', `${qualifiedKind} "${name}" is invalid: ${list}`, {
      name,
      ...(kind.group === '' ? {} : { group: kind.group }),
      kind: kind.kind,
      causes,
    });
  },
  tooManyRequests: (message: string, retryAfterSeconds: number) =>
    new StatusError(429, 'TooManyRequests', message, { retryAfterSeconds }),
  internal: (message: string) =>
    new StatusError(500, 'InternalError', `Internal error occurred: ${message}`, { causes: [{ message }] }),
  serviceUnavailable: (message: string) => new StatusError(503, 'ServiceUnavailable', message),
  timeout: (message: string) => new StatusError(504, 'Timeout', message),
  tooLargeResourceVersion: (wanted: number, current: number) =>
    new StatusError(504, 'Timeout', `Too large resource version: ${wanted}, current: ${current}`, {
      causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
      retryAfterSeconds: 1,
    }),
} as const;
