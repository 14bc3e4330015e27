import type { TokenReview } from '../../openapi/generated/types.ts';
import type { ApiResponse } from '../../platform/api-transport.ts';
import type { UserInfo } from '../authentication/user-info.ts';
import { errors } from '../errors.ts';
import { readObject } from '../handlers/request-body.ts';
import { type ResourceRequest, representationOf } from '../handlers/resource-request.ts';
import { timestamp } from '../registry/timestamp.ts';
import { plainAnswer } from '../respond/answer.ts';
import { answerReview } from './review-answer.ts';

/** Who am I? */
export function selfSubjectReview(request: ResourceRequest): ApiResponse {
  const { store, context, user } = request;
  const representation = representationOf(request);
  const { kind, message } = store.definition;
  readObject(request, { kind, apiVersion: store.apiVersion, message });
  const review = {
    kind,
    apiVersion: store.apiVersion,
    metadata: { creationTimestamp: timestamp(context.clock) },
    status: { userInfo: userInfoOf(user) },
  };
  return plainAnswer(201, message, review, representation);
}

/** Who has this token? */
export function tokenReview(request: ResourceRequest): Promise<ApiResponse> {
  const { context } = request;
  return answerReview<TokenReview>(request, async ({ spec }) => {
    const { token = '', audiences } = spec ?? {};
    if (token === '') throw errors.badRequest('token is required for TokenReview in authentication');
    const found = await context.authenticator.fromToken(token, audiences?.length ? audiences : undefined);
    if (!found) return { user: {}, error: 'invalid bearer token' };
    return { authenticated: true, user: userInfoOf(found.user), audiences: found.audiences };
  });
}

/** A user as the authentication API writes one. */
export function userInfoOf({ name, uid, groups, extra }: UserInfo): object {
  return {
    username: name,
    ...(uid ? { uid } : {}),
    groups,
    ...(extra ? { extra } : {}),
  };
}
