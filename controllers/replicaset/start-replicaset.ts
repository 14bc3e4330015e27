import type { StartController } from '../../client/controller-context.ts';
import { EventRecorder } from '../../client/event-recorder.ts';
import { objectKey } from '../../client/informer.ts';
import { canonical } from '../../client/object-hash.ts';
import { runQueue } from '../../client/run-queue.ts';
import { resources } from '../../openapi/resources.ts';
import { nameSuffix } from '../../platform/rng.ts';
import { OwnedPods } from '../runtime/owned-pods.ts';
import { podFromTemplate } from '../runtime/pod-from-template.ts';
import { planReplicas, replicaSetStatus } from './replica-plan.ts';

const KIND = { apiVersion: 'apps/v1', kind: 'ReplicaSet' };

/** Keeps each ReplicaSet at the number of pods it wants. */
export const startReplicaSet: StartController = async (context) => {
  const { client, clock, informers, rng, signal } = context;
  const replicaSets = informers.for(resources.replicasets);
  replicaSets.store.addIndex('namespace', ({ metadata }) => [metadata.namespace ?? '']);

  const queue = runQueue(
    context,
    'replicaset',
    async (key) => {
      const replicaSet = replicaSets.store.get(key);
      if (!replicaSet) return pods.forget(key);
      const owner = { ...replicaSet, ...KIND };
      await pods.adopt(owner);
      if (pods.settled(key)) {
        const plan = planReplicas(replicaSet, pods.of(owner));
        const template = replicaSet.spec?.template ?? {};
        const names = Array.from(
          { length: plan.create },
          () => `${replicaSet.metadata.name}-${nameSuffix(rng)}`,
        );
        await Promise.all([
          ...names.map((name) => pods.create(key, owner, podFromTemplate(owner, template, name))),
          ...plan.remove.map((pod) => pods.remove(key, owner, pod)),
        ]);
      }
      const now = clock.now();
      const status = replicaSetStatus(replicaSet, pods.of(owner), now);
      if (canonical({ ...replicaSet.status, ...status }) !== canonical(replicaSet.status ?? {})) {
        await client.update(
          resources.replicasets,
          { ...replicaSet, status: { ...replicaSet.status, ...status } },
          'status',
        );
      }
      const waiting = (status.readyReplicas ?? 0) - (status.availableReplicas ?? 0);
      if (waiting > 0) return { requeueAfterMs: (replicaSet.spec?.minReadySeconds ?? 0) * 1000 };
    },
    5,
  );

  const events = new EventRecorder(context, 'replicaset-controller');
  const pods = new OwnedPods({
    context,
    events,
    kind: KIND.kind,
    ownersIn: (namespace) =>
      replicaSets.store.byIndex('namespace', namespace).map((set) => ({ ...set, ...KIND })),
    enqueue: (key) => queue.add(key),
  });
  replicaSets.addHandler({
    onAdd: (replicaSet) => queue.add(objectKey(replicaSet)),
    onUpdate: (_, replicaSet) => queue.add(objectKey(replicaSet)),
    onDelete: (replicaSet) => queue.add(objectKey(replicaSet)),
  });
  await informers.start(signal);
};
