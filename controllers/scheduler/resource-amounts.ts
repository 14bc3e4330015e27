import type { Node, Pod } from '../../openapi/generated/types.ts';

/** CPU in cores, memory in bytes, and a count of pods. */
export interface ResourceAmounts {
  readonly cpu: number;
  readonly memory: number;
  readonly pods: number;
}

const SUFFIXES: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** A quantity as a number; what is not a quantity counts as nothing (k8s apimachinery resource.Quantity). */
export function quantity(text: string | undefined): number {
  const match = /^([+-]?[0-9.]+(?:[eE][+-]?[0-9]+)?)([a-zA-Z]*)$/.exec(text ?? '');
  return match ? Number(match[1]) * (SUFFIXES[match[2]!] ?? 0) : 0;
}

/** What a pod asks for: the sum of its containers, or its largest init container if that is more. */
export function podRequests(pod: Pod): ResourceAmounts {
  const of = (
    containers: readonly { resources?: { requests?: Record<string, string> | undefined } | undefined }[],
  ) =>
    containers.map(({ resources }) => ({
      cpu: quantity(resources?.requests?.cpu),
      memory: quantity(resources?.requests?.memory),
    }));
  const main = of(pod.spec?.containers ?? []);
  const init = of(pod.spec?.initContainers ?? []);
  const amount = (name: 'cpu' | 'memory') =>
    Math.max(
      main.reduce((sum, request) => sum + request[name], 0),
      ...init.map((request) => request[name]),
    );
  return { cpu: amount('cpu'), memory: amount('memory'), pods: 1 };
}

export function nodeAllocatable(node: Node): ResourceAmounts {
  const { cpu, memory, pods } = node.status?.allocatable ?? {};
  return { cpu: quantity(cpu), memory: quantity(memory), pods: pods === undefined ? 110 : quantity(pods) };
}

export function sumRequests(pods: readonly Pod[]): ResourceAmounts {
  let total: ResourceAmounts = { cpu: 0, memory: 0, pods: 0 };
  for (const pod of pods) {
    const { cpu, memory } = podRequests(pod);
    total = { cpu: total.cpu + cpu, memory: total.memory + memory, pods: total.pods + 1 };
  }
  return total;
}
