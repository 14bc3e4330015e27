import type { ApiResponse } from '../../platform/api-transport.ts';
import { objectAnswer } from '../respond/object-answer.ts';
import { type ResourceRequest, representationOf, tableContext } from './resource-request.ts';
import { awaitRevision } from './resource-version.ts';

export async function getObject(request: ResourceRequest): Promise<ApiResponse> {
  const { store, info, query } = request;
  if (query.has('resourceVersion')) await awaitRevision(request);
  const object = store.require(info.namespace, info.name);
  return objectAnswer(200, store, object, representationOf(request), tableContext(request));
}
