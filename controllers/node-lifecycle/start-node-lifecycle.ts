import { isNotFound } from '../../client/api-error.ts';
import type { ControllerContext } from '../../client/controller-context.ts';
import { EventRecorder } from '../../client/event-recorder.ts';
import { objectKey } from '../../client/informer.ts';
import { canonical } from '../../client/object-hash.ts';
import { runQueue } from '../../client/run-queue.ts';
import { timestamp } from '../../client/timestamp.ts';
import type { Node, Pod } from '../../openapi/generated/types.ts';
import { resources } from '../../openapi/resources.ts';
import { isPodReady, isPodTerminal } from '../runtime/pod-state.ts';
import { evictionTime } from './eviction-time.ts';
import { healthTaints, type NodeHealth, nodeHealth, unknownConditions } from './node-health.ts';

export interface NodeLifecycleOptions {
  /** A node whose kubelet has been silent for longer is Unknown; Kubernetes' default is 40 s. */
  readonly nodeMonitorGracePeriodMs: number;
}

const LEASE_NAMESPACE = 'kube-node-lease';

/** Watches over the nodes: marks the silent ones, taints them, and evicts the pods that do not tolerate it. */
export async function startNodeLifecycle(
  context: ControllerContext,
  options: NodeLifecycleOptions,
): Promise<void> {
  const { client, clock, informers, signal } = context;
  const nodes = informers.for(resources.nodes);
  const pods = informers.for(resources.pods);
  const leases = informers.for(resources.leases, { namespace: LEASE_NAMESPACE });
  const events = new EventRecorder(context, 'node-controller');
  /** When something was last heard of each node, by this process's own clock. */
  const heartbeats = new Map<string, number>();
  pods.store.addIndex('node', (pod) =>
    pod.spec?.nodeName && !isPodTerminal(pod) ? [pod.spec.nodeName] : [],
  );

  const nodeQueue = runQueue(context, 'node_lifecycle', async (name) => {
    const node = nodes.store.get(name);
    if (!node) return;
    const now = clock.now();
    const heartbeat = heartbeats.get(name) ?? now;
    heartbeats.set(name, heartbeat);
    const health = nodeHealth(node, heartbeat, options.nodeMonitorGracePeriodMs, now);
    if (health === 'Unknown') await markUnknown(node, now);
    await taint(node, health, now);
    if (health !== 'Ready') for (const pod of podsOn(name)) await markNotReady(pod, now);
    const overdue = heartbeat + options.nodeMonitorGracePeriodMs + 1 - now;
    if (overdue > 0) return { requeueAfterMs: overdue };
  });

  const podQueue = runQueue(
    context,
    'taint_eviction',
    async (key) => {
      const pod = pods.store.get(key);
      const node = pod?.spec?.nodeName ? nodes.store.get(pod.spec.nodeName) : undefined;
      if (!pod || !node || isPodTerminal(pod) || pod.metadata.deletionTimestamp !== undefined) return;
      const due = evictionTime(pod, node);
      if (due === undefined) return;
      if (due > clock.now()) return { requeueAfterMs: due - clock.now() };
      await evict(pod);
    },
    5,
  );

  const podsOn = (node: string): readonly Pod[] => pods.store.byIndex('node', node);

  const markUnknown = async (node: Node, now: number): Promise<void> => {
    const conditions = unknownConditions(node, now);
    if (canonical(conditions) === canonical(node.status?.conditions)) return;
    const name = node.metadata.name ?? '';
    await client.patch(
      resources.nodes,
      name,
      'strategic',
      { status: { conditions } },
      { subresource: 'status' },
    );
    events.normal({ ...node, kind: 'Node' }, 'NodeNotReady', `Node ${name} status is now: NodeNotReady`);
  };

  const taint = async (node: Node, health: NodeHealth, now: number): Promise<void> => {
    const taints = healthTaints(node, health, now);
    if (canonical(taints) === canonical(node.spec?.taints ?? [])) return;
    const { name = '', resourceVersion } = node.metadata;
    await client.patch(resources.nodes, name, 'merge', { metadata: { resourceVersion }, spec: { taints } });
  };

  const markNotReady = async (pod: Pod, now: number): Promise<void> => {
    if (!isPodReady(pod)) return;
    const { name = '', namespace } = pod.metadata;
    const conditions = [{ type: 'Ready', status: 'False', lastTransitionTime: timestamp(now) }];
    await client
      .patch(
        resources.pods,
        name,
        'strategic',
        { status: { conditions } },
        { namespace, subresource: 'status' },
      )
      .catch(ignoreNotFound);
    events.warning({ ...pod, kind: 'Pod' }, 'NodeNotReady', 'Node is not ready');
  };

  const evict = async (pod: Pod): Promise<void> => {
    const { name = '', namespace, uid } = pod.metadata;
    events.normal(
      { ...pod, kind: 'Pod' },
      'TaintManagerEviction',
      `Marking for deletion Pod ${namespace}/${name}`,
    );
    await client.delete(resources.pods, name, { namespace, preconditions: { uid } }).catch(ignoreNotFound);
  };

  const heard = (name: string): void => {
    heartbeats.set(name, clock.now());
    nodeQueue.add(name);
  };
  leases.addHandler({
    onAdd: ({ metadata }) => heard(metadata.name ?? ''),
    onUpdate: (previous, lease) => {
      if (previous.spec?.renewTime !== lease.spec?.renewTime) heard(lease.metadata.name ?? '');
    },
  });
  const enqueuePods = (name: string): void => {
    for (const pod of podsOn(name)) podQueue.add(objectKey(pod));
  };
  nodes.addHandler({
    onAdd: (node) => nodeQueue.add(objectKey(node)),
    onUpdate: (previous, node) => {
      if (canonical(previous.status?.conditions) !== canonical(node.status?.conditions))
        nodeQueue.add(objectKey(node));
      if (canonical(previous.spec?.taints) !== canonical(node.spec?.taints)) enqueuePods(objectKey(node));
    },
    onDelete: (node) => heartbeats.delete(objectKey(node)),
  });
  pods.addHandler({
    onAdd: (pod) => podQueue.add(objectKey(pod)),
    onUpdate: (previous, pod) => {
      if (previous.spec?.nodeName !== pod.spec?.nodeName) podQueue.add(objectKey(pod));
    },
  });
  await informers.start(signal);
}

function ignoreNotFound(error: unknown): void {
  if (!isNotFound(error)) throw error;
}
