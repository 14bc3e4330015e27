import type { Service, ServiceSpec } from '../../openapi/generated/types.ts';
import { copyField, type StrategyOverrides } from './strategy.ts';

/** Services (k8s pkg/registry/core/service/strategy.go and storage/storage.go). */
export const serviceStrategy: StrategyOverrides = {
  selectableFields: ['spec.clusterIP', 'spec.type'],
  fieldsOf: (object) => {
    const { spec = {} } = object as unknown as Service;
    return { 'spec.clusterIP': spec.clusterIP ?? '', 'spec.type': spec.type ?? '' };
  },
  prepareForCreate(object) {
    const service = object as unknown as Service;
    service.status = { loadBalancer: {} };
    mirrorClusterIps(service.spec);
  },
  prepareForUpdate(object, previous) {
    copyField('status', previous, object);
    const { spec } = object as unknown as Service;
    const before = (previous as unknown as Service).spec;
    if (spec && before) followClusterIp(spec, before);
    if (spec && before) keepAllocated(spec, before);
    if (spec && before) dropUnneeded(spec, before);
    mirrorClusterIps(spec);
  },
};

/** A client that writes only the old field means the new one too. */
function mirrorClusterIps(spec: ServiceSpec | undefined): void {
  if (!spec || spec.type === 'ExternalName') return;
  if (spec.clusterIP && !spec.clusterIPs?.length) spec.clusterIPs = [spec.clusterIP];
  else if (!spec.clusterIP && spec.clusterIPs?.[0]) spec.clusterIP = spec.clusterIPs[0];
}

/** A client that changes only the old field means the new one too (normalizeClusterIPs). */
function followClusterIp(spec: ServiceSpec, before: ServiceSpec): void {
  if (!spec.clusterIP || spec.clusterIP === before.clusterIP) return;
  if (spec.clusterIPs?.join() === before.clusterIPs?.join()) spec.clusterIPs = [spec.clusterIP];
}

/** An update that leaves out what was allocated keeps it. */
function keepAllocated(spec: ServiceSpec, before: ServiceSpec): void {
  if (spec.type === 'ExternalName' || before.type === 'ExternalName') return;
  if (!spec.clusterIP && before.clusterIP) {
    spec.clusterIP = before.clusterIP;
    spec.clusterIPs ??= before.clusterIPs;
  }
  spec.ipFamilies ??= before.ipFamilies;
  spec.ipFamilyPolicy ??= before.ipFamilyPolicy;
  if (needsNodePorts(spec) && needsNodePorts(before)) keepNodePorts(spec, before);
  if (spec.externalTrafficPolicy === 'Local') spec.healthCheckNodePort ??= before.healthCheckNodePort;
}

function keepNodePorts(spec: ServiceSpec, before: ServiceSpec): void {
  const taken = new Set((spec.ports ?? []).map(({ nodePort }) => nodePort));
  for (const port of spec.ports ?? []) {
    if (port.nodePort) continue;
    const same = before.ports?.find((old) => old.port === port.port && old.protocol === port.protocol);
    if (same?.nodePort && !taken.has(same.nodePort)) port.nodePort = same.nodePort;
  }
}

function needsNodePorts({ type }: ServiceSpec): boolean {
  return type === 'NodePort' || type === 'LoadBalancer';
}

/** A change of type lets go of what the old type had, unless the user wrote it anew. */
function dropUnneeded(spec: ServiceSpec, before: ServiceSpec): void {
  if (spec.type === 'ExternalName' && before.type !== 'ExternalName') {
    if (spec.clusterIP === before.clusterIP) spec.clusterIP = undefined;
    spec.clusterIPs = undefined;
    spec.ipFamilies = undefined;
    spec.ipFamilyPolicy = undefined;
  }
  if (needsNodePorts(before) && !needsNodePorts(spec)) {
    for (const port of spec.ports ?? []) {
      if (before.ports?.some(({ nodePort }) => nodePort === port.nodePort)) port.nodePort = undefined;
    }
    if (spec.externalTrafficPolicy === before.externalTrafficPolicy && !spec.externalIPs?.length) {
      spec.externalTrafficPolicy = undefined;
    }
    spec.healthCheckNodePort = undefined;
    spec.allocateLoadBalancerNodePorts = undefined;
  }
}
