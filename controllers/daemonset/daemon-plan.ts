import type { DaemonSet, DaemonSetStatus, Node, Pod, Toleration } from '../../openapi/generated/types.ts';
import { isPodActive, isPodAvailable, isPodReady, isPodTerminal } from '../runtime/pod-state.ts';
import { toleratesTaint } from '../runtime/taint.ts';
import { affinityHolds } from '../scheduler/node-fits.ts';

export const REVISION_LABEL = 'controller-revision-hash';

/** What must be done so that every node that should run the daemon runs one, of the present template. */
export interface DaemonPlan {
  /** Nodes that lack a pod. */
  readonly create: readonly string[];
  readonly remove: readonly Pod[];
}

/** Taints that a node's own troubles raise; a daemon stays through them (k8s pkg/controller/daemon). */
export const DAEMON_TOLERATIONS: readonly Toleration[] = [
  ...['not-ready', 'unreachable'].map((name) => ({
    key: `node.kubernetes.io/${name}`,
    operator: 'Exists',
    effect: 'NoExecute',
  })),
  ...['disk-pressure', 'memory-pressure', 'pid-pressure', 'unschedulable'].map((name) => ({
    key: `node.kubernetes.io/${name}`,
    operator: 'Exists',
    effect: 'NoSchedule',
  })),
];

export function planDaemons(
  daemonSet: DaemonSet,
  revision: string,
  nodes: readonly Node[],
  pods: readonly Pod[],
  now: number,
): DaemonPlan {
  if (daemonSet.metadata.deletionTimestamp !== undefined) return { create: [], remove: [] };
  const eligible = new Set(
    nodes.filter((node) => shouldRun(daemonSet, node)).map(({ metadata }) => metadata.name),
  );
  const create: string[] = [];
  const remove: Pod[] = [];
  const kept = new Set<string | undefined>();
  for (const pod of pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined)) {
    const node = targetNode(pod);
    if (eligible.has(node) && !kept.has(node) && !isPodTerminal(pod)) kept.add(node);
    else remove.push(pod);
  }
  for (const name of eligible) {
    const occupied = pods.some((pod) => targetNode(pod) === name && !isPodTerminal(pod));
    if (name !== undefined && !occupied) create.push(name);
  }
  return { create, remove: [...remove, ...outdated(daemonSet, revision, eligible.size, pods, now)] };
}

/** The node that a daemon's pod is for: where it runs, or where its affinity pins it. */
export function targetNode(pod: Pod): string | undefined {
  if (pod.spec?.nodeName) return pod.spec.nodeName;
  const terms =
    pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  return terms.flatMap((term) => term.matchFields ?? []).find(({ key }) => key === 'metadata.name')
    ?.values?.[0];
}

/** Old pods that a rolling update may replace now: those that do not serve, then as many as may be missing. */
function outdated(
  daemonSet: DaemonSet,
  revision: string,
  wanted: number,
  pods: readonly Pod[],
  now: number,
): readonly Pod[] {
  if (daemonSet.spec?.updateStrategy?.type === 'OnDelete') return [];
  const active = pods.filter(isPodActive);
  const old = active.filter((pod) => pod.metadata.labels?.[REVISION_LABEL] !== revision);
  const available = active.filter((pod) => isPodAvailable(pod, daemonSet.spec?.minReadySeconds ?? 0, now));
  const maximum = daemonSet.spec?.updateStrategy?.rollingUpdate?.maxUnavailable ?? 1;
  const allowed =
    typeof maximum === 'number' ? maximum : Math.ceil((Number.parseInt(maximum, 10) * wanted) / 100);
  const broken = old.filter((pod) => !available.includes(pod));
  const budget = Math.max(0, allowed - (wanted - available.length));
  return [...broken, ...old.filter((pod) => available.includes(pod)).slice(0, budget)];
}

/** Whether a node should run the daemon: its labels match and its taints are tolerated. */
export function shouldRun(daemonSet: DaemonSet, node: Node): boolean {
  const spec = daemonSet.spec?.template?.spec ?? {};
  const pod: Pod = {
    metadata: {},
    spec: { ...spec, tolerations: [...(spec.tolerations ?? []), ...DAEMON_TOLERATIONS] },
  };
  const taints = node.spec?.taints ?? [];
  return (
    affinityHolds(pod, node) &&
    taints.every((taint) => taint.effect === 'PreferNoSchedule' || toleratesTaint(pod, taint))
  );
}

export function daemonSetStatus(
  daemonSet: DaemonSet,
  revision: string,
  nodes: readonly Node[],
  pods: readonly Pod[],
  now: number,
): DaemonSetStatus {
  const eligible = new Set(
    nodes.filter((node) => shouldRun(daemonSet, node)).map(({ metadata }) => metadata.name),
  );
  const active = pods.filter(isPodActive);
  const right = active.filter((pod) => eligible.has(targetNode(pod)));
  const available = right.filter((pod) =>
    isPodAvailable(pod, daemonSet.spec?.minReadySeconds ?? 0, now),
  ).length;
  return {
    desiredNumberScheduled: eligible.size,
    currentNumberScheduled: new Set(right.map(targetNode)).size,
    numberMisscheduled: active.length - right.length,
    numberReady: right.filter(isPodReady).length,
    numberAvailable: available,
    numberUnavailable: eligible.size - available,
    updatedNumberScheduled: right.filter((pod) => pod.metadata.labels?.[REVISION_LABEL] === revision).length,
    observedGeneration: daemonSet.metadata.generation,
  };
}
