import type { JsonObject } from '../../openapi/decode-json.ts';
import type { ApiResponse } from '../../platform/api-transport.ts';
import type { KubeObject, StoredObject } from '../cache/stored-object.ts';
import { errors, type StatusError } from '../errors.ts';
import { type Patcher, patcherOf } from '../patch/patcher.ts';
import { updateObject } from '../registry/update-object.ts';
import { objectAnswer } from '../respond/object-answer.ts';
import { APPLY_TYPE, apply } from './apply.ts';
import { conform, mediaType } from './request-body.ts';
import { type ResourceRequest, representationOf, tableContext, writeOptions } from './resource-request.ts';

/** PATCH of an object, or of its status or another part that has the same kind. */
export async function patch(request: ResourceRequest): Promise<ApiResponse> {
  if (mediaType(request) === APPLY_TYPE) return apply(request);
  if (request.query.has('force')) throw forceForbidden();
  const { store, context, info } = request;
  const representation = representationOf(request);
  const patcher = patcherFor(request, store.kind.read ? undefined : store.definition.message);
  const change = {
    namespace: info.namespace,
    name: info.name,
    subresource: info.subresource,
    apply: (current: StoredObject) => patched(request, current, patcher),
  };
  const stored = await updateObject(context, store, change, writeOptions(request));
  return objectAnswer(200, store, stored, representation, tableContext(request));
}

function forceForbidden(): StatusError {
  return errors.invalid({ group: 'meta.k8s.io', kind: 'PatchOptions' }, '', [
    {
      field: 'force',
      reason: 'FieldValueForbidden',
      message: 'Forbidden: may not be specified for non-apply patch',
    },
  ]);
}

/** The patch of a request's body, for one message or for what the field table does not have. */
export function patcherFor(request: ResourceRequest, message: string | undefined): Patcher {
  return patcherOf(mediaType(request), request.request.body ?? new Uint8Array(), message);
}

function patched(request: ResourceRequest, current: StoredObject, patcher: Patcher): KubeObject {
  const { store } = request;
  const { kind } = store.definition;
  const copy = current.copy();
  // What a patch does not speak of need not be copied, checked and compared.
  if (!speaksOfOwners(request)) delete copy.metadata.managedFields;
  const result = patcher(copy as JsonObject);
  if (result.kind !== kind || result.apiVersion !== store.apiVersion) {
    throw errors.badRequest("a patch may not change an object's kind or apiVersion");
  }
  request.warnings.length = 0;
  return conform(request, result, store.expected);
}

function speaksOfOwners({ request: { body } }: ResourceRequest): boolean {
  return (
    body !== undefined && Buffer.from(body.buffer, body.byteOffset, body.length).includes('managedFields')
  );
}
