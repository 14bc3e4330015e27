import type { ApiResponse } from '../../platform/api-transport.ts';
import type { KubeObject } from '../cache/stored-object.ts';
import { errors } from '../errors.ts';
import { createObject } from '../registry/create-object.ts';
import { updateObject } from '../registry/update-object.ts';
import { objectAnswer } from '../respond/object-answer.ts';
import { placeInNamespace } from './create.ts';
import { readObject } from './request-body.ts';
import { type ResourceRequest, representationOf, tableContext, writeOptions } from './resource-request.ts';

/** PUT of an object, or of its status or another part that has the same kind. */
export async function update(request: ResourceRequest): Promise<ApiResponse> {
  const { store, context, info } = request;
  const representation = representationOf(request);
  const object = readObject(request, store.expected);
  placeInNamespace(request, object);
  checkName(request, object);
  const options = writeOptions(request);
  if (isUpsert(request)) {
    const created = await createObject(context, store, object, options);
    return objectAnswer(201, store, created, representation, tableContext(request));
  }
  const change = {
    namespace: info.namespace,
    name: info.name,
    subresource: info.subresource,
    apply: () => structuredClone(object),
  };
  const stored = await updateObject(context, store, change, options);
  return objectAnswer(200, store, stored, representation, tableContext(request));
}

function checkName({ info }: ResourceRequest, { metadata }: KubeObject): void {
  if (metadata.name && metadata.name !== info.name) {
    throw errors.badRequest(
      `the name of the object (${metadata.name}) does not match the name on the URL (${info.name})`,
    );
  }
  metadata.name = info.name;
}

/** Some kinds are made by PUT when they are not there. */
function isUpsert({ store, info }: ResourceRequest): boolean {
  const absent = store.cache.get(info.namespace, info.name) === undefined;
  return absent && store.strategy.allowCreateOnUpdate && info.subresource === '';
}
