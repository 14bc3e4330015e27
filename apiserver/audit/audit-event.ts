import { randomUUID } from 'node:crypto';
import type { UserInfo } from '../authentication/user-info.ts';
import type { Verdict } from '../authorization/authorizer.ts';
import type { UserRequest } from '../create-api-server.ts';
import type { Status } from '../errors.ts';
import type { RequestInfo } from '../request-info.ts';
import { userInfoOf } from '../reviews/identity-reviews.ts';

/** One request, as it is known when its answer begins. */
export interface AuditedRequest {
  readonly request: UserRequest;
  /** Undefined: the path could not be read. */
  readonly info: RequestInfo | undefined;
  /** Whom the request was made as, if that is somebody else. */
  readonly impersonated: UserInfo | undefined;
  readonly verdict: Verdict | undefined;
  /** Milliseconds. */
  readonly received: number;
  readonly answered: number;
  readonly code: number;
  readonly failure: Status | undefined;
}

/** An event of the audit.k8s.io/v1 API at level Metadata: who did what to which object, and what came of it. */
export function auditEvent(audited: AuditedRequest): object {
  const { request, info, impersonated, verdict, code, failure } = audited;
  const { user, headers } = request;
  const verb = info?.resource ? info.resource.verb : request.method.toLowerCase();
  return {
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'Metadata',
    auditID: randomUUID(),
    stage: verb === 'watch' && !failure ? 'ResponseStarted' : 'ResponseComplete',
    requestURI: request.url,
    verb,
    user: userInfoOf(user),
    ...(impersonated ? { impersonatedUser: userInfoOf(impersonated) } : {}),
    ...(request.source === undefined ? {} : { sourceIPs: [request.source] }),
    ...(headers['user-agent'] === undefined ? {} : { userAgent: headers['user-agent'] }),
    ...objectRef(info),
    responseStatus: {
      metadata: {},
      ...(failure ? { status: 'Failure', message: failure.message, reason: failure.reason } : {}),
      code,
    },
    requestReceivedTimestamp: microTime(audited.received),
    stageTimestamp: microTime(audited.answered),
    ...(verdict ? { annotations: annotationsOf(verdict) } : {}),
  };
}

function objectRef(info: RequestInfo | undefined): object {
  if (!info?.resource) return {};
  const { group, version, resource, subresource, namespace, name } = info.resource;
  return {
    objectRef: {
      resource,
      ...(namespace === '' ? {} : { namespace }),
      ...(name === '' ? {} : { name }),
      ...(group === '' ? {} : { apiGroup: group }),
      apiVersion: version,
      ...(subresource === '' ? {} : { subresource }),
    },
  };
}

function annotationsOf({ allowed, reason }: Verdict): object {
  return {
    'authorization.k8s.io/decision': allowed ? 'allow' : 'forbid',
    'authorization.k8s.io/reason': reason,
  };
}

function microTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace('Z', '000Z');
}
