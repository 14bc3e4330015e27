import { isConflict, isNotFound } from '../../client/api-error.ts';
import type { StartController } from '../../client/controller-context.ts';
import type { InformerHandler } from '../../client/informer.ts';
import { InformerFactory } from '../../client/informer-factory.ts';
import { runQueue } from '../../client/run-queue.ts';
import type { ObjectMeta, OwnerReference } from '../../openapi/generated/types.ts';
import { type ResourceDefinition, resources } from '../../openapi/resources.ts';
import { CustomInformers } from './custom-informers.ts';
import { disposalOf, type GraphObject, type OwnerState, OwnershipGraph } from './ownership-graph.ts';

const FOREGROUND = 'foregroundDeletion';
const ORPHAN = 'orphan';

/**
 * Deletes what has lost all its owners, and carries out foreground and orphaning deletion. It watches every
 * resource, as metadata only. (k8s pkg/controller/garbagecollector)
 */
export const startGarbageCollector: StartController = async (context) => {
  const { clock, logger, rng, signal } = context;
  const client = context.client.metadataOnly();
  const informers = new InformerFactory({ client, clock, rng, logger });
  const graph = new OwnershipGraph();

  const queue = runQueue(
    context,
    'garbage_collector',
    async (uid) => {
      const object = graph.get(uid);
      if (!object) return;
      const { deletionTimestamp, finalizers = [] } = object.metadata;
      if (deletionTimestamp !== undefined) {
        if (finalizers.includes(ORPHAN)) await orphanDependents(object);
        else if (finalizers.includes(FOREGROUND)) await deleteDependents(object);
        return;
      }
      await collect(object);
    },
    5,
  );

  const collect = async (object: GraphObject): Promise<void> => {
    const references = object.metadata.ownerReferences ?? [];
    const states = new Map<string, OwnerState>();
    for (const reference of references) {
      states.set(reference.uid ?? '', await ownerState(reference, object.metadata.namespace));
    }
    const disposal = disposalOf(references, ({ uid }) => states.get(uid ?? '') ?? 'present');
    if (disposal.kind === 'delete') await remove(object, 'Background');
    if (disposal.kind === 'release') await setOwners(object, disposal.remaining);
  };

  /** The graph may lag behind, so absence is confirmed by asking the API server. */
  const ownerState = async (
    reference: OwnerReference,
    namespace: string | undefined,
  ): Promise<OwnerState> => {
    if (graph.get(reference.uid ?? '')) return 'present';
    const resource = resourceOf(reference) ?? customs.find(reference);
    if (!resource) return 'present';
    try {
      const owner = await client.get(resource, reference.name ?? '', { namespace });
      return (owner as { metadata: ObjectMeta }).metadata.uid === reference.uid ? 'present' : 'absent';
    } catch (error) {
      if (isNotFound(error)) return 'absent';
      throw error;
    }
  };

  const deleteDependents = async (owner: GraphObject): Promise<void> => {
    const uid = owner.metadata.uid ?? '';
    const dependents = graph.dependentsOf(uid);
    for (const dependent of dependents) {
      if (dependent.metadata.deletionTimestamp === undefined) await remove(dependent, 'Foreground');
    }
    const blocking = dependents.filter(({ metadata }) =>
      metadata.ownerReferences?.some((reference) => reference.uid === uid && reference.blockOwnerDeletion),
    );
    if (blocking.length === 0) await dropFinalizer(owner, FOREGROUND);
  };

  const orphanDependents = async (owner: GraphObject): Promise<void> => {
    for (const dependent of graph.dependentsOf(owner.metadata.uid ?? '')) {
      const references = dependent.metadata.ownerReferences ?? [];
      await setOwners(
        dependent,
        references.filter(({ uid }) => uid !== owner.metadata.uid),
      );
    }
    await dropFinalizer(owner, ORPHAN);
  };

  const remove = ({ resource, metadata }: GraphObject, propagationPolicy: 'Background' | 'Foreground') =>
    client
      .delete(resource, metadata.name ?? '', {
        namespace: metadata.namespace,
        propagationPolicy,
        preconditions: { uid: metadata.uid },
      })
      .catch(ignoreGone);

  const setOwners = (object: GraphObject, ownerReferences: readonly OwnerReference[]) =>
    patchMetadata(object, { ownerReferences: [...ownerReferences] });

  const dropFinalizer = (object: GraphObject, finalizer: string) =>
    patchMetadata(object, {
      finalizers: (object.metadata.finalizers ?? []).filter((present) => present !== finalizer),
    });

  const patchMetadata = async ({ resource, metadata }: GraphObject, change: ObjectMeta): Promise<void> => {
    const { name = '', namespace, uid, resourceVersion } = metadata;
    await client
      .patch(resource, name, 'merge', { metadata: { uid, resourceVersion, ...change } }, { namespace })
      .catch((error) => {
        if (!isNotFound(error)) throw error;
      });
  };

  const enqueueNeighbours = ({ metadata }: GraphObject): void => {
    for (const { uid } of metadata.ownerReferences ?? []) {
      if (graph.get(uid ?? '')?.metadata.deletionTimestamp !== undefined) queue.add(uid ?? '');
    }
  };

  const observe = (object: GraphObject): void => {
    graph.put(object);
    const { ownerReferences = [], deletionTimestamp, uid = '' } = object.metadata;
    if (ownerReferences.length > 0 || deletionTimestamp !== undefined) queue.add(uid);
    enqueueNeighbours(object);
  };

  const handlerOf = (resource: ResourceDefinition): InformerHandler<unknown> => ({
    onAdd: (object) => observe({ resource, metadata: metadataOf(object) }),
    onUpdate: (_, object) => observe({ resource, metadata: metadataOf(object) }),
    onDelete: (object) => {
      const gone = { resource, metadata: metadataOf(object) };
      graph.remove(gone);
      for (const dependent of graph.dependentsOf(gone.metadata.uid ?? ''))
        queue.add(dependent.metadata.uid ?? '');
      enqueueNeighbours(gone);
    },
  });

  const customs = new CustomInformers({ client, clock, rng, logger, signal, handlerOf });
  const lookAgain = (): void => customs.refresh();
  informers
    .for(resources.customresourcedefinitions)
    .addHandler({ onAdd: lookAgain, onUpdate: lookAgain, onDelete: lookAgain });
  for (const resource of collectable()) informers.for(resource).addHandler(handlerOf(resource));
  await informers.start(signal);
};

/** Every resource that can own or be owned; Events are many and own nothing. */
function collectable(): ResourceDefinition[] {
  const all: readonly ResourceDefinition[] = Object.values(resources);
  return all.filter(({ resource, verbs }) => resource !== 'events' && verbs.includes('watch'));
}

function resourceOf(reference: OwnerReference): ResourceDefinition | undefined {
  const [group, version] = reference.apiVersion?.includes('/')
    ? reference.apiVersion.split('/')
    : ['', reference.apiVersion];
  return Object.values(resources).find(
    (resource) =>
      resource.group === group && resource.version === version && resource.kind === reference.kind,
  );
}

function metadataOf(object: unknown): ObjectMeta {
  return (object as { metadata: ObjectMeta }).metadata;
}

function ignoreGone(error: unknown): void {
  if (!isNotFound(error) && !isConflict(error)) throw error;
}
