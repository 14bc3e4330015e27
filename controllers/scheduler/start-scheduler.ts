import { isConflict, isNotFound } from '../../client/api-error.ts';
import type { StartController } from '../../client/controller-context.ts';
import { EventRecorder } from '../../client/event-recorder.ts';
import { objectKey } from '../../client/informer.ts';
import { canonical } from '../../client/object-hash.ts';
import { runQueue } from '../../client/run-queue.ts';
import { timestamp } from '../../client/timestamp.ts';
import type { Node, Pod } from '../../openapi/generated/types.ts';
import { resources } from '../../openapi/resources.ts';
import { isPodTerminal, podCondition } from '../runtime/pod-state.ts';
import { chooseNode } from './choose-node.ts';

const NAME = 'default-scheduler';

/**
 * Binds each pod that has no node to the best one. What has been bound but not yet seen in the informer is
 * remembered, so that two pods never count on the same room.
 */
export const startScheduler: StartController = async (context) => {
  const { client, clock, informers, signal } = context;
  const pods = informers.for(resources.pods);
  const nodes = informers.for(resources.nodes);
  const events = new EventRecorder(context, NAME);
  /** Pods by key with the node that was asked for, until the informer shows it. */
  const assumed = new Map<string, Pod>();
  pods.store.addIndex('node', (pod) =>
    pod.spec?.nodeName && !isPodTerminal(pod) ? [pod.spec.nodeName] : [],
  );

  const queue = runQueue(context, 'scheduler', async (key) => {
    const pod = pods.store.get(key);
    if (!pod || !needsNode(pod) || assumed.has(key)) return;
    const placement = chooseNode(pod, [...nodes.store.values()], podsOn);
    if (placement.kind === 'none') return reportUnschedulable(pod, placement.message);
    assumed.set(key, { ...pod, spec: { ...pod.spec, nodeName: placement.name } });
    await bind(pod, placement.name).catch((error) => {
      assumed.delete(key);
      if (!isNotFound(error) && !isConflict(error)) throw error;
    });
  });

  const podsOn = (node: string): readonly Pod[] => {
    const known = pods.store.byIndex('node', node);
    const extra = [...assumed.values()].filter((pod) => pod.spec?.nodeName === node);
    return extra.length === 0 ? known : [...known, ...extra];
  };

  const bind = async (pod: Pod, node: string): Promise<void> => {
    const { name = '', namespace, uid } = pod.metadata;
    await client.createSubresource(
      resources.pods,
      name,
      'binding',
      {
        apiVersion: 'v1',
        kind: 'Binding',
        metadata: { name, namespace, uid },
        target: { apiVersion: 'v1', kind: 'Node', name: node },
      },
      { namespace },
    );
    events.normal(pod, 'Scheduled', `Successfully assigned ${namespace}/${name} to ${node}`);
  };

  const reportUnschedulable = async (pod: Pod, message: string): Promise<void> => {
    if (podCondition(pod, 'PodScheduled')?.message === message) return;
    const { name = '', namespace } = pod.metadata;
    const condition = {
      type: 'PodScheduled',
      status: 'False',
      reason: 'Unschedulable',
      message,
      lastTransitionTime: timestamp(clock.now()),
    };
    const status = { conditions: [condition] };
    await client.patch(resources.pods, name, 'strategic', { status }, { namespace, subresource: 'status' });
    events.warning(pod, 'FailedScheduling', message);
  };

  pods.addHandler({
    onAdd: (pod) => observe(pod),
    onUpdate: (_, pod) => observe(pod),
    onDelete: (pod) => {
      assumed.delete(objectKey(pod));
      retryWaiting();
    },
  });
  const observe = (pod: Pod): void => {
    if (pod.spec?.nodeName) assumed.delete(objectKey(pod));
    if (needsNode(pod)) queue.add(objectKey(pod));
    if (isPodTerminal(pod)) retryWaiting();
  };
  /** Room may have appeared for pods that found none. */
  const retryWaiting = (): void => {
    for (const pod of pods.store.values()) if (needsNode(pod)) queue.add(objectKey(pod));
  };
  nodes.addHandler({
    onAdd: retryWaiting,
    onUpdate: (previous, node) => {
      if (canonical(schedulingView(previous)) !== canonical(schedulingView(node))) retryWaiting();
    },
  });
  await informers.start(signal);
};

function needsNode(pod: Pod): boolean {
  return (
    !pod.spec?.nodeName &&
    pod.metadata.deletionTimestamp === undefined &&
    (pod.spec?.schedulerName ?? NAME) === NAME &&
    !isPodTerminal(pod)
  );
}

/** The part of a node that decides which pods fit; a heartbeat changes none of it. */
function schedulingView({ metadata, spec, status }: Node): unknown {
  return [metadata.labels, spec?.taints, spec?.unschedulable, status?.allocatable];
}
