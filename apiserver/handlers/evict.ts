import type { Eviction, Pod } from '../../openapi/generated/types.ts';
import type { ApiResponse } from '../../platform/api-transport.ts';
import { errors, success } from '../errors.ts';
import { deleteObject } from '../registry/delete-object.ts';
import { spendBudget } from '../registry/disruption-budget.ts';
import { statusAnswer } from '../respond/answer.ts';
import { readObject } from './request-body.ts';
import { type ResourceRequest, representationOf, writeOptions } from './resource-request.ts';

const EVICTION = { kind: 'Eviction', apiVersion: 'policy/v1', message: 'policy.v1.Eviction' } as const;

/** POST of a pod's `eviction`: a delete that a disruption budget may refuse. */
export async function evict(request: ResourceRequest): Promise<ApiResponse> {
  const { store, context, info } = request;
  const representation = representationOf(request);
  const eviction = readObject(request, EVICTION) as unknown as Eviction;
  if (eviction.metadata.name && eviction.metadata.name !== info.name) {
    throw errors.badRequest(
      `name in URL does not match name in Eviction object: ${info.name} != ${eviction.metadata.name}`,
    );
  }
  const options = eviction.deleteOptions ?? {};
  const write = writeOptions(request, options.dryRun);
  await spendBudget(context, store.require(info.namespace, info.name).object as unknown as Pod, write);
  await deleteObject(context, store, info.namespace, info.name, options, write);
  return statusAnswer(success(201), representation);
}
