import { deepEqual } from '../../openapi/deep-equal.ts';
import type { AdmissionRequest } from '../admission/admission.ts';
import { compareObjects } from '../apply/compare.ts';
import { ownableThrough } from '../apply/ownable.ts';
import { entriesToBeginWith, sameOwners, trackUpdate } from '../apply/track-update.ts';
import { type KubeObject, StoredObject } from '../cache/stored-object.ts';
import { errors } from '../errors.ts';
import type { ServerContext } from '../server-context.ts';
import { stampRevision } from '../storage/stamp-revision.ts';
import type { WriteOptions } from './create-object.ts';
import { encodeObject } from './encode-object.ts';
import type { ResourceStore } from './resource-store.ts';
import { copyField } from './strategy.ts';
import { timestamp } from './timestamp.ts';
import { validateObject } from './validate-object.ts';

/** How an update makes the new object from the present one, and which part of it counts. */
export interface Change {
  readonly namespace: string;
  readonly name: string;
  readonly subresource: string;
  /** A fresh object each time; called again when somebody else was faster. */
  apply(current: StoredObject): KubeObject | Promise<KubeObject>;
  /** The object comes with its owners; left out: the writer owns what it changes. */
  readonly ownersDecided?: boolean;
}

/** Somebody else being faster this often in a row means something is wrong. */
const MAX_ATTEMPTS = 30;

/**
 * Read, change, compare-and-swap; again if the object changed in between. A client that named a
 * resourceVersion gets 409 instead, from its own check below.
 */
export async function updateObject(
  context: ServerContext,
  store: ResourceStore,
  change: Change,
  options: WriteOptions,
): Promise<StoredObject> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const current = store.require(change.namespace, change.name);
    const updated = await change.apply(current);
    checkPreconditions(store, updated, current);
    const outcome = await admitAndStore(context, store, change, updated, current, options);
    if (outcome) return outcome;
  }
  throw errors.modified(store.definition, change.name);
}

function checkPreconditions(store: ResourceStore, { metadata }: KubeObject, current: StoredObject): void {
  const { definition, strategy } = store;
  const { resourceVersion, uid } = metadata;
  if (uid && uid !== current.object.metadata.uid) {
    throw errors.conflict(
      definition,
      current.name,
      `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${current.object.metadata.uid}`,
    );
  }
  if (resourceVersion && resourceVersion !== '0') {
    if (resourceVersion !== String(current.revision)) throw errors.modified(definition, current.name);
  } else if (!strategy.allowUnconditionalUpdate) {
    throw errors.invalid(definition, current.name, [
      {
        field: 'metadata.resourceVersion',
        reason: 'FieldValueInvalid',
        message: 'Invalid value: 0: must be specified for an update',
      },
    ]);
  }
}

async function admitAndStore(
  context: ServerContext,
  store: ResourceStore,
  change: Change,
  updated: KubeObject,
  current: StoredObject,
  options: WriteOptions,
): Promise<StoredObject | undefined> {
  const { rules } = store.kind;
  const previous = current.object;
  keepServerFields(updated, previous);
  rules.defaults?.(updated);
  const admission: AdmissionRequest = {
    operation: 'UPDATE',
    definition: store.definition,
    subresource: change.subresource,
    namespace: change.namespace,
    name: change.name,
    object: updated,
    previous,
    ...options,
  };
  // What the part of the path does not concern is put back before admission sees it, and again after.
  prepare(store, change.subresource, updated, previous);
  if (!change.ownersDecided) track(context, store, change.subresource, updated, previous, options.manager);
  const { managedFields } = updated.metadata;
  await context.admission.mutate(admission);
  const admitted = admission.object ?? updated;
  admitted.metadata.managedFields = managedFields;
  rules.defaults?.(admitted);
  keepServerFields(admitted, previous);
  prepare(store, change.subresource, admitted, previous);
  countGeneration(store, admitted, previous);
  validateObject(store, admitted, previous);
  if (change.subresource === '') options.warnings.push(...(store.strategy.warningsOf?.(admitted) ?? []));
  await context.admission.validate(admission);
  return commit(store, admitted, current, options.dryRun);
}

/** What admission changes later belongs to nobody. A part of an object cannot say who owns what. */
function track(
  { clock }: ServerContext,
  { definition, apiVersion, kind }: ResourceStore,
  subresource: string,
  updated: KubeObject,
  previous: KubeObject,
  manager: string,
): void {
  const { managedFields: live } = previous.metadata;
  const entries = subresource === '' ? entriesToBeginWith(live, updated.metadata.managedFields) : live;
  // An object whose owners were taken away stays without until somebody applies it.
  const isTracked = entries !== undefined;
  const isOwnable = ownableThrough(definition, subresource);
  const found = isTracked && compareObjects(kind.type, previous, updated, isOwnable);
  const writer = { manager, operation: 'Update', apiVersion, subresource } as const;
  updated.metadata.managedFields = found ? trackUpdate(entries, found, writer, timestamp(clock)) : undefined;
}

/** Undefined when the object changed meanwhile. */
async function commit(
  store: ResourceStore,
  object: KubeObject,
  current: StoredObject,
  dryRun: boolean,
): Promise<StoredObject | undefined> {
  if (sameButRevision(object, current.object)) return current;
  const { namespace, name } = current;
  const bytes = (): Uint8Array => stampRevision(encodeObject(object), current.revision);
  if (dryRun) return new StoredObject(namespace, name, bytes(), current.revision);
  if (isDone(store, object)) {
    const last = new StoredObject(namespace, name, bytes(), current.revision);
    return (await store.delete(current)) ? last : undefined;
  }
  return store.replace(current, object);
}

/** An object that was waiting for its finalizers goes with the last of them. */
function isDone({ strategy }: ResourceStore, object: KubeObject): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds, finalizers } = object.metadata;
  if (deletionTimestamp === undefined || (finalizers?.length ?? 0) > 0) return false;
  return (deletionGracePeriodSeconds ?? 0) === 0 && strategy.mayRemove(object);
}

/** A write that changes nothing but its own time leaves the revision as it is. */
function sameButRevision(object: KubeObject, previous: KubeObject): boolean {
  object.metadata.resourceVersion = previous.metadata.resourceVersion;
  const { managedFields } = object.metadata;
  object.metadata.managedFields = previous.metadata.managedFields;
  const same = deepEqual(object, previous);
  object.metadata.managedFields = managedFields;
  return same && sameOwners(managedFields, previous.metadata.managedFields);
}

const SERVER_FIELDS = [
  'uid',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'generation',
  'selfLink',
] as const;

/** A client that leaves these out, or invents them, does not change them. */
function keepServerFields(object: KubeObject, previous: KubeObject): void {
  for (const field of SERVER_FIELDS) copyField(field, previous.metadata, object.metadata);
  object.metadata.name ||= previous.metadata.name;
  if (previous.metadata.namespace) object.metadata.namespace ||= previous.metadata.namespace;
}

function prepare(
  { strategy }: ResourceStore,
  subresource: string,
  object: KubeObject,
  previous: KubeObject,
): void {
  if (subresource === '' || subresource === 'scale') strategy.prepareForUpdate(object, previous);
  else if (subresource === 'status') strategy.prepareForStatusUpdate(object, previous);
  else if (subresource === 'approval') strategy.prepareForApproval?.(object, previous);
}

function countGeneration({ definition }: ResourceStore, object: KubeObject, previous: KubeObject): void {
  if (!definition.generation) return;
  const { metadata: _a, status, ...now } = object;
  const { metadata: _b, status: statusBefore, ...before } = previous;
  // Without a status subresource, status is a field like any other.
  const isPart = definition.subresources.some(({ name }) => name === 'status');
  const isSame = deepEqual(now, before) && (isPart || deepEqual(status, statusBefore));
  if (!isSame) object.metadata.generation = (previous.metadata.generation ?? 0) + 1;
}
