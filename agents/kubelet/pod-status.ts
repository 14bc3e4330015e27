import { timestamp } from '../../client/timestamp.ts';
import type { ContainerStatus, Pod, PodCondition, PodStatus } from '../../openapi/generated/types.ts';

/** What a node knows of a pod that runs on it. */
export interface PodObservation {
  readonly hostIps: readonly string[];
  /** None until the sandbox has its network. */
  readonly podIps: readonly string[];
  readonly startTime: number;
  readonly initContainers: readonly ContainerStatus[];
  readonly containers: readonly ContainerStatus[];
  readonly terminating: boolean;
}

/** The status that the API shows for a pod (k8s pkg/kubelet/kubelet_pods.go, status/generate.go). */
export function podStatus(pod: Pod, observed: PodObservation, now: number): PodStatus {
  const { hostIps, podIps, startTime, initContainers, containers } = observed;
  return {
    phase: podPhase(pod, observed),
    conditions: podConditions(pod, observed, now),
    hostIP: hostIps[0],
    hostIPs: hostIps.map((ip) => ({ ip })),
    ...(podIps.length === 0 ? {} : { podIP: podIps[0], podIPs: podIps.map((ip) => ({ ip })) }),
    startTime: pod.status?.startTime ?? timestamp(startTime),
    ...(initContainers.length > 0 ? { initContainerStatuses: [...initContainers] } : {}),
    containerStatuses: [...containers],
    qosClass: pod.status?.qosClass,
  };
}

function podPhase(pod: Pod, { containers, initContainers, terminating }: PodObservation): string {
  const policy = pod.spec?.restartPolicy ?? 'Always';
  const failedInit = initContainers.some(({ state }) => (state?.terminated?.exitCode ?? 0) !== 0);
  if (failedInit && policy === 'Never') return 'Failed';
  const started = containers.filter(
    ({ state, lastState }) => state?.running || state?.terminated || lastState?.terminated,
  );
  if (started.length < containers.length) return 'Pending';
  const ended = containers.filter(({ state }) => state?.terminated);
  // A pod that is being deleted is not started again, whatever its policy.
  const restarts = policy === 'Always' && !terminating;
  if (ended.length < containers.length || restarts) return 'Running';
  const failed = ended.some(({ state }) => state?.terminated?.exitCode !== 0);
  if (!failed) return 'Succeeded';
  return policy === 'Never' || terminating ? 'Failed' : 'Running';
}

/** Why a pod that has ended is not ready. */
const ENDED: Readonly<Record<string, string>> = { Succeeded: 'PodCompleted', Failed: 'PodFailed' };

function podConditions(pod: Pod, observed: PodObservation, now: number): PodCondition[] {
  const phase = podPhase(pod, observed);
  const initialized = observed.initContainers.every(({ state }) => state?.terminated?.exitCode === 0);
  const allReady = observed.containers.length > 0 && observed.containers.every(({ ready }) => ready);
  const unready = observed.containers.filter(({ ready }) => !ready).map(({ name }) => name);
  const end = ENDED[phase];
  const why = end
    ? { reason: end }
    : { reason: 'ContainersNotReady', message: `containers with unready status: [${unready.join(' ')}]` };
  const ready = allReady && gatesOpen(pod);
  const wanted: PodCondition[] = [
    condition('PodReadyToStartContainers', observed.podIps.length > 0),
    condition('Initialized', initialized, { reason: 'ContainersNotInitialized' }),
    condition('Ready', ready, allReady ? { reason: 'ReadinessGatesNotReady' } : why),
    condition('ContainersReady', allReady, why),
    condition('PodScheduled', true),
  ];
  const own = new Set(wanted.map(({ type }) => type));
  const others = (pod.status?.conditions ?? []).filter(({ type }) => !own.has(type));
  return [...wanted.map((next) => keepTransition(pod, next, now)), ...others];
}

/** Conditions that others set and the pod waits for. */
function gatesOpen(pod: Pod): boolean {
  return (pod.spec?.readinessGates ?? []).every(
    ({ conditionType }) =>
      pod.status?.conditions?.find(({ type }) => type === conditionType)?.status === 'True',
  );
}

function condition(type: string, holds: boolean, why: Partial<PodCondition> = {}): PodCondition {
  return holds ? { type, status: 'True' } : { type, status: 'False', ...why };
}

function keepTransition(pod: Pod, next: PodCondition, now: number): PodCondition {
  const previous = pod.status?.conditions?.find(({ type }) => type === next.type);
  const lastTransitionTime = previous?.status === next.status ? previous?.lastTransitionTime : undefined;
  return { ...next, lastTransitionTime: lastTransitionTime ?? timestamp(now) };
}
