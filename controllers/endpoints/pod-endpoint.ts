import type {
  Endpoint,
  EndpointPort,
  Node,
  Pod,
  Service,
  ServicePort,
} from '../../openapi/generated/types.ts';
import { isPodReady, isPodTerminal } from '../runtime/pod-state.ts';

const ZONAL: ReadonlySet<string> = new Set(['PreferClose', 'PreferSameZone', 'PreferSameNode']);
const ZONE_LABEL = 'topology.kubernetes.io/zone';

/** Endpoints that share the same ports; a slice holds one such group. */
export interface EndpointGroup {
  readonly ports: readonly EndpointPort[];
  readonly endpoints: readonly Endpoint[];
}

/**
 * The endpoints of one family that a Service should have, grouped by the ports they serve: pods may resolve a named target port
 * to different numbers. (k8s staging/src/k8s.io/endpointslice)
 */
export function endpointGroups(
  service: Service,
  pods: readonly Pod[],
  family: AddressType,
  nodeOf: (name: string) => Node | undefined,
): readonly EndpointGroup[] {
  const groups = new Map<string, { ports: EndpointPort[]; endpoints: Endpoint[] }>();
  for (const pod of pods) {
    const address = podAddress(pod, family);
    if (isPodTerminal(pod) || address === undefined) continue;
    const ports = endpointPorts(service, pod);
    const key = JSON.stringify(ports);
    const group = groups.get(key) ?? { ports, endpoints: [] };
    group.endpoints.push(podEndpoint(service, pod, address, nodeOf(pod.spec?.nodeName ?? '')));
    groups.set(key, group);
  }
  return [...groups.values()];
}

/** The families of addresses that slices hold. */
export type AddressType = 'IPv4' | 'IPv6';

function podAddress({ status }: Pod, family: AddressType): string | undefined {
  const all = status?.podIPs?.map(({ ip = '' }) => ip) ?? (status?.podIP ? [status.podIP] : []);
  return all.find((ip) => ip.includes(':') === (family === 'IPv6') && ip !== '');
}

export function podEndpoint(service: Service, pod: Pod, address: string, node: Node | undefined): Endpoint {
  const terminating = pod.metadata.deletionTimestamp !== undefined;
  const serving = isPodReady(pod);
  const ready = service.spec?.publishNotReadyAddresses ? true : serving && !terminating;
  const { hostname, subdomain, nodeName } = pod.spec ?? {};
  const named =
    hostname && subdomain === service.metadata.name && pod.metadata.namespace === service.metadata.namespace;
  const zone = node?.metadata.labels?.[ZONE_LABEL];
  return {
    addresses: [address],
    conditions: { ready, serving: service.spec?.publishNotReadyAddresses ? true : serving, terminating },
    ...(named ? { hostname } : {}),
    ...(nodeName ? { nodeName } : {}),
    ...(zone ? { zone } : {}),
    ...(ready ? hintsFor(service, nodeName, zone) : {}),
    targetRef: {
      kind: 'Pod',
      namespace: pod.metadata.namespace,
      name: pod.metadata.name,
      uid: pod.metadata.uid,
    },
  };
}

/**
 * Where a Service would have its traffic stay: an endpoint is meant for its own zone, or its own node
 * (spec.trafficDistribution; KEP-4444, KEP-3015).
 */
function hintsFor(
  { spec }: Service,
  nodeName: string | undefined,
  zone: string | undefined,
): Pick<Endpoint, 'hints'> {
  const wanted = spec?.trafficDistribution;
  const forZones = wanted && ZONAL.has(wanted) && zone ? [{ name: zone }] : undefined;
  const forNodes = wanted === 'PreferSameNode' && nodeName ? [{ name: nodeName }] : undefined;
  if (!forZones && !forNodes) return {};
  return { hints: { ...(forNodes ? { forNodes } : {}), ...(forZones ? { forZones } : {}) } };
}

function endpointPorts(service: Service, pod: Pod): EndpointPort[] {
  const ports: EndpointPort[] = [];
  for (const port of service.spec?.ports ?? []) {
    const number = targetPort(port, pod);
    if (number === undefined) continue;
    ports.push({
      name: port.name ?? '',
      protocol: port.protocol ?? 'TCP',
      port: number,
      ...(port.appProtocol === undefined ? {} : { appProtocol: port.appProtocol }),
    });
  }
  return ports;
}

/** A Service's target port on one pod; a name is looked up among its containers' ports of the same protocol. */
export function targetPort(port: ServicePort, pod: Pod): number | undefined {
  const target = port.targetPort ?? port.port;
  if (typeof target === 'number') return target === 0 ? port.port : target;
  const containers = [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])];
  return containers
    .flatMap((container) => container.ports ?? [])
    .find(({ name, protocol = 'TCP' }) => name === target && protocol === (port.protocol ?? 'TCP'))
    ?.containerPort;
}
