import type { ApiResponse } from '../../platform/api-transport.ts';
import type { KubeObject } from '../cache/stored-object.ts';
import { readObject } from '../handlers/request-body.ts';
import { type ResourceRequest, representationOf } from '../handlers/resource-request.ts';
import { plainAnswer } from '../respond/answer.ts';

/** Reads a review, and answers it with what a decision puts into its status. */
export async function answerReview<T>(
  request: ResourceRequest,
  decide: (review: T) => object | Promise<object>,
): Promise<ApiResponse> {
  const { store } = request;
  const representation = representationOf(request);
  const { kind, message } = store.definition;
  const review = readObject(request, { kind, apiVersion: store.apiVersion, message });
  const status = await decide(review as unknown as T);
  const answer: KubeObject = { ...review, metadata: { ...review.metadata }, status };
  return plainAnswer(201, message, answer, representation);
}
