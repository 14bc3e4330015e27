import type { Pod, PodDisruptionBudget } from '../../openapi/generated/types.ts';
import { isPodReady, isPodTerminal } from '../runtime/pod-state.ts';

/** How long an eviction that was allowed may take to show as a deletion (k8s disruption.go DeletionTimeout). */
const DELETION_MS = 2 * 60_000;

/** What a budget's status says, but for its conditions' times. */
export interface BudgetPlan {
  readonly currentHealthy: number;
  readonly desiredHealthy: number;
  readonly expectedPods: number;
  readonly disruptionsAllowed: number;
  /** When the eviction of each pod was allowed. */
  readonly disruptedPods: Record<string, string>;
}

/**
 * How many of a budget's pods may go now. `expected` is the number of replicas that the pods' controllers want,
 * which percentages and maxUnavailable are of (k8s pkg/controller/disruption/disruption.go).
 */
export function planBudget(
  { spec = {}, status }: PodDisruptionBudget,
  pods: readonly Pod[],
  expected: number,
  now: number,
): BudgetPlan {
  const disruptedPods = stillDisrupted(status?.disruptedPods ?? {}, pods, now);
  const live = pods.filter((pod) => !isPodTerminal(pod));
  const currentHealthy = live.filter(
    (pod) =>
      pod.metadata.deletionTimestamp === undefined &&
      disruptedPods[pod.metadata.name ?? ''] === undefined &&
      isPodReady(pod),
  ).length;
  const { minAvailable, maxUnavailable } = spec;
  const expectedPods =
    maxUnavailable === undefined && typeof minAvailable === 'number' ? live.length : expected;
  const desiredHealthy =
    maxUnavailable === undefined
      ? amountOf(minAvailable ?? 0, expectedPods)
      : Math.max(0, expectedPods - amountOf(maxUnavailable, expectedPods));
  const disruptionsAllowed = expectedPods > 0 ? Math.max(0, currentHealthy - desiredHealthy) : 0;
  return { currentHealthy, desiredHealthy, expectedPods, disruptionsAllowed, disruptedPods };
}

/** Percentages are rounded up. */
function amountOf(value: number | string, of: number): number {
  return typeof value === 'number' ? value : Math.ceil((Number.parseFloat(value) * of) / 100);
}

/** Pods whose eviction was allowed and that are not on their way yet: they count as gone. */
function stillDisrupted(
  disrupted: Readonly<Record<string, string>>,
  pods: readonly Pod[],
  now: number,
): Record<string, string> {
  const names = new Set(
    pods
      .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
      .map(({ metadata }) => metadata.name),
  );
  return Object.fromEntries(
    Object.entries(disrupted).filter(([name, at]) => names.has(name) && Date.parse(at) + DELETION_MS > now),
  );
}
