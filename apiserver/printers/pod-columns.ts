import type { ContainerStatus, Pod } from '../../openapi/generated/types.ts';
import { age, ageColumn, type Column, column, nameColumn, wide } from './column.ts';

export const podColumns: readonly Column[] = [
  nameColumn,
  column<Pod>('Ready', ready),
  column<Pod>('Status', podReason),
  column<Pod>('Restarts', restarts),
  ageColumn,
  wide<Pod>('IP', ({ status }) => status?.podIPs?.[0]?.ip ?? status?.podIP ?? '<none>'),
  wide<Pod>('Node', ({ spec }) => spec?.nodeName || '<none>'),
  wide<Pod>('Nominated Node', ({ status }) => status?.nominatedNodeName || '<none>'),
  wide<Pod>('Readiness Gates', readinessGates),
];

function ready({ spec, status }: Pod): string {
  const statuses = status?.containerStatuses ?? [];
  return `${statuses.filter((each) => each.ready).length}/${spec?.containers?.length ?? 0}`;
}

function readinessGates({ spec, status }: Pod): string {
  const gates = spec?.readinessGates ?? [];
  if (gates.length === 0) return '<none>';
  const holds = (type: string | undefined): boolean =>
    status?.conditions?.some((condition) => condition.type === type && condition.status === 'True') ?? false;
  return `${gates.filter(({ conditionType }) => holds(conditionType)).length}/${gates.length}`;
}

function restarts({ status }: Pod, now: number): string {
  const statuses = status?.containerStatuses ?? [];
  const count = statuses.reduce((sum, each) => sum + (each.restartCount ?? 0), 0);
  const last = statuses.map((each) => each.lastState?.terminated?.finishedAt ?? '').reduce(later, '');
  return count === 0 || last === '' ? String(count) : `${count} (${age(last, now)} ago)`;
}

function later(a: string, b: string): string {
  return a > b ? a : b;
}

/** The STATUS column: the most telling thing about a pod (k8s printers.go, printPod). */
function podReason(pod: Pod): string {
  const { metadata, spec, status = {} } = pod;
  let reason = status.reason || status.phase || 'Unknown';
  if (status.conditions?.some((each) => each.type === 'PodScheduled' && each.reason === 'SchedulingGated')) {
    reason = 'SchedulingGated';
  }
  const initializing = initReason(pod);
  if (initializing !== undefined) reason = initializing;
  else reason = containersReason(status.containerStatuses ?? [], reason, isReady(pod));
  if (metadata.deletionTimestamp === undefined) return reason;
  if (status.reason === 'NodeLost') return 'Unknown';
  const ended = status.phase === 'Failed' || status.phase === 'Succeeded';
  return ended && spec?.nodeName ? reason : 'Terminating';
}

function isReady({ status }: Pod): boolean {
  return status?.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True') ?? false;
}

function initReason({ spec, status }: Pod): string | undefined {
  const statuses = status?.initContainerStatuses ?? [];
  const total = spec?.initContainers?.length ?? 0;
  for (const [index, { state = {}, started }] of statuses.entries()) {
    if (state.terminated?.exitCode === 0) continue;
    const isSidecar = spec?.initContainers?.[index]?.restartPolicy === 'Always';
    if (isSidecar && started) continue;
    if (state.terminated) return `Init:${terminatedReason(state.terminated)}`;
    const waiting = state.waiting?.reason;
    return waiting && waiting !== 'PodInitializing' ? `Init:${waiting}` : `Init:${index}/${total}`;
  }
  return undefined;
}

function terminatedReason(
  terminated: NonNullable<NonNullable<ContainerStatus['state']>['terminated']>,
): string {
  if (terminated.reason) return terminated.reason;
  return terminated.signal ? `Signal:${terminated.signal}` : `ExitCode:${terminated.exitCode ?? 0}`;
}

function containersReason(statuses: readonly ContainerStatus[], phase: string, podReady: boolean): string {
  let reason = phase;
  let running = false;
  for (const { state = {}, ready: isUp } of [...statuses].reverse()) {
    if (state.waiting?.reason) reason = state.waiting.reason;
    else if (state.terminated) reason = terminatedReason(state.terminated);
    else if (isUp && state.running) running = true;
  }
  if (reason === 'Completed' && running) return podReady ? 'Running' : 'NotReady';
  return reason;
}
