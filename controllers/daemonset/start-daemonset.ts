import type { StartController } from '../../client/controller-context.ts';
import { EventRecorder } from '../../client/event-recorder.ts';
import { objectKey } from '../../client/informer.ts';
import { canonical, objectHash } from '../../client/object-hash.ts';
import { runQueue } from '../../client/run-queue.ts';
import type { DaemonSet, Node, Pod } from '../../openapi/generated/types.ts';
import { resources } from '../../openapi/resources.ts';
import { nameSuffix } from '../../platform/rng.ts';
import { OwnedPods, type PodOwner } from '../runtime/owned-pods.ts';
import { podFromTemplate } from '../runtime/pod-from-template.ts';
import { DAEMON_TOLERATIONS, daemonSetStatus, planDaemons, REVISION_LABEL } from './daemon-plan.ts';

const KIND = { apiVersion: 'apps/v1', kind: 'DaemonSet' };

/** Keeps one pod of each DaemonSet on every node that should run it. */
export const startDaemonSet: StartController = async (context) => {
  const { client, clock, informers, rng, signal } = context;
  const daemonSets = informers.for(resources.daemonsets);
  const nodes = informers.for(resources.nodes);
  daemonSets.store.addIndex('namespace', ({ metadata }) => [metadata.namespace ?? '']);

  const queue = runQueue(
    context,
    'daemonset',
    async (key) => {
      const daemonSet = daemonSets.store.get(key);
      if (!daemonSet) return pods.forget(key);
      const owner = { ...daemonSet, ...KIND };
      const revision = objectHash(daemonSet.spec?.template);
      const allNodes = [...nodes.store.values()];
      await pods.adopt(owner);
      if (pods.settled(key)) {
        const plan = planDaemons(daemonSet, revision, allNodes, pods.of(owner), clock.now());
        await Promise.all([
          ...plan.create.map((node) => {
            const name = `${daemonSet.metadata.name}-${nameSuffix(rng)}`;
            return pods.create(key, owner, daemonPod(daemonSet, owner, name, node, revision));
          }),
          ...plan.remove.map((pod) => pods.remove(key, owner, pod)),
        ]);
      }
      const status = daemonSetStatus(daemonSet, revision, allNodes, pods.of(owner), clock.now());
      if (canonical({ ...daemonSet.status, ...status }) !== canonical(daemonSet.status ?? {})) {
        await client.update(
          resources.daemonsets,
          { ...daemonSet, status: { ...daemonSet.status, ...status } },
          'status',
        );
      }
      const waiting = (status.numberReady ?? 0) - (status.numberAvailable ?? 0);
      if (waiting > 0) return { requeueAfterMs: (daemonSet.spec?.minReadySeconds ?? 0) * 1000 };
    },
    2,
  );

  const events = new EventRecorder(context, 'daemonset-controller');
  const pods = new OwnedPods({
    context,
    events,
    kind: KIND.kind,
    ownersIn: (namespace) =>
      daemonSets.store.byIndex('namespace', namespace).map((set) => ({ ...set, ...KIND })),
    enqueue: (key) => queue.add(key),
  });
  daemonSets.addHandler({
    onAdd: (daemonSet) => queue.add(objectKey(daemonSet)),
    onUpdate: (_, daemonSet) => queue.add(objectKey(daemonSet)),
    onDelete: (daemonSet) => queue.add(objectKey(daemonSet)),
  });
  const enqueueAll = (): void => {
    for (const daemonSet of daemonSets.store.values()) queue.add(objectKey(daemonSet));
  };
  nodes.addHandler({
    onAdd: enqueueAll,
    onUpdate: (previous, node) => {
      if (canonical(placementView(previous)) !== canonical(placementView(node))) enqueueAll();
    },
    onDelete: enqueueAll,
  });
  await informers.start(signal);
};

/** The part of a node that decides whether daemons run on it. */
function placementView({ metadata, spec }: Node): unknown {
  return [metadata.labels, spec?.taints];
}

/** A daemon's pod is pinned to its node by affinity and then scheduled like any other. */
function daemonPod(daemonSet: DaemonSet, owner: PodOwner, name: string, node: string, revision: string): Pod {
  const pod = podFromTemplate(owner, daemonSet.spec?.template ?? {}, name);
  const field = { key: 'metadata.name', operator: 'In', values: [node] };
  return {
    ...pod,
    metadata: { ...pod.metadata, labels: { ...pod.metadata.labels, [REVISION_LABEL]: revision } },
    spec: {
      ...pod.spec,
      tolerations: [...(pod.spec?.tolerations ?? []), ...DAEMON_TOLERATIONS],
      affinity: {
        ...pod.spec?.affinity,
        nodeAffinity: {
          ...pod.spec?.affinity?.nodeAffinity,
          requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchFields: [field] }] },
        },
      },
    },
  };
}
