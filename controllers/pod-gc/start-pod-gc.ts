import { isConflict, isNotFound } from '../../client/api-error.ts';
import type { StartController } from '../../client/controller-context.ts';
import { objectKey } from '../../client/informer.ts';
import { runQueue } from '../../client/run-queue.ts';
import { resources } from '../../openapi/resources.ts';

/** A node may be registered again a moment after it was deleted. */
const QUARANTINE_MS = 40_000;

/** Deletes, without grace, pods bound to a node that no longer exists: nobody is left to confirm. */
export const startPodGc: StartController = async (context) => {
  const { client, clock, informers, signal } = context;
  const pods = informers.for(resources.pods);
  const nodes = informers.for(resources.nodes);
  const missingSince = new Map<string, number>();
  pods.store.addIndex('bound', (pod) => (pod.spec?.nodeName ? [pod.spec.nodeName] : []));

  const queue = runQueue(context, 'pod_gc', async (node) => {
    const orphans = pods.store.byIndex('bound', node);
    if (nodes.store.get(node) || orphans.length === 0) {
      missingSince.delete(node);
      return;
    }
    const since = missingSince.get(node) ?? clock.now();
    missingSince.set(node, since);
    const wait = since + QUARANTINE_MS - clock.now();
    if (wait > 0) return { requeueAfterMs: wait };
    for (const { metadata } of orphans) {
      const { name = '', namespace, uid } = metadata;
      await client
        .delete(resources.pods, name, { namespace, gracePeriodSeconds: 0, preconditions: { uid } })
        .catch((error) => {
          if (!isNotFound(error) && !isConflict(error)) throw error;
        });
    }
  });
  nodes.addHandler({
    onAdd: (node) => queue.add(objectKey(node)),
    onDelete: (node) => queue.add(objectKey(node)),
  });
  pods.addHandler({
    onAdd: (pod) => {
      if (pod.spec?.nodeName && !nodes.store.get(pod.spec.nodeName)) queue.add(pod.spec.nodeName);
    },
  });
  await informers.start(signal);
};
