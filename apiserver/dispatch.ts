import type { ApiResponse } from '../platform/api-transport.ts';
import { impersonate } from './authentication/impersonation.ts';
import type { UserInfo } from './authentication/user-info.ts';
import type { Verdict } from './authorization/authorizer.ts';
import type { UserRequest } from './create-api-server.ts';
import { errors, type Status, StatusError } from './errors.ts';
import { handlerOf } from './handlers/handlers.ts';
import { answerPath } from './handlers/paths.ts';
import { parseRequestInfo, type RequestInfo, type ResourceInfo } from './request-info.ts';
import { statusAnswer, withWarnings } from './respond/answer.ts';
import { negotiateFailure } from './respond/negotiate.ts';
import type { ServerContext } from './server-context.ts';

/** From a request to its answer. Every failure becomes a Status; what is not ours becomes 500 and is logged. */
export async function dispatch(context: ServerContext, request: UserRequest): Promise<ApiResponse> {
  const received = context.clock.now();
  let info: RequestInfo | undefined;
  let user: UserInfo | undefined;
  let verdict: Verdict | undefined;
  let failure: Status | undefined;
  let response: ApiResponse;
  try {
    info = requestInfo(request);
    user = effectiveUser(context, request);
    verdict = authorize(context, info, user);
    if (!verdict.allowed) throw forbidden(info, user);
    response = await answer(context, info, user === request.user ? request : asUser(request, user));
  } catch (error) {
    failure = asStatusError(context, request, error).status;
    response = statusAnswer(failure, negotiateFailure(request.headers.accept));
  }
  const answered = context.clock.now();
  context.metrics.answered(info, response.status, answered - received);
  context.audit?.write({
    request,
    info,
    impersonated: user === request.user ? undefined : user,
    verdict,
    received,
    answered,
    code: response.status,
    failure,
  });
  return response;
}

function asUser(request: UserRequest, user: UserInfo): UserRequest {
  const { method, url, headers, body, signal } = request;
  return { method, url, headers, user, ...(body ? { body } : {}), ...(signal ? { signal } : {}) };
}

function effectiveUser({ authorize }: ServerContext, { user, impersonation }: UserRequest): UserInfo {
  return impersonation ? impersonate(user, impersonation, authorize) : user;
}

function requestInfo({ method, url }: UserRequest): RequestInfo {
  try {
    return parseRequestInfo(method, url);
  } catch {
    throw errors.badRequest('the path of the request is not valid');
  }
}

function asStatusError(context: ServerContext, request: UserRequest, error: unknown): StatusError {
  if (error instanceof StatusError) return error;
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  context.logger.error({ method: request.method, url: request.url, error: text }, 'a request failed');
  return errors.internal(error instanceof Error ? error.message : String(error));
}

function authorize(context: ServerContext, info: RequestInfo, user: UserInfo): Verdict {
  const { path, query } = info;
  const fieldSelector = query.get('fieldSelector') ?? '';
  const resource = info.resource && named(info.resource, fieldSelector);
  return context.authorize({ user, verb: verbOf(info), resource, path, fieldSelector });
}

/** A list or watch of one name is about that object: a role for it alone is enough. */
function named(resource: ResourceInfo, fieldSelector: string): ResourceInfo {
  if (resource.name !== '' || fieldSelector === '') return resource;
  const name = /^metadata\.name==?([^,=!]+)$/.exec(fieldSelector)?.[1];
  return name === undefined ? resource : { ...resource, name };
}

function verbOf({ resource, method }: RequestInfo): string {
  return resource ? resource.verb : method.toLowerCase();
}

function forbidden(info: RequestInfo, user: UserInfo): StatusError {
  const { resource, path } = info;
  const verb = verbOf(info);
  if (resource) return errors.forbidden(resource, resource.name, why(user.name, verb, resource));
  return errors.forbiddenPath(
    `forbidden: User ${JSON.stringify(user.name)} cannot ${verb} path ${JSON.stringify(path)}`,
  );
}

function why(user: string, verb: string, { group, resource, subresource, namespace }: ResourceInfo): string {
  const what = subresource === '' ? resource : `${resource}/${subresource}`;
  const where = namespace === '' ? 'at the cluster scope' : `in the namespace "${namespace}"`;
  return `User "${user}" cannot ${verb} resource "${what}" in API group "${group}" ${where}`;
}

async function answer(context: ServerContext, info: RequestInfo, request: UserRequest): Promise<ApiResponse> {
  const { resource } = info;
  // Another server's writes are there for whoever asks after them; who names a revision says what is new enough.
  // Definitions decide what is served at all, so this comes before anything is looked up.
  const behind = showsObjects(info) ? context.registry.catchUp() : undefined;
  if (behind) await behind;
  if (!resource) return answerPath(context, info, request);
  const store = context.registry.find(resource.group, resource.version, resource.resource);
  if (!store) throw errors.noSuchPath();
  const subresource = store.definition.subresources.find(({ name }) => name === resource.subresource);
  if (resource.subresource !== '' && !subresource) throw errors.noSuchPath();
  checkShape(resource, store.definition.namespaced);
  const warnings: string[] = [];
  const response = await handlerOf(
    store.definition,
    resource.verb,
    resource.subresource,
  )({
    context,
    store,
    subresource,
    info: resource,
    query: info.query,
    request,
    user: request.user,
    warnings,
  });
  return withWarnings(response, [...store.kind.warnings, ...warnings]);
}

/** Whether an answer depends on what is stored: health and metrics do not. */
function showsObjects({ resource, path, query }: RequestInfo): boolean {
  if (resource) return !query.get('resourceVersion');
  return path.startsWith('/apis') || path.startsWith('/openapi');
}

/** A path that names one object of a namespaced kind needs the namespace; other kinds have none. */
function checkShape({ namespace, name, verb }: ResourceInfo, namespaced: boolean): void {
  if (!namespaced && namespace !== '') throw errors.noSuchPath();
  if (namespaced && namespace === '' && name !== '') throw errors.noSuchPath();
  if (verb === 'create' && namespaced && namespace === '') throw errors.methodNotAllowed('POST');
  if ((verb === 'update' || verb === 'patch') && name === '') throw errors.methodNotAllowed(verb);
}
