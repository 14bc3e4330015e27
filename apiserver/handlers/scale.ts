import type { JsonObject } from '../../openapi/decode-json.ts';
import type { Deployment, Scale } from '../../openapi/generated/types.ts';
import type { ApiResponse } from '../../platform/api-transport.ts';
import type { KubeObject, StoredObject } from '../cache/stored-object.ts';
import { setValueAt, valueAt } from '../custom-resources/field-path.ts';
import { errors } from '../errors.ts';
import { selectorText } from '../printers/workload-columns.ts';
import type { ScalePaths } from '../registry/kind.ts';
import { updateObject } from '../registry/update-object.ts';
import { plainAnswer } from '../respond/answer.ts';
import { negotiate } from '../respond/negotiate.ts';
import { partialAnswer } from '../respond/object-answer.ts';
import { APPLY_TYPE, applyConfig, readConfig } from './apply.ts';
import { patcherFor } from './patch.ts';
import { conform, mediaType, readObject } from './request-body.ts';
import { type ResourceRequest, writeOptions } from './resource-request.ts';

const SCALE = { kind: 'Scale', apiVersion: 'autoscaling/v1', message: 'autoscaling.v1.Scale' } as const;

/** The `scale` subresource: the replicas of a workload, under a kind that all workloads share. */
export async function scale(request: ResourceRequest): Promise<ApiResponse> {
  const { store, info } = request;
  // A Scale is a built-in kind, whatever it scales.
  const representation = negotiate(request.request.headers.accept);
  const stored = info.verb === 'get' ? store.require(info.namespace, info.name) : await change(request);
  const answered = scaleOf(stored, store.kind.scale);
  if (representation.as === 'partial') return partialAnswer(200, answered, representation);
  return plainAnswer(200, SCALE.message, answered, representation);
}

async function change(request: ResourceRequest): Promise<StoredObject> {
  const { store, context, info } = request;
  if (info.verb === 'patch' && mediaType(request) === APPLY_TYPE) return applyReplicas(request);
  const read = info.verb === 'patch' ? patchedScale(request) : givenScale(request);
  const apply = (current: StoredObject): KubeObject => withReplicas(current, read(current), store.kind.scale);
  const target = { namespace: info.namespace, name: info.name, subresource: 'scale', apply };
  return updateObject(context, store, target, writeOptions(request));
}

/** What is applied to a scale is applied to that part of the workload. */
async function applyReplicas(request: ResourceRequest): Promise<StoredObject> {
  const { store, info } = request;
  const { metadata, spec } = readConfig(request, SCALE) as unknown as Scale;
  const { uid, resourceVersion } = metadata;
  const config: KubeObject = {
    kind: store.definition.kind,
    apiVersion: store.apiVersion,
    metadata: { name: info.name, uid, resourceVersion },
  };
  if (spec?.replicas !== undefined) setValueAt(config, replicasPath(store.kind.scale), spec.replicas);
  return (await applyConfig(request, config)).stored;
}

function givenScale(request: ResourceRequest): () => Scale {
  const scale = readObject(request, SCALE) as unknown as Scale;
  return () => scale;
}

function patchedScale(request: ResourceRequest): (current: StoredObject) => Scale {
  const { scale } = request.store.kind;
  const patcher = patcherFor(request, SCALE.message);
  return (current) => {
    const result = patcher(scaleOf(current, scale) as unknown as JsonObject);
    return conform(request, result, SCALE) as unknown as Scale;
  };
}

function withReplicas(
  current: StoredObject,
  { metadata, spec }: Scale,
  paths: ScalePaths | undefined,
): KubeObject {
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
  setValueAt(copy, replicasPath(paths), replicas);
  // Without a revision of the client's, the one that was read counts.
  if (metadata.resourceVersion) copy.metadata.resourceVersion = metadata.resourceVersion;
  return copy;
}

function replicasPath(paths: ScalePaths | undefined): readonly string[] {
  return paths?.replicas ?? ['spec', 'replicas'];
}

function scaleOf({ object }: StoredObject, paths: ScalePaths | undefined): Scale & KubeObject {
  const { replicas, statusReplicas, selector } = paths ? customNumbers(object, paths) : numbersOf(object);
  const { metadata } = object;
  const { name, namespace, uid, resourceVersion, creationTimestamp } = metadata;
  return {
    kind: SCALE.kind,
    apiVersion: SCALE.apiVersion,
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: { replicas },
    status: { replicas: statusReplicas, ...(selector === undefined ? {} : { selector }) },
  };
}

interface Numbers {
  readonly replicas: number;
  readonly statusReplicas: number;
  readonly selector: string | undefined;
}

function numbersOf(object: KubeObject): Numbers {
  const { spec = {}, status = {} } = object as unknown as Deployment;
  const selector = selectorText(spec.selector);
  return {
    replicas: spec.replicas ?? 0,
    statusReplicas: status.replicas ?? 0,
    selector: selector === '<none>' ? undefined : selector,
  };
}

/** A custom resource says its selector as text. */
function customNumbers(object: KubeObject, paths: ScalePaths): Numbers {
  const number = (path: readonly string[]): number => {
    const value = valueAt(object, path);
    return typeof value === 'number' ? value : 0;
  };
  const selector = paths.selector && valueAt(object, paths.selector);
  return {
    replicas: number(paths.replicas),
    statusReplicas: number(paths.statusReplicas),
    selector: typeof selector === 'string' && selector !== '' ? selector : undefined,
  };
}
