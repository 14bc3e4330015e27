import type { Pod, Service } from '../../openapi/generated/types.ts';
import type { HostPort } from './host-ports.ts';

/**
 * The ports that the machine should open for a node: the Services' node ports and those of their health, and the
 * host ports of the node's own pods; those of a pod on the node's network are its containers' ports.
 */
export function wantedHostPorts(services: readonly Service[], pods: readonly Pod[]): readonly HostPort[] {
  const wanted = new Map<string, HostPort>();
  const want = (protocol: string, port: number | undefined): void => {
    if (!port || (protocol !== 'TCP' && protocol !== 'UDP')) return;
    wanted.set(`${protocol}/${port}`, { protocol, port });
  };
  for (const { spec } of services) {
    if (spec?.type !== 'NodePort' && spec?.type !== 'LoadBalancer') continue;
    want('TCP', spec.healthCheckNodePort);
    for (const { nodePort, protocol = 'TCP' } of spec.ports ?? []) want(protocol, nodePort);
  }
  for (const { spec, status } of pods) {
    if (status?.phase === 'Succeeded' || status?.phase === 'Failed') continue;
    for (const { ports = [] } of spec?.containers ?? []) {
      for (const { protocol = 'TCP', hostPort, containerPort } of ports)
        want(protocol, spec?.hostNetwork ? containerPort : hostPort);
    }
  }
  return [...wanted.values()];
}
