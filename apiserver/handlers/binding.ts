import type { Binding, Pod } from '../../openapi/generated/types.ts';
import type { ApiResponse } from '../../platform/api-transport.ts';
import type { KubeObject, StoredObject } from '../cache/stored-object.ts';
import { errors, success } from '../errors.ts';
import { timestamp } from '../registry/timestamp.ts';
import { updateObject } from '../registry/update-object.ts';
import { statusAnswer } from '../respond/answer.ts';
import { readObject } from './request-body.ts';
import { type ResourceRequest, representationOf, writeOptions } from './resource-request.ts';

const BINDING = { kind: 'Binding', apiVersion: 'v1', message: 'core.v1.Binding' } as const;

/** POST of a pod's `binding`: the scheduler puts the pod on a node, once. */
export async function bind(request: ResourceRequest): Promise<ApiResponse> {
  const { store, context, info } = request;
  const representation = representationOf(request);
  const binding = readObject(request, BINDING) as unknown as Binding;
  checkTarget(binding, info.name);
  const apply = (current: StoredObject): KubeObject => bound(request, current, binding);
  const { namespace, name } = info;
  const change = { namespace, name, subresource: 'binding', apply, ownersDecided: true };
  await updateObject(context, store, change, writeOptions(request));
  return statusAnswer(success(201), representation);
}

function checkTarget({ target }: Binding, name: string): void {
  const fault = (field: string, message: string): never => {
    throw errors.invalid({ group: '', kind: 'Binding' }, name, [
      { field, reason: 'FieldValueRequired', message },
    ]);
  };
  if (target?.kind && target.kind !== 'Node') {
    throw errors.invalid({ group: '', kind: 'Binding' }, name, [
      {
        field: 'target.kind',
        reason: 'FieldValueNotSupported',
        message: `Unsupported value: ${JSON.stringify(target.kind)}: supported values: "Node"`,
      },
    ]);
  }
  if (!target?.name) fault('target.name', 'Required value');
}

function bound({ store, context }: ResourceRequest, current: StoredObject, binding: Binding): KubeObject {
  const copy = current.copy();
  const pod = copy as unknown as Pod;
  const { definition } = store;
  const { uid, resourceVersion, annotations } = binding.metadata;
  if (uid && uid !== pod.metadata.uid)
    throw errors.conflict(definition, current.name, 'the UID in the precondition does not match');
  if (resourceVersion && resourceVersion !== String(current.revision))
    throw errors.modified(definition, current.name);
  if (pod.metadata.deletionTimestamp !== undefined) {
    throw errors.conflict(
      definition,
      current.name,
      `pod ${current.name} is being deleted, cannot be assigned to a host`,
    );
  }
  if (pod.spec?.nodeName) {
    throw errors.conflict(
      definition,
      current.name,
      `pod ${current.name} is already assigned to node "${pod.spec.nodeName}"`,
    );
  }
  pod.spec = { ...pod.spec, nodeName: binding.target?.name };
  if (annotations) pod.metadata.annotations = { ...pod.metadata.annotations, ...annotations };
  const others = (pod.status?.conditions ?? []).filter(({ type }) => type !== 'PodScheduled');
  const scheduled = { type: 'PodScheduled', status: 'True', lastTransitionTime: timestamp(context.clock) };
  pod.status = { ...pod.status, conditions: [...others, scheduled] };
  return copy;
}
