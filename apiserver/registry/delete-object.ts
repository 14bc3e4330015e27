import type { DeleteOptions } from '../../openapi/generated/types.ts';
import type { AdmissionRequest } from '../admission/admission.ts';
import type { KubeObject, StoredObject } from '../cache/stored-object.ts';
import { errors } from '../errors.ts';
import type { ServerContext } from '../server-context.ts';
import type { WriteOptions } from './create-object.ts';
import type { ResourceStore } from './resource-store.ts';
import { timestamp } from './timestamp.ts';

/** What became of a delete: gone, or waiting for its agent, its finalizers or its contents. */
export interface Deletion {
  readonly gone: boolean;
  readonly object: StoredObject;
}

const MAX_ATTEMPTS = 30;
const FOREGROUND = 'foregroundDeletion';
const ORPHAN = 'orphan';

/** Deletes an object, or marks it as being deleted (k8s apiserver/pkg/registry/rest/delete.go). */
export async function deleteObject(
  context: ServerContext,
  store: ResourceStore,
  namespace: string,
  name: string,
  options: DeleteOptions,
  write: WriteOptions,
): Promise<Deletion> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const current = store.require(namespace, name);
    checkPreconditions(store, current, options);
    await admit(context, store, current, write);
    const marked = mark(context, store, current, options);
    if (write.dryRun) return { gone: marked === undefined, object: current };
    if (marked === undefined) {
      if (await store.delete(current)) return { gone: true, object: current };
    } else if (marked === current) {
      return { gone: false, object: current };
    } else {
      const object = await store.replace(current, marked as KubeObject);
      if (object) return { gone: false, object };
    }
  }
  throw errors.modified(store.definition, name);
}

function checkPreconditions(
  { definition }: ResourceStore,
  current: StoredObject,
  options: DeleteOptions,
): void {
  const { uid, resourceVersion } = options.preconditions ?? {};
  const actual = current.object.metadata.uid;
  if (uid && uid !== actual) {
    const why = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${actual}`;
    throw errors.conflict(definition, current.name, why);
  }
  if (resourceVersion && resourceVersion !== String(current.revision)) {
    const why = `Precondition failed: ResourceVersion in precondition: ${resourceVersion}, ResourceVersion in object meta: ${current.revision}`;
    throw errors.conflict(definition, current.name, why);
  }
}

async function admit(
  context: ServerContext,
  { definition }: ResourceStore,
  { namespace, name, object: previous }: StoredObject,
  write: WriteOptions,
): Promise<void> {
  const request: AdmissionRequest = {
    operation: 'DELETE',
    definition,
    subresource: '',
    namespace,
    name,
    object: undefined,
    previous,
    ...write,
  };
  await context.admission.mutate(request);
  await context.admission.validate(request);
}

/** Undefined: remove it now. The present object itself: nothing to change. Else the object to store. */
function mark(
  { clock }: ServerContext,
  store: ResourceStore,
  current: StoredObject,
  options: DeleteOptions,
): KubeObject | StoredObject | undefined {
  const { strategy, definition } = store;
  const copy = current.copy();
  const { metadata } = copy;
  if (metadata.deletionTimestamp === undefined) strategy.prepareForDelete?.(copy, timestamp(clock));
  const grace = Math.max(0, strategy.graceSeconds(copy, options.gracePeriodSeconds));
  const finalizers = finalizersFor(metadata.finalizers ?? [], options);
  const waits = finalizers.length > 0 || !strategy.mayRemove(copy);
  if (!waits && grace === 0) return undefined;
  const wasDeleting = metadata.deletionTimestamp !== undefined;
  const shorter = wasDeleting && grace < (metadata.deletionGracePeriodSeconds ?? 0);
  if (wasDeleting && !shorter && sameItems(finalizers, metadata.finalizers ?? [])) return current;
  if (!wasDeleting || shorter) {
    metadata.deletionTimestamp = deletionTime(clock.now(), grace);
    metadata.deletionGracePeriodSeconds = grace;
    if (definition.generation) metadata.generation = (metadata.generation ?? 0) + 1;
  }
  if (finalizers.length > 0) metadata.finalizers = finalizers;
  else delete metadata.finalizers;
  return copy;
}

function deletionTime(now: number, graceSeconds: number): string {
  return `${new Date(now + graceSeconds * 1000).toISOString().slice(0, 19)}Z`;
}

/** The garbage collector's own finalizers follow the propagation policy. */
function finalizersFor(present: readonly string[], options: DeleteOptions): string[] {
  const { propagationPolicy, orphanDependents } = options;
  const orphan = propagationPolicy === 'Orphan' || orphanDependents === true;
  const foreground = propagationPolicy === 'Foreground';
  const decided = propagationPolicy !== undefined || orphanDependents !== undefined;
  const kept = decided ? present.filter((item) => item !== ORPHAN && item !== FOREGROUND) : [...present];
  if (orphan) kept.push(ORPHAN);
  if (foreground) kept.push(FOREGROUND);
  return kept;
}

function sameItems(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((item) => b.includes(item));
}
