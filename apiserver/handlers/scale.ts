import type { JsonObject } from '../../openapi/decode-json.ts';
import type { Deployment, Scale } from '../../openapi/generated/types.ts';
import type { ApiResponse } from '../../platform/api-transport.ts';
import type { KubeObject, StoredObject } from '../cache/stored-object.ts';
import { errors } from '../errors.ts';
import { selectorText } from '../printers/workload-columns.ts';
import { updateObject } from '../registry/update-object.ts';
import { plainAnswer } from '../respond/answer.ts';
import { partialAnswer } from '../respond/object-answer.ts';
import { APPLY_TYPE, applyConfig, readConfig } from './apply.ts';
import { patcherFor } from './patch.ts';
import { conform, mediaType, readObject } from './request-body.ts';
import { type ResourceRequest, representationOf, writeOptions } from './resource-request.ts';

const SCALE = { kind: 'Scale', apiVersion: 'autoscaling/v1', message: 'autoscaling.v1.Scale' } as const;

/** The `scale` subresource: the replicas of a workload, under a kind that all workloads share. */
export async function scale(request: ResourceRequest): Promise<ApiResponse> {
  const { store, info } = request;
  const representation = representationOf(request);
  const stored = info.verb === 'get' ? store.require(info.namespace, info.name) : await change(request);
  const answered = scaleOf(stored);
  if (representation.as === 'partial') return partialAnswer(200, answered, representation);
  return plainAnswer(200, SCALE.message, answered, representation);
}

async function change(request: ResourceRequest): Promise<StoredObject> {
  const { store, context, info } = request;
  if (info.verb === 'patch' && mediaType(request) === APPLY_TYPE) return applyReplicas(request);
  const read = info.verb === 'patch' ? patchedScale(request) : givenScale(request);
  const apply = (current: StoredObject): KubeObject => withReplicas(current, read(current));
  const target = { namespace: info.namespace, name: info.name, subresource: 'scale', apply };
  return updateObject(context, store, target, writeOptions(request));
}

/** What is applied to a scale is applied to that part of the workload. */
async function applyReplicas(request: ResourceRequest): Promise<StoredObject> {
  const { store, info } = request;
  const { metadata, spec } = readConfig(request, SCALE) as unknown as Scale;
  const { uid, resourceVersion } = metadata;
  const config = {
    kind: store.definition.kind,
    apiVersion: store.apiVersion,
    metadata: { name: info.name, uid, resourceVersion },
    ...(spec?.replicas === undefined ? {} : { spec: { replicas: spec.replicas } }),
  };
  return (await applyConfig(request, config)).stored;
}

function givenScale(request: ResourceRequest): () => Scale {
  const scale = readObject(request, SCALE) as unknown as Scale;
  return () => scale;
}

function patchedScale(request: ResourceRequest): (current: StoredObject) => Scale {
  const patcher = patcherFor(request, SCALE.message);
  return (current) => {
    const result = patcher(scaleOf(current) as unknown as JsonObject);
    return conform(request, result, SCALE) as unknown as Scale;
  };
}

function withReplicas(current: StoredObject, { metadata, spec }: Scale): KubeObject {
  const copy = current.copy();
  const replicas = spec?.replicas ?? 0;
  if (replicas < 0) {
    throw errors.invalid({ group: 'autoscaling', kind: 'Scale' }, current.name, [
      {
        field: 'spec.replicas',
        reason: 'FieldValueInvalid',
        message: `Invalid value: ${replicas}: must be greater than or equal to 0`,
      },
    ]);
  }
  const workload = copy as unknown as Deployment;
  workload.spec = { ...workload.spec, replicas };
  copy.metadata.resourceVersion = metadata.resourceVersion;
  return copy;
}

function scaleOf({ object }: StoredObject): Scale & KubeObject {
  const { metadata, spec = {}, status = {} } = object as unknown as Deployment;
  const { name, namespace, uid, resourceVersion, creationTimestamp } = metadata;
  const selector = selectorText(spec.selector);
  return {
    kind: SCALE.kind,
    apiVersion: SCALE.apiVersion,
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: { replicas: spec.replicas ?? 0 },
    status: { replicas: status.replicas ?? 0, ...(selector === '<none>' ? {} : { selector }) },
  };
}
