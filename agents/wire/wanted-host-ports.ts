import type { Service } from '../../openapi/generated/types.ts';
import type { HostPort } from './host-ports.ts';

/** The ports that the machine should open for every node: the Services' node ports, and those of their health. */
export function wantedHostPorts(services: readonly Service[]): readonly HostPort[] {
  const wanted = new Map<string, HostPort>();
  for (const { spec } of services) {
    if (spec?.type !== 'NodePort' && spec?.type !== 'LoadBalancer') continue;
    const { healthCheckNodePort: health } = spec;
    if (health) wanted.set(`TCP/${health}`, { protocol: 'TCP', port: health });
    for (const { nodePort, protocol = 'TCP' } of spec.ports ?? []) {
      if (!nodePort || (protocol !== 'TCP' && protocol !== 'UDP')) continue;
      wanted.set(`${protocol}/${nodePort}`, { protocol, port: nodePort });
    }
  }
  return [...wanted.values()];
}
