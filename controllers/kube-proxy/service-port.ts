import type { Service } from '../../openapi/generated/types.ts';
import { canonicalCidr, canonicalIp } from './canonical-ip.ts';
import type { EndpointInfo } from './endpoint-info.ts';
import { type IpFamily, inFamily } from './ip-family.ts';

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
  const [clusterIp] = canonical(
    canonicalIp,
    inFamily(family, spec.clusterIPs?.length ? spec.clusterIPs : [spec.clusterIP]),
  );
  if (clusterIp === undefined) return [];
  const affinity = spec.sessionAffinity === 'ClientIP';
  const externalLocal = isExternallyAccessible(spec) && spec.externalTrafficPolicy === 'Local';
  const common = {
    clusterIp,
    externalIps: inFamily(family, canonical(canonicalIp, spec.externalIPs ?? [])),
    loadBalancerIps: inFamily(family, canonical(canonicalIp, loadBalancerIps(service))),
    // What is no network is left out; if none is left, everybody may come.
    loadBalancerSourceRanges: inFamily(
      family,
      canonical(
        canonicalCidr,
        (spec.loadBalancerSourceRanges ?? []).map((range) => range.trim()),
      ),
    ),
    affinitySeconds: affinity
      ? (spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? DEFAULT_AFFINITY_SECONDS)
      : 0,
    externalLocal,
    internalLocal: spec.internalTrafficPolicy === 'Local',
    healthCheckNodePort: externalLocal && spec.type === 'LoadBalancer' ? (spec.healthCheckNodePort ?? 0) : 0,
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

/** k8s pkg/api/v1/service/util.go: other Services' external policy means nothing. */
function isExternallyAccessible({
  type = 'ClusterIP',
  externalIPs = [],
}: NonNullable<Service['spec']>): boolean {
  return type === 'LoadBalancer' || type === 'NodePort' || (type === 'ClusterIP' && externalIPs.length > 0);
}

function canonical(of: (text: string) => string | undefined, list: readonly string[]): string[] {
  return list.flatMap((text) => of(text) ?? []);
}
