import { chooseEndpoints } from './choose-endpoints.ts';
import type { ProxyModeName } from './configuration/proxy-config.ts';
import type { ProxiedNodeFacts } from './proxier.ts';
import type { ProxiedPort } from './service-port.ts';

/** How many ports drop traffic on a node because its policy is Local and only other nodes have endpoints. */
export interface NoLocalEndpoints {
  readonly internal: number;
  readonly external: number;
}

/** IPVS counts whole Services, other modes their ports (each mode's syncProxyRules in k8s pkg/proxy). */
export function noLocalEndpoints(
  ports: readonly ProxiedPort[],
  node: ProxiedNodeFacts,
  mode: ProxyModeName,
): NoLocalEndpoints {
  const internal = new Set<string>();
  const external = new Set<string>();
  for (const port of ports) {
    const { internalLocal, externalLocal, name, protocol } = port.service;
    if (!internalLocal && !externalLocal) continue;
    const { anywhere, local } = chooseEndpoints(port, node);
    if (!anywhere || local.length > 0) continue;
    const counted = mode === 'ipvs' ? name.split(':')[0]! : `${name}/${protocol}`;
    if (internalLocal) internal.add(counted);
    if (externalLocal) external.add(counted);
  }
  return { internal: internal.size, external: external.size };
}
