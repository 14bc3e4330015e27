import { nameSuffix, uuid } from '../../platform/rng.ts';
import type { AdmissionRequest } from '../admission/admission.ts';
import type { UserInfo } from '../authentication/user-info.ts';
import { type KubeObject, StoredObject } from '../cache/stored-object.ts';
import { errors } from '../errors.ts';
import type { ServerContext } from '../server-context.ts';
import { encodeObject } from './encode-object.ts';
import type { ResourceStore } from './resource-store.ts';
import { kindRules } from './strategy.ts';
import { timestamp } from './timestamp.ts';
import { validateObject } from './validate-object.ts';

export interface WriteOptions {
  readonly user: UserInfo;
  readonly dryRun: boolean;
  readonly warnings: string[];
}

/** generateName leaves room for its suffix: 63 characters in all. */
const MAX_GENERATED_PREFIX = 58;

/** Takes a new object through defaults, admission and validation into storage. */
export async function createObject(
  context: ServerContext,
  store: ResourceStore,
  object: KubeObject,
  options: WriteOptions,
): Promise<StoredObject> {
  const rules = kindRules(store.definition);
  rules.defaults?.(object);
  stamp(context, object);
  const admission: AdmissionRequest = {
    operation: 'CREATE',
    definition: store.definition,
    subresource: '',
    namespace: object.metadata.namespace ?? '',
    name: object.metadata.name ?? '',
    object,
    previous: undefined,
    ...options,
  };
  await context.admission.mutate(admission);
  const admitted = admission.object ?? object;
  rules.defaults?.(admitted);
  store.strategy.prepareForCreate(admitted);
  if (store.definition.generation) admitted.metadata.generation = 1;
  validateObject(store, admitted, undefined);
  await context.admission.validate(admission);
  return options.dryRun ? dryCreate(store, admitted) : store.create(admitted);
}

/** What the server says about a new object, whatever the client said (k8s registry/rest/meta.go). */
function stamp({ clock, rng }: ServerContext, { metadata }: KubeObject): void {
  metadata.uid = uuid(rng);
  metadata.creationTimestamp = timestamp(clock);
  for (const field of SERVER_FIELDS) delete metadata[field];
  if (!metadata.name && metadata.generateName) {
    metadata.name = `${metadata.generateName.slice(0, MAX_GENERATED_PREFIX)}${nameSuffix(rng)}`;
  }
}

const SERVER_FIELDS = [
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'generation',
  'selfLink',
  'resourceVersion',
] as const;

function dryCreate(store: ResourceStore, object: KubeObject): StoredObject {
  const { namespace = '', name = '' } = object.metadata;
  if (store.cache.get(namespace, name)) throw errors.alreadyExists(store.definition, name);
  return new StoredObject(namespace, name, encodeObject(object), 0);
}
