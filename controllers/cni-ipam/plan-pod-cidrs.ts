import type { Node } from '../../openapi/generated/types.ts';
import { type Cidr, cidrsOverlap, formatCidr, parseCidr, subnet, subnetCount } from '../runtime/cidr.ts';

export interface PodCidrOptions {
  /** The cluster's pod network of one family, such as 10.244.0.0/16. */
  readonly clusterCidr: string;
  /** The prefix length of each node's share; by default 24 in Kubernetes, and 64 for IPv6. */
  readonly nodeMask: number;
}

export interface PodCidrPlan {
  /** Node name → the share it is to get. */
  readonly assign: ReadonlyMap<string, string>;
  /** Nodes for which nothing is left. */
  readonly exhausted: readonly string[];
  /** Nodes that hold a share which another, older node also holds, or that is outside the pod network. */
  readonly faults: readonly { readonly node: string; readonly cidr: string; readonly problem: string }[];
}

/**
 * Which nodes get which share of the pod network of one family. Every node keeps what it has, because podCIDR is immutable;
 * a node without one gets the lowest free share. (k8s pkg/controller/nodeipam/ipam/range_allocator.go)
 */
export function planPodCidrs(nodes: readonly Node[], options: PodCidrOptions): PodCidrPlan {
  const cluster = parseCidr(options.clusterCidr);
  const taken: { node: string; cidr: Cidr }[] = [];
  const faults: { node: string; cidr: string; problem: string }[] = [];
  const ordered = byAge(nodes);
  for (const node of ordered) {
    const name = node.metadata.name ?? '';
    const cidr = sharesOf(node).find((each) => each.includes(':') === (cluster.width === 128));
    if (!cidr) continue;
    const parsed = parseCidr(cidr);
    const other = taken.find((entry) => cidrsOverlap(entry.cidr, parsed));
    if (other) faults.push({ node: name, cidr, problem: `overlaps with node ${other.node}` });
    if (!cidrsOverlap(cluster, parsed))
      faults.push({ node: name, cidr, problem: `is outside ${options.clusterCidr}` });
    taken.push({ node: name, cidr: parsed });
  }
  const assign = new Map<string, string>();
  const exhausted: string[] = [];
  const free = freeSubnets(
    cluster,
    options.nodeMask,
    taken.map(({ cidr }) => cidr),
  );
  for (const node of ordered.filter((each) => sharesOf(each).length === 0)) {
    const next = free.next();
    const name = node.metadata.name ?? '';
    if (next.done) exhausted.push(name);
    else assign.set(name, formatCidr(next.value));
  }
  return { assign, exhausted, faults };
}

const sharesOf = ({ spec }: Node): readonly string[] =>
  spec?.podCIDRs ?? (spec?.podCIDR ? [spec.podCIDR] : []);

function* freeSubnets(cluster: Cidr, mask: number, taken: readonly Cidr[]): Generator<Cidr, undefined> {
  const exact = new Set(taken.filter(({ bits }) => bits === mask).map(formatCidr));
  const odd = taken.filter(({ bits }) => bits !== mask);
  for (let index = 0; index < subnetCount(cluster, mask); index++) {
    const candidate = subnet(cluster, mask, index);
    if (!exact.has(formatCidr(candidate)) && !odd.some((cidr) => cidrsOverlap(cidr, candidate)))
      yield candidate;
  }
  return undefined;
}

function byAge(nodes: readonly Node[]): Node[] {
  const age = ({ metadata }: Node) => `${metadata.creationTimestamp ?? ''}/${metadata.name ?? ''}`;
  return [...nodes].sort((a, b) => (age(a) < age(b) ? -1 : 1));
}
