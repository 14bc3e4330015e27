import type { Deployment, ReplicaSet } from '../../openapi/generated/types.ts';

/** How far a rolling update may go above and below the wanted number, in pods. */
export interface RolloutBounds {
  readonly maxSurge: number;
  readonly maxUnavailable: number;
}

/** A ReplicaSet's new size. */
export interface Scaling {
  readonly replicaSet: ReplicaSet;
  readonly replicas: number;
}

/** Percentages round up for surge and down for unavailability; both zero means one unavailable. */
export function rolloutBounds(deployment: Deployment): RolloutBounds {
  const replicas = deployment.spec?.replicas ?? 1;
  const { maxSurge = '25%', maxUnavailable = '25%' } = deployment.spec?.strategy?.rollingUpdate ?? {};
  const surge = scaled(maxSurge, replicas, Math.ceil);
  const unavailable = scaled(maxUnavailable, replicas, Math.floor);
  return { maxSurge: surge, maxUnavailable: surge === 0 && unavailable === 0 ? 1 : unavailable };
}

function scaled(value: number | string, of: number, round: (value: number) => number): number {
  if (typeof value === 'number') return value;
  return value.endsWith('%') ? round((Number.parseInt(value, 10) * of) / 100) : Number.parseInt(value, 10);
}

/**
 * The next step of a rollout: which ReplicaSets change size now. Applying it and looking again leads to the
 * new one at full size and the old ones at none, never leaving the bounds. (k8s pkg/controller/deployment)
 */
export function planRollout(
  deployment: Deployment,
  newest: ReplicaSet,
  old: readonly ReplicaSet[],
): readonly Scaling[] {
  if (deployment.spec?.paused) return scaleInProportion(deployment, [newest, ...old]);
  if (deployment.spec?.strategy?.type === 'Recreate') return planRecreate(deployment, newest, old);
  const grown = growNewest(deployment, newest, old);
  return grown ? [grown] : shrinkOld(deployment, newest, old);
}

const sizeOf = (replicaSet: ReplicaSet): number => replicaSet.spec?.replicas ?? 0;
const availableOf = (replicaSet: ReplicaSet): number => replicaSet.status?.availableReplicas ?? 0;
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

function planRecreate(
  deployment: Deployment,
  newest: ReplicaSet,
  old: readonly ReplicaSet[],
): readonly Scaling[] {
  const running = old.filter((replicaSet) => sizeOf(replicaSet) > 0);
  if (running.length > 0) return running.map((replicaSet) => ({ replicaSet, replicas: 0 }));
  const gone = old.every((replicaSet) => (replicaSet.status?.replicas ?? 0) === 0);
  const wanted = deployment.spec?.replicas ?? 1;
  return gone && sizeOf(newest) !== wanted ? [{ replicaSet: newest, replicas: wanted }] : [];
}

/** A paused rollout still follows `replicas`: the newest ReplicaSet takes the difference. */
function scaleInProportion(deployment: Deployment, all: readonly ReplicaSet[]): readonly Scaling[] {
  const [newest] = all;
  const difference = (deployment.spec?.replicas ?? 1) - sum(all.map(sizeOf));
  if (!newest || difference === 0) return [];
  return [{ replicaSet: newest, replicas: Math.max(0, sizeOf(newest) + difference) }];
}

function growNewest(
  deployment: Deployment,
  newest: ReplicaSet,
  old: readonly ReplicaSet[],
): Scaling | undefined {
  const wanted = deployment.spec?.replicas ?? 1;
  const current = sizeOf(newest);
  if (current === wanted) return undefined;
  if (current > wanted) return { replicaSet: newest, replicas: wanted };
  const room = wanted + rolloutBounds(deployment).maxSurge - sum([newest, ...old].map(sizeOf));
  return room <= 0 ? undefined : { replicaSet: newest, replicas: Math.min(wanted, current + room) };
}

function shrinkOld(
  deployment: Deployment,
  newest: ReplicaSet,
  old: readonly ReplicaSet[],
): readonly Scaling[] {
  const wanted = deployment.spec?.replicas ?? 1;
  const leastAvailable = wanted - rolloutBounds(deployment).maxUnavailable;
  const total = sum([newest, ...old].map(sizeOf));
  const newestUnavailable = sizeOf(newest) - availableOf(newest);
  const sizes = new Map(old.map((replicaSet) => [replicaSet, sizeOf(replicaSet)]));
  // Pods that do not serve go first: nobody misses them.
  let removable = total - leastAvailable - newestUnavailable;
  for (const replicaSet of oldestFirst(old)) {
    const broken = Math.max(0, sizeOf(replicaSet) - availableOf(replicaSet));
    const removed = Math.min(broken, Math.max(0, removable));
    sizes.set(replicaSet, sizes.get(replicaSet)! - removed);
    removable -= removed;
  }
  let spare = sum([newest, ...old].map(availableOf)) - leastAvailable;
  for (const replicaSet of oldestFirst(old)) {
    const removed = Math.min(sizes.get(replicaSet)!, availableOf(replicaSet), Math.max(0, spare));
    sizes.set(replicaSet, sizes.get(replicaSet)! - removed);
    spare -= removed;
  }
  return [...sizes]
    .filter(([replicaSet, replicas]) => replicas !== sizeOf(replicaSet))
    .map(([replicaSet, replicas]) => ({ replicaSet, replicas }));
}

function oldestFirst(replicaSets: readonly ReplicaSet[]): ReplicaSet[] {
  return [...replicaSets].sort(
    (a, b) =>
      Date.parse(a.metadata.creationTimestamp ?? '') - Date.parse(b.metadata.creationTimestamp ?? '') ||
      ((a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1),
  );
}
