import type {
  Node,
  NodeSelectorRequirement,
  NodeSelectorTerm,
  Pod,
  Taint,
} from '../../openapi/generated/types.ts';
import { requirementHolds } from '../runtime/label-selector.ts';
import { toleratesTaint } from '../runtime/taint.ts';
import { podRequests, type ResourceAmounts } from './resource-amounts.ts';

/** A node and what the pods on it already use. */
export interface NodeState {
  readonly node: Node;
  readonly pods: readonly Pod[];
  readonly used: ResourceAmounts;
  readonly allocatable: ResourceAmounts;
}

/**
 * Why a pod cannot run on a node, in the words of the Kubernetes scheduler's plugins; undefined if it can.
 * (k8s pkg/scheduler/framework/plugins)
 */
export function whyNodeDoesNotFit(pod: Pod, state: NodeState): string | undefined {
  const { node } = state;
  if (node.spec?.unschedulable && !toleratesTaint(pod, UNSCHEDULABLE)) return 'node(s) were unschedulable';
  const taint = (node.spec?.taints ?? []).find(
    (candidate) => candidate.effect !== 'PreferNoSchedule' && !toleratesTaint(pod, candidate),
  );
  if (taint) return `node(s) had untolerated taint {${taint.key}: ${taint.value ?? ''}}`;
  if (!affinityHolds(pod, node)) return "node(s) didn't match Pod's node affinity/selector";
  if (hostPortsClash(pod, state.pods)) return "node(s) didn't have free ports for the requested pod ports";
  return whatIsInsufficient(pod, state);
}

const UNSCHEDULABLE: Taint = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };

/** nodeSelector and the required node affinity; both must hold, of affinity's terms one. */
export function affinityHolds(pod: Pod, node: Node): boolean {
  const labels = node.metadata.labels ?? {};
  const wanted = Object.entries(pod.spec?.nodeSelector ?? {});
  if (!wanted.every(([key, value]) => labels[key] === value)) return false;
  const required = pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  if (!required) return true;
  return (required.nodeSelectorTerms ?? []).some((term) => termHolds(term, node));
}

function termHolds(term: NodeSelectorTerm, node: Node): boolean {
  const expressions = term.matchExpressions ?? [];
  const fields = term.matchFields ?? [];
  if (expressions.length + fields.length === 0) return false;
  const all = (requirements: readonly NodeSelectorRequirement[], values: Readonly<Record<string, string>>) =>
    requirements.every((requirement) => requirementHolds(requirement, values));
  return (
    all(expressions, node.metadata.labels ?? {}) && all(fields, { 'metadata.name': node.metadata.name ?? '' })
  );
}

function hostPorts(pod: Pod): string[] {
  const ports = (pod.spec?.containers ?? []).flatMap((container) => container.ports ?? []);
  return ports.filter((port) => port.hostPort).map((port) => `${port.protocol ?? 'TCP'}/${port.hostPort}`);
}

function hostPortsClash(pod: Pod, others: readonly Pod[]): boolean {
  const wanted = new Set(hostPorts(pod));
  return wanted.size > 0 && others.some((other) => hostPorts(other).some((port) => wanted.has(port)));
}

function whatIsInsufficient(pod: Pod, { pods, used, allocatable }: NodeState): string | undefined {
  if (pods.length + 1 > allocatable.pods) return 'Too many pods';
  const wanted = podRequests(pod);
  if (wanted.cpu > 0 && used.cpu + wanted.cpu > allocatable.cpu) return 'Insufficient cpu';
  if (wanted.memory > 0 && used.memory + wanted.memory > allocatable.memory) return 'Insufficient memory';
  return undefined;
}
