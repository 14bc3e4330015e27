import type { ProxyHealthState } from '../../client/proxy-health.ts';
import type { Node } from '../../openapi/generated/types.ts';
import type { ProxiedPort } from './service-port.ts';

const TO_BE_DELETED = 'ToBeDeletedByClusterAutoscaler';

/** Whether balancers may choose a node: not one that is about to go. */
export function isEligible({ metadata, spec }: Node): boolean {
  const taints = spec?.taints ?? [];
  return metadata.deletionTimestamp === undefined && !taints.some(({ key }) => key === TO_BE_DELETED);
}

/** One family's part in the health checks of Services. */
export interface HealthChecks {
  readonly ports: readonly ProxiedPort[];
  /** Where they are open; undefined: at all addresses of either family. */
  readonly addresses: readonly string[] | undefined;
}

type CheckedService = ProxyHealthState['services'][number];

const EVERYWHERE = '::';

/**
 * What is to be opened for the Services that say on a port how many ready endpoints a node has. A family finds a
 * port taken that an earlier one has opened at the same addresses.
 */
export function healthCheckedServices(families: readonly HealthChecks[], nodeName: string): CheckedService[] {
  const opened = new Map<number, CheckedService[]>();
  for (const { ports, addresses } of families) {
    for (const service of checkedServices(ports, nodeName)) {
      const before = opened.get(service.port) ?? [];
      const isTaken =
        before.length > 0 && (!addresses || before.some(({ address }) => address === EVERYWHERE));
      if (isTaken) continue;
      const here = (addresses ?? [EVERYWHERE]).map((address) => ({ ...service, address }));
      opened.set(service.port, [...before, ...here]);
    }
  }
  return [...opened.values()].flat();
}

/** An endpoint's address counts once for all ports. */
function checkedServices(ports: readonly ProxiedPort[], nodeName: string): Omit<CheckedService, 'address'>[] {
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
