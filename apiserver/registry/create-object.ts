import { nameSuffix, uuid } from '../../platform/rng.ts';
import type { AdmissionRequest } from '../admission/admission.ts';
import { compareObjects } from '../apply/compare.ts';
import { ownableThrough } from '../apply/ownable.ts';
import { entriesToBeginWith, type OwnerEntries, trackUpdate } from '../apply/track-update.ts';
import type { UserInfo } from '../authentication/user-info.ts';
import { type KubeObject, StoredObject } from '../cache/stored-object.ts';
import { errors } from '../errors.ts';
import type { ServerContext } from '../server-context.ts';
import { encodeObject } from './encode-object.ts';
import type { ResourceStore } from './resource-store.ts';
import { timestamp } from './timestamp.ts';
import { validateObject } from './validate-object.ts';

export interface WriteOptions {
  readonly user: UserInfo;
  readonly dryRun: boolean;
  readonly warnings: string[];
  /** Whom managedFields names as the owner of what is written. */
  readonly manager: string;
}

/** generateName leaves room for its suffix: 63 characters in all. */
const MAX_GENERATED_PREFIX = 58;

/**
 * Takes a new object through defaults, admission and validation into storage. An applied object comes with
 * its owners; the fields of others belong to the manager that wrote them.
 */
export async function createObject(
  context: ServerContext,
  store: ResourceStore,
  object: KubeObject,
  options: WriteOptions,
  owners?: OwnerEntries,
): Promise<StoredObject> {
  const { rules, isTerminating } = store.kind;
  if (isTerminating) throw errors.definitionTerminating();
  rules.defaults?.(object);
  stamp(context, object);
  const managedFields = owners ?? ownersOfNew(context, store, object, options.manager);
  object.metadata.managedFields = managedFields;
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
  admitted.metadata.managedFields = managedFields;
  rules.defaults?.(admitted);
  store.strategy.prepareForCreate(admitted);
  if (store.definition.generation) admitted.metadata.generation = 1;
  validateObject(store, admitted, undefined);
  options.warnings.push(...(store.strategy.warningsOf?.(admitted) ?? []));
  await context.admission.validate(admission);
  return options.dryRun ? dryCreate(store, admitted) : store.create(admitted);
}

/** What admission and the strategy fill in later belongs to nobody. */
function ownersOfNew(
  { clock }: ServerContext,
  { definition, apiVersion, kind }: ResourceStore,
  object: KubeObject,
  manager: string,
): OwnerEntries {
  const isOwnable = ownableThrough(definition, '');
  const found = compareObjects(kind.type, undefined, object, isOwnable);
  const entries = entriesToBeginWith(undefined, object.metadata.managedFields);
  const writer = { manager, operation: 'Update', apiVersion, subresource: '' } as const;
  return trackUpdate(entries, found, writer, timestamp(clock));
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
