import { chooseEndpoints } from './choose-endpoints.ts';
import type { ProxiedNodeFacts } from './proxier.ts';
import type { ProxiedPort } from './service-port.ts';

/** How many ports drop traffic on a node because its policy is Local and only other nodes have endpoints. */
export interface NoLocalEndpoints {
  readonly internal: number;
  readonly external: number;
}

export function noLocalEndpoints(ports: readonly ProxiedPort[], node: ProxiedNodeFacts): NoLocalEndpoints {
  let [internal, external] = [0, 0];
  for (const port of ports) {
    const { internalLocal, externalLocal } = port.service;
    if (!internalLocal && !externalLocal) continue;
    const { anywhere, local } = chooseEndpoints(port, node);
    if (!anywhere || local.length > 0) continue;
    if (internalLocal) internal++;
    if (externalLocal) external++;
  }
  return { internal, external };
}
