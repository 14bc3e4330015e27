import type { ApiResponse } from '../../platform/api-transport.ts';
import { type Status, StatusError } from '../errors.ts';
import { type Deletion, deleteObject } from '../registry/delete-object.ts';
import type { ResourceStore } from '../registry/resource-store.ts';
import { statusAnswer } from '../respond/answer.ts';
import type { Representation } from '../respond/negotiate.ts';
import { listAnswer, objectAnswer } from '../respond/object-answer.ts';
import { readDeleteOptions } from './delete-options.ts';
import { type ResourceRequest, representationOf, tableContext, writeOptions } from './resource-request.ts';
import { selected, selectionOf } from './selection.ts';

/** DELETE of one object: a Status when it is gone, the object while it is going. */
export async function remove(request: ResourceRequest): Promise<ApiResponse> {
  const { store, context, info } = request;
  const representation = representationOf(request);
  const options = readDeleteOptions(request);
  const deletion = await deleteObject(
    context,
    store,
    info.namespace,
    info.name,
    options,
    writeOptions(request, options.dryRun),
  );
  return deletionAnswer(request, deletion, representation);
}

/** Pods and Services answer with the last object, as Kubernetes' stores of these kinds do. */
const RETURNS_OBJECT = new Set(['pods', 'services', 'serviceaccounts']);

function deletionAnswer(
  request: ResourceRequest,
  { gone, object }: Deletion,
  representation: Representation,
): ApiResponse {
  const { store } = request;
  if (!gone || RETURNS_OBJECT.has(store.definition.resource)) {
    return objectAnswer(200, store, object, representation, tableContext(request));
  }
  return statusAnswer(deletedStatus(store, object.name, object.object.metadata.uid ?? ''), representation);
}

function deletedStatus({ definition }: ResourceStore, name: string, uid: string): Status {
  const { group, resource } = definition;
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: { name, ...(group === '' ? {} : { group }), kind: resource, uid },
  };
}

/** DELETE of a collection: every selected object, one by one; one that goes meanwhile is no error. */
export async function removeCollection(request: ResourceRequest): Promise<ApiResponse> {
  const { store, context } = request;
  const representation = representationOf(request);
  const options = readDeleteOptions(request);
  const write = writeOptions(request, options.dryRun);
  const scope = selectionOf(request);
  const objects = selected(store.cache.list(scope.namespace), scope);
  for (const { namespace, name } of objects) {
    try {
      await deleteObject(context, store, namespace, name, options, write);
    } catch (error) {
      if (!(error instanceof StatusError && error.code === 404)) throw error;
    }
  }
  const meta = { resourceVersion: String(context.registry.revision) };
  return listAnswer(store, objects, meta, representation, tableContext(request));
}
