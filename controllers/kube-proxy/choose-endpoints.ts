import type { EndpointInfo, ProxiedPort } from './service-port.ts';

/** Which endpoints a node's rules use for each kind of traffic. */
export interface ChosenEndpoints {
  /** For traffic under the Cluster policy. */
  readonly cluster: readonly EndpointInfo[];
  /** For traffic under the Local policy: only those on this node. */
  readonly local: readonly EndpointInfo[];
  /** Whether there is any usable endpoint on any node. */
  readonly anywhere: boolean;
}

/**
 * Ready endpoints; if there is none, those that still serve while they terminate. Cluster and Local are
 * decided apart. (k8s pkg/proxy/topology.go, KEP-1669)
 */
export function chooseEndpoints({ endpoints }: ProxiedPort, nodeName: string): ChosenEndpoints {
  const cluster = usable(endpoints);
  const local = usable(endpoints.filter((endpoint) => endpoint.nodeName === nodeName));
  return { cluster, local, anywhere: cluster.length > 0 };
}

function usable(endpoints: readonly EndpointInfo[]): readonly EndpointInfo[] {
  const ready = endpoints.filter((endpoint) => endpoint.ready);
  return ready.length > 0 ? ready : endpoints.filter(({ serving, terminating }) => serving && terminating);
}
