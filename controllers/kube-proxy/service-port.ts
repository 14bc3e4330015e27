import type { Endpoint, EndpointSlice, Service } from '../../openapi/generated/types.ts';
import { hostPort, type IpFamily, inFamily } from './ip-family.ts';

export type Protocol = 'tcp' | 'udp' | 'sctp';

/** One port of a Service as a proxy needs it; everything else about the Service is left out. */
export interface ServicePortInfo {
  /** `namespace/name`, and `:port` where the port has a name. */
  readonly name: string;
  readonly protocol: Protocol;
  readonly port: number;
  /** 0: none. */
  readonly nodePort: number;
  readonly clusterIp: string;
  readonly externalIps: readonly string[];
  readonly loadBalancerIps: readonly string[];
  readonly loadBalancerSourceRanges: readonly string[];
  /** Seconds a client stays with its endpoint; 0: no affinity. */
  readonly affinitySeconds: number;
  readonly externalLocal: boolean;
  readonly internalLocal: boolean;
  /** 0: none. */
  readonly healthCheckNodePort: number;
}

export interface EndpointInfo {
  readonly ip: string;
  readonly port: number;
  readonly nodeName: string | undefined;
  readonly ready: boolean;
  readonly serving: boolean;
  readonly terminating: boolean;
  /** The nodes and zones that it is meant for. */
  readonly hints?: { readonly nodes: readonly string[]; readonly zones: readonly string[] };
}

/** A Service's port with all endpoints behind it, local or not. */
export interface ProxiedPort {
  readonly service: ServicePortInfo;
  readonly endpoints: readonly EndpointInfo[];
}

const DEFAULT_AFFINITY_SECONDS = 10_800;

/** The proxied ports of one Service in one family; none for headless and ExternalName Services. */
export function servicePorts(service: Service, family: IpFamily): ServicePortInfo[] {
  const { metadata, spec = {} } = service;
  if (spec.type === 'ExternalName' || !spec.clusterIP || spec.clusterIP === 'None') return [];
  const [clusterIp] = inFamily(family, spec.clusterIPs?.length ? spec.clusterIPs : [spec.clusterIP]);
  if (clusterIp === undefined) return [];
  const affinity = spec.sessionAffinity === 'ClientIP';
  const common = {
    clusterIp,
    externalIps: inFamily(family, spec.externalIPs ?? []),
    loadBalancerIps: inFamily(family, loadBalancerIps(service)),
    loadBalancerSourceRanges: inFamily(family, spec.loadBalancerSourceRanges ?? []).map((range) =>
      range.trim(),
    ),
    affinitySeconds: affinity
      ? (spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? DEFAULT_AFFINITY_SECONDS)
      : 0,
    externalLocal: spec.externalTrafficPolicy === 'Local',
    internalLocal: spec.internalTrafficPolicy === 'Local',
    healthCheckNodePort: spec.healthCheckNodePort ?? 0,
  };
  return (spec.ports ?? []).map((port) => ({
    ...common,
    name: servicePortName(metadata.namespace ?? '', metadata.name ?? '', port.name),
    protocol: (port.protocol ?? 'TCP').toLowerCase() as Protocol,
    port: port.port ?? 0,
    nodePort: port.nodePort ?? 0,
  }));
}

export function servicePortName(namespace: string, service: string, port: string | undefined): string {
  return port ? `${namespace}/${service}:${port}` : `${namespace}/${service}`;
}

/** An address whose traffic must go through the balancer itself (ipMode Proxy) gets no rules. */
function loadBalancerIps({ status }: Service): string[] {
  return (status?.loadBalancer?.ingress ?? [])
    .filter(({ ip, ipMode }) => ip && (ipMode === undefined || ipMode === 'VIP'))
    .map(({ ip }) => ip ?? '');
}

/** The endpoints of each port name in a Service's slices of a family; an address in two slices counts once. */
export function endpointsByPort(
  slices: readonly EndpointSlice[],
  family: IpFamily,
): ReadonlyMap<string, readonly EndpointInfo[]> {
  const ports = new Map<string, Map<string, EndpointInfo>>();
  for (const { addressType, ports: slicePorts, endpoints } of slices) {
    if (addressType !== family.name) continue;
    for (const { name = '', port, protocol = 'TCP' } of slicePorts ?? []) {
      if (port === undefined) continue;
      const key = portKey(name, protocol);
      const found = ports.get(key) ?? new Map<string, EndpointInfo>();
      ports.set(key, found);
      for (const endpoint of endpoints ?? []) {
        const info = endpointInfo(endpoint, port);
        if (info) found.set(hostPort(info.ip, port), info);
      }
    }
  }
  return new Map([...ports].map(([key, found]) => [key, sorted([...found.values()])]));
}

export function portKey(name: string, protocol: string): string {
  return `${protocol.toLowerCase()}/${name}`;
}

function endpointInfo(
  { addresses, conditions, hints, nodeName }: Endpoint,
  port: number,
): EndpointInfo | undefined {
  const ip = addresses?.[0];
  if (!ip) return undefined;
  const ready = conditions?.ready ?? true;
  return {
    ip,
    port,
    nodeName,
    ready,
    serving: conditions?.serving ?? ready,
    terminating: conditions?.terminating ?? false,
    ...(hints ? { hints: { nodes: namesOf(hints.forNodes), zones: namesOf(hints.forZones) } } : {}),
  };
}

const namesOf = (list: readonly { name?: string | undefined }[] | undefined): string[] =>
  (list ?? []).flatMap(({ name }) => name ?? []);

function sorted(endpoints: EndpointInfo[]): EndpointInfo[] {
  const key = ({ ip, port }: EndpointInfo) => hostPort(ip, port);
  return endpoints.sort((a, b) => (key(a) < key(b) ? -1 : 1));
}
