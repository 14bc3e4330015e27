import type { Pod } from '../../openapi/generated/types.ts';
import type { PortMapping } from '../cni/cni-plugin.ts';

/** The host ports of a pod's containers. */
export function portMappings({ spec }: Pod): readonly PortMapping[] {
  return (spec?.containers ?? []).flatMap(({ ports = [] }) =>
    ports.flatMap(({ protocol = 'TCP', hostPort, containerPort = 0, hostIP = '' }) =>
      hostPort
        ? [
            {
              protocol: protocol.toLowerCase() as PortMapping['protocol'],
              hostPort,
              containerPort,
              hostIp: hostIP,
            },
          ]
        : [],
    ),
  );
}
