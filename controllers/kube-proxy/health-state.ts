import type { ProxyHealthState } from '../../client/proxy-health.ts';
import type { Node } from '../../openapi/generated/types.ts';
import type { ProxiedPort } from './service-port.ts';

const TO_BE_DELETED = 'ToBeDeletedByClusterAutoscaler';

/** Whether balancers may choose a node: not one that is about to go. */
export function isEligible({ metadata, spec }: Node): boolean {
  const taints = spec?.taints ?? [];
  return metadata.deletionTimestamp === undefined && !taints.some(({ key }) => key === TO_BE_DELETED);
}

/** The Services that say on a port how many ready endpoints a node has; an address counts once for all ports. */
export function healthCheckedServices(
  ports: readonly ProxiedPort[],
  nodeName: string,
): ProxyHealthState['services'] {
  const found = new Map<string, { readonly port: number; readonly ips: Set<string> }>();
  for (const { service, endpoints } of ports) {
    if (service.healthCheckNodePort === 0) continue;
    const key = service.name.split(':')[0]!;
    const entry = found.get(key) ?? { port: service.healthCheckNodePort, ips: new Set<string>() };
    found.set(key, entry);
    for (const { ip, ready, nodeName: place } of endpoints)
      if (ready && place === nodeName) entry.ips.add(ip);
  }
  return [...found].map(([key, { port, ips }]) => {
    const [namespace = '', name = ''] = key.split('/');
    return { namespace, name, port, localEndpoints: ips.size };
  });
}
