import { isNotFound } from '../../client/api-error.ts';
import type { StartController } from '../../client/controller-context.ts';
import { discoverOthers } from '../../client/discover.ts';
import { objectKey } from '../../client/informer.ts';
import { canonical } from '../../client/object-hash.ts';
import { runQueue } from '../../client/run-queue.ts';
import { timestamp } from '../../client/timestamp.ts';
import type { Namespace, NamespaceCondition } from '../../openapi/generated/types.ts';
import { type ResourceDefinition, resources, storedResources } from '../../openapi/resources.ts';

const FINALIZER = 'kubernetes';
const LOOK_AGAIN_MS = 100;

/** Empties a namespace that is being deleted, says what still stands in the way, and lets it go at last. */
export const startNamespace: StartController = async (context) => {
  const { client, clock, informers, signal } = context;
  const namespaces = informers.for(resources.namespaces);

  const queue = runQueue(
    context,
    'namespace',
    async (name) => {
      const namespace = namespaces.store.get(name);
      if (!namespace || namespace.metadata.deletionTimestamp === undefined) return;
      const contents = [...storedResources, ...(await discoverOthers(client))].filter(isContent);
      const emptied = await Promise.all(contents.map((resource) => empty(resource, name)));
      const left = emptied.filter(({ count }) => count > 0);
      if (left.length > 0) {
        await report(namespace, left);
        return { requeueAfterMs: LOOK_AGAIN_MS };
      }
      await finalize(namespace);
    },
    5,
  );

  /** Deletes everything of one kind and counts what has not gone yet. */
  const empty = async (resource: ResourceDefinition, namespace: string): Promise<Remaining> => {
    try {
      const before = await client.metadataOnly().list(resource, { namespace });
      if (before.items.length === 0) return { resource, count: 0 };
      await client.deleteCollection(resource, { namespace, propagationPolicy: 'Background' });
      const after = await client.metadataOnly().list(resource, { namespace });
      return { resource, count: after.items.length };
    } catch (error) {
      // A custom resource may go while its objects are counted.
      ignoreNotFound(error);
      return { resource, count: 0 };
    }
  };

  const report = async (namespace: Namespace, left: readonly Remaining[]): Promise<void> => {
    const condition = remainingCondition(namespace, left, clock.now());
    const previous = namespace.status?.conditions ?? [];
    const conditions = [...previous.filter(({ type }) => type !== condition.type), condition];
    if (canonical(conditions) === canonical(previous)) return;
    const name = namespace.metadata.name ?? '';
    await client
      .patch(resources.namespaces, name, 'merge', { status: { conditions } }, { subresource: 'status' })
      .catch(ignoreNotFound);
  };

  const finalize = async (namespace: Namespace): Promise<void> => {
    const finalizers = (namespace.spec?.finalizers ?? []).filter((finalizer) => finalizer !== FINALIZER);
    await client
      .update(resources.namespaces, { ...namespace, spec: { ...namespace.spec, finalizers } }, 'finalize')
      .catch(ignoreNotFound);
  };

  namespaces.addHandler({
    onAdd: (namespace) => queue.add(objectKey(namespace)),
    onUpdate: (_, namespace) => queue.add(objectKey(namespace)),
  });
  await informers.start(signal);
};

function isContent({ namespaced, verbs }: ResourceDefinition): boolean {
  return namespaced && verbs.includes('deletecollection');
}

interface Remaining {
  readonly resource: ResourceDefinition;
  readonly count: number;
}

function remainingCondition(
  namespace: Namespace,
  left: readonly Remaining[],
  now: number,
): NamespaceCondition {
  const counts = left.map(({ resource, count }) => {
    const group = resource.group === '' ? '' : `.${resource.group}`;
    return `${resource.resource}${group} has ${count} resource instances`;
  });
  const type = 'NamespaceContentRemaining';
  const previous = namespace.status?.conditions?.find((condition) => condition.type === type);
  return {
    type,
    status: 'True',
    reason: 'SomeResourcesRemain',
    message: `Some resources are remaining: ${counts.join(', ')}`,
    lastTransitionTime: previous?.lastTransitionTime ?? timestamp(now),
  };
}

function ignoreNotFound(error: unknown): void {
  if (!isNotFound(error)) throw error;
}
