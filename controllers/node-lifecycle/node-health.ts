import { timestamp } from '../../client/timestamp.ts';
import type { Node, NodeCondition, Taint } from '../../openapi/generated/types.ts';

export const NOT_READY = 'node.kubernetes.io/not-ready';
export const UNREACHABLE = 'node.kubernetes.io/unreachable';

/** What the kubelet last said, judged by how long it has been silent. */
export type NodeHealth = 'Ready' | 'NotReady' | 'Unknown';

export function nodeHealth(
  node: Node,
  lastHeartbeat: number,
  gracePeriodMs: number,
  now: number,
): NodeHealth {
  if (now - lastHeartbeat > gracePeriodMs) return 'Unknown';
  const ready = node.status?.conditions?.find(({ type }) => type === 'Ready');
  return ready?.status === 'True' ? 'Ready' : ready?.status === 'Unknown' ? 'Unknown' : 'NotReady';
}

/** The conditions of a node whose kubelet has gone silent (k8s node_lifecycle_controller.go). */
export function unknownConditions(node: Node, now: number): NodeCondition[] {
  const at = timestamp(now);
  return (node.status?.conditions ?? []).map((condition) =>
    condition.status === 'Unknown'
      ? condition
      : {
          ...condition,
          status: 'Unknown',
          reason: 'NodeStatusUnknown',
          message: 'Kubelet stopped posting node status.',
          lastTransitionTime: at,
        },
  );
}

/** The taints a node should carry for its health; those of other origins stay as they are. */
export function healthTaints(node: Node, health: NodeHealth, now: number): Taint[] {
  const taints = node.spec?.taints ?? [];
  const others = taints.filter(({ key }) => key !== NOT_READY && key !== UNREACHABLE);
  if (health === 'Ready') return others;
  const key = health === 'Unknown' ? UNREACHABLE : NOT_READY;
  const present = (effect: string) => taints.find((taint) => taint.key === key && taint.effect === effect);
  return [
    ...others,
    present('NoSchedule') ?? { key, effect: 'NoSchedule', timeAdded: timestamp(now) },
    present('NoExecute') ?? { key, effect: 'NoExecute', timeAdded: timestamp(now) },
  ];
}
