import type { Pod, ReplicaSet, ReplicaSetStatus } from '../../openapi/generated/types.ts';
import { isPodActive, isPodAvailable, isPodReady } from '../runtime/pod-state.ts';

/** What must be done so that a ReplicaSet has the pods it wants. */
export interface ReplicaPlan {
  readonly create: number;
  readonly remove: readonly Pod[];
}

/** At most this many pods are created or deleted in one go (k8s pkg/controller/replicaset, BurstReplicas). */
const BURST = 500;

/** `pods` are those that the ReplicaSet controls. */
export function planReplicas(replicaSet: ReplicaSet, pods: readonly Pod[]): ReplicaPlan {
  if (replicaSet.metadata.deletionTimestamp !== undefined) return { create: 0, remove: [] };
  const active = pods.filter(isPodActive);
  const missing = (replicaSet.spec?.replicas ?? 1) - active.length;
  if (missing >= 0) return { create: Math.min(missing, BURST), remove: [] };
  return { create: 0, remove: byWorth(active).slice(0, Math.min(-missing, BURST)) };
}

/** Those that serve least first: without a node, pending, not ready, then the youngest. */
function byWorth(pods: readonly Pod[]): Pod[] {
  const rank = (pod: Pod): number[] => [
    pod.spec?.nodeName ? 1 : 0,
    pod.status?.phase === 'Running' ? 1 : 0,
    isPodReady(pod) ? 1 : 0,
    -Date.parse(pod.metadata.creationTimestamp ?? ''),
  ];
  return [...pods].sort((a, b) => {
    const [left, right] = [rank(a), rank(b)];
    const differing = left.findIndex((value, index) => value !== right[index]);
    if (differing !== -1) return left[differing]! - right[differing]!;
    return (a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1;
  });
}

/** The status that a ReplicaSet's pods amount to. */
export function replicaSetStatus(
  replicaSet: ReplicaSet,
  pods: readonly Pod[],
  now: number,
): ReplicaSetStatus {
  const active = pods.filter(isPodActive);
  const labels = Object.entries(replicaSet.spec?.template?.metadata?.labels ?? {});
  const fullyLabeled = active.filter((pod) =>
    labels.every(([key, value]) => pod.metadata.labels?.[key] === value),
  );
  const minReadySeconds = replicaSet.spec?.minReadySeconds ?? 0;
  return {
    replicas: active.length,
    fullyLabeledReplicas: fullyLabeled.length,
    readyReplicas: active.filter(isPodReady).length,
    availableReplicas: active.filter((pod) => isPodAvailable(pod, minReadySeconds, now)).length,
    observedGeneration: replicaSet.metadata.generation,
  };
}
