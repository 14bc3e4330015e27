import type { ApiResponse } from '../../platform/api-transport.ts';
import type { KubeObject } from '../cache/stored-object.ts';
import { errors } from '../errors.ts';
import { createObject } from '../registry/create-object.ts';
import { objectAnswer } from '../respond/object-answer.ts';
import { readObject } from './request-body.ts';
import { type ResourceRequest, representationOf, tableContext, writeOptions } from './resource-request.ts';

export async function create(request: ResourceRequest): Promise<ApiResponse> {
  const { store, context } = request;
  const representation = representationOf(request);
  const object = readObject(request, store.expected);
  placeInNamespace(request, object);
  const stored = await createObject(context, store, object, writeOptions(request));
  return objectAnswer(201, store, stored, representation, tableContext(request));
}

/** The path's namespace is the object's, unless the object says otherwise, which is an error. */
export function placeInNamespace({ info, store }: ResourceRequest, object: KubeObject): void {
  const { metadata } = object;
  if (!store.definition.namespaced) {
    if (metadata.namespace === '') delete metadata.namespace;
    return;
  }
  if (info.namespace === '') throw errors.badRequest('an empty namespace may not be set during creation');
  if (metadata.namespace && metadata.namespace !== info.namespace) {
    throw errors.badRequest(
      'the namespace of the provided object does not match the namespace sent on the request',
    );
  }
  metadata.namespace = info.namespace;
}
