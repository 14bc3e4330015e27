import type { EndpointInfo } from './endpoint-info.ts';
import type { ProxiedNodeFacts } from './proxier.ts';
import type { ProxiedPort } from './service-port.ts';

/** Which endpoints a node's rules use for each kind of traffic. */
export interface ChosenEndpoints {
  /** For traffic under the Cluster policy. */
  readonly cluster: readonly EndpointInfo[];
  /** For traffic under the Local policy: only those on this node. */
  readonly local: readonly EndpointInfo[];
  /** Whether there is any usable endpoint on any node. */
  readonly anywhere: boolean;
}

type Place = Pick<ProxiedNodeFacts, 'nodeName' | 'zone'>;

/**
 * Ready endpoints, near ones if hints say so; if there is none, those that still serve while they terminate.
 * Cluster and Local are decided apart. (k8s pkg/proxy/topology.go, KEP-1669, KEP-2433, KEP-3015)
 */
export function chooseEndpoints({ endpoints }: ProxiedPort, place: Place): ChosenEndpoints {
  const ready = endpoints.filter((endpoint) => endpoint.ready);
  const cluster = ready.length > 0 ? nearOnes(ready, place) : leaving(endpoints);
  const own = endpoints.filter(({ nodeName }) => nodeName === place.nodeName);
  const ownReady = own.filter((endpoint) => endpoint.ready);
  const local = ownReady.length > 0 ? ownReady : leaving(own);
  return { cluster, local, anywhere: cluster.length > 0 };
}

function leaving(endpoints: readonly EndpointInfo[]): readonly EndpointInfo[] {
  return endpoints.filter(({ serving, terminating }) => serving && terminating);
}

/** Hints count only if every ready endpoint has one and one of them is for this place: node first, then zone. */
function nearOnes(ready: readonly EndpointInfo[], { nodeName, zone }: Place): readonly EndpointInfo[] {
  return (
    hinted(ready, ({ hints }) => hints?.nodes, nodeName) ??
    hinted(ready, ({ hints }) => hints?.zones, zone) ??
    ready
  );
}

function hinted(
  ready: readonly EndpointInfo[],
  hintsOf: (endpoint: EndpointInfo) => readonly string[] | undefined,
  place: string,
): readonly EndpointInfo[] | undefined {
  if (place === '' || ready.some((endpoint) => !hintsOf(endpoint)?.length)) return undefined;
  const near = ready.filter((endpoint) => hintsOf(endpoint)!.includes(place));
  return near.length > 0 ? near : undefined;
}
