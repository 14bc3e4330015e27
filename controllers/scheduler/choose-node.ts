import type { Node, Pod } from '../../openapi/generated/types.ts';
import { controllerOf } from '../runtime/owner.ts';
import { type NodeState, whyNodeDoesNotFit } from './node-fits.ts';
import { nodeAllocatable, sumRequests } from './resource-amounts.ts';

export type Placement =
  | { readonly kind: 'node'; readonly name: string }
  | { readonly kind: 'none'; readonly message: string };

/**
 * Where a pod should run: of the nodes that fit, the one with the fewest pods of the same controller, then
 * with the fewest pods, then the first by name. Pods of one workload so spread over the nodes, as the
 * Kubernetes scheduler's default topology spread has it.
 */
export function chooseNode(
  pod: Pod,
  nodes: readonly Node[],
  podsOf: (node: string) => readonly Pod[],
): Placement {
  const reasons = new Map<string, number>();
  let best: { state: NodeState; siblings: number } | undefined;
  for (const node of nodes) {
    const pods = podsOf(node.metadata.name ?? '');
    const state = { node, pods, used: sumRequests(pods), allocatable: nodeAllocatable(node) };
    const reason = whyNodeDoesNotFit(pod, state);
    if (reason !== undefined) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    else {
      const candidate = { state, siblings: siblingsAmong(pod, pods) };
      if (!best || isBetter(candidate, best)) best = candidate;
    }
  }
  if (best) return { kind: 'node', name: best.state.node.metadata.name ?? '' };
  return { kind: 'none', message: unschedulableMessage(nodes.length, reasons) };
}

function siblingsAmong(pod: Pod, pods: readonly Pod[]): number {
  const owner = controllerOf(pod)?.uid;
  return owner === undefined ? 0 : pods.filter((other) => controllerOf(other)?.uid === owner).length;
}

function isBetter(
  a: { state: NodeState; siblings: number },
  b: { state: NodeState; siblings: number },
): boolean {
  if (a.siblings !== b.siblings) return a.siblings < b.siblings;
  if (a.state.pods.length !== b.state.pods.length) return a.state.pods.length < b.state.pods.length;
  return (a.state.node.metadata.name ?? '') < (b.state.node.metadata.name ?? '');
}

function unschedulableMessage(nodes: number, reasons: ReadonlyMap<string, number>): string {
  if (nodes === 0) return 'no nodes available to schedule pods';
  const parts = [...reasons].map(([reason, count]) => `${count} ${reason}`).sort();
  return `0/${nodes} nodes are available: ${parts.join(', ')}.`;
}
