import { chooseEndpoints } from './choose-endpoints.ts';
import type { EndpointInfo } from './endpoint-info.ts';
import type { ProxiedNodeFacts } from './proxier.ts';
import type { ProxiedPort } from './service-port.ts';

/** What one node does for a Service's port, in whatever words a proxy mode says it. */
export interface ServicePlan {
  /** Endpoints under the Cluster policy; none if no traffic is balanced over them here. */
  readonly cluster: readonly EndpointInfo[];
  /** Endpoints under the Local policy; none if no traffic is balanced over them here. */
  readonly local: readonly EndpointInfo[];
  /** All of both. */
  readonly used: ReadonlySet<EndpointInfo>;
  /** Traffic for external addresses and node ports is accepted. */
  readonly hasExternal: boolean;
  /** Balancer addresses take traffic from some sources only. */
  readonly isFirewalled: boolean;
  /** What becomes of traffic that there is no usable endpoint for. */
  readonly refuseInternal: 'reject' | 'drop' | undefined;
  readonly refuseExternal: 'reject' | 'drop' | undefined;
}

/** k8s pkg/proxy/serviceport.go and the beginning of each proxier's syncProxyRules. */
export function planService(
  port: ProxiedPort,
  place: Pick<ProxiedNodeFacts, 'nodeName' | 'zone'>,
): ServicePlan {
  const { service } = port;
  const chosen = chooseEndpoints(port, place);
  const isExternal =
    service.nodePort > 0 || service.externalIps.length > 0 || service.loadBalancerIps.length > 0;
  // External traffic under the Local policy needs them too: pods and the node itself go past the policy.
  const cluster = !service.internalLocal || isExternal ? chosen.cluster : [];
  const local = service.internalLocal || (isExternal && service.externalLocal) ? chosen.local : [];
  const refusal = (usable: readonly EndpointInfo[]): 'reject' | 'drop' | undefined => {
    // Without any endpoint the client is told; without a local one another node may do better.
    if (!chosen.anywhere) return 'reject';
    return usable.length === 0 ? 'drop' : undefined;
  };
  return {
    cluster,
    local,
    used: new Set([...cluster, ...local]),
    hasExternal: isExternal && chosen.anywhere,
    isFirewalled: service.loadBalancerSourceRanges.length > 0 && service.loadBalancerIps.length > 0,
    refuseInternal: refusal(service.internalLocal ? chosen.local : chosen.cluster),
    refuseExternal: isExternal ? refusal(service.externalLocal ? chosen.local : chosen.cluster) : undefined,
  };
}
