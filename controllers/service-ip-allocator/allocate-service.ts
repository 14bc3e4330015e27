import type { Service, ServicePort, ServiceSpec } from '../../openapi/generated/types.ts';
import { type AddressLedgers, allocateAddresses } from './allocate-addresses.ts';
import type { Allocation } from './allocation.ts';
import type { ServiceReference } from './ip-ledger.ts';
import type { NodePortLedger } from './node-port-ledger.ts';

export interface Ledgers {
  readonly addresses: AddressLedgers;
  readonly nodePorts: NodePortLedger;
}

/**
 * Completes a Service's spec with what its type calls for: a ClusterIP, node ports, a health-check port; and
 * takes away what an earlier type left. In a dry run nothing is booked.
 * (k8s pkg/registry/core/service/storage/alloc.go)
 */
export async function allocateService(
  service: Service,
  previous: Service | undefined,
  ledgers: Ledgers,
  dryRun: boolean,
): Promise<Allocation> {
  const owner = { namespace: service.metadata.namespace ?? '', name: service.metadata.name ?? '' };
  const spec = releaseUnused(service.spec ?? {}, previous?.spec);
  const withAddress =
    needsClusterIp(spec) && !movesAddress(spec, previous?.spec)
      ? await allocateAddresses(spec, owner, ledgers.addresses, dryRun)
      : ({ kind: 'allocated', spec } as const);
  if (withAddress.kind === 'refused') return withAddress;
  const withPorts = allocatePorts(withAddress.spec, owner, ledgers.nodePorts, dryRun);
  if (withPorts.kind === 'refused') return withPorts;
  return allocateHealthCheckPort(withPorts.spec, owner, ledgers.nodePorts, dryRun);
}

export function needsClusterIp({ type = 'ClusterIP' }: ServiceSpec): boolean {
  return type !== 'ExternalName';
}

/** What has an address may not have another one: the API server's validation says so, and nothing is booked. */
function movesAddress({ clusterIP }: ServiceSpec, previous: ServiceSpec | undefined): boolean {
  return Boolean(clusterIP && previous?.clusterIP) && clusterIP !== previous?.clusterIP;
}

export function needsNodePorts({ type, allocateLoadBalancerNodePorts }: ServiceSpec): boolean {
  return type === 'NodePort' || (type === 'LoadBalancer' && allocateLoadBalancerNodePorts !== false);
}

function needsHealthCheckPort({ type, externalTrafficPolicy }: ServiceSpec): boolean {
  return type === 'LoadBalancer' && externalTrafficPolicy === 'Local';
}

/** A type that no longer calls for something, and a request that merely repeats it, lets it go. */
function releaseUnused(spec: ServiceSpec, previous: ServiceSpec | undefined): ServiceSpec {
  let released = spec;
  if (previous && !needsClusterIp(spec) && spec.clusterIP === previous.clusterIP) {
    const { clusterIP, clusterIPs, ipFamilies, ipFamilyPolicy, ...rest } = released;
    released = rest;
  }
  if (previous && spec.type !== 'NodePort' && spec.type !== 'LoadBalancer') {
    const held = new Set((previous.ports ?? []).map(({ nodePort }) => nodePort));
    const ports = (released.ports ?? []).map(({ nodePort, ...port }) =>
      nodePort === undefined || held.has(nodePort) ? port : { ...port, nodePort },
    );
    released = { ...released, ports };
  }
  if (previous?.healthCheckNodePort && !needsHealthCheckPort(spec)) {
    const { healthCheckNodePort, ...rest } = released;
    released = rest;
  }
  return released;
}

function allocatePorts(
  spec: ServiceSpec,
  owner: ServiceReference,
  ledger: NodePortLedger,
  dryRun: boolean,
): Allocation {
  const ports: ServicePort[] = [];
  for (const [index, port] of (spec.ports ?? []).entries()) {
    if (port.nodePort) {
      const message = claimPort(port.nodePort, owner, ledger, dryRun);
      if (message !== undefined) {
        return {
          kind: 'refused',
          fault: { field: `spec.ports[${index}].nodePort`, value: port.nodePort, message },
        };
      }
      ports.push(port);
    } else if (needsNodePorts(spec)) {
      // The same number for another protocol of one Service, as DNS over UDP and TCP wants it.
      const twin = ports.find(
        (other) => other.port === port.port && other.protocol !== port.protocol,
      )?.nodePort;
      const nodePort = twin ?? ledger.pick();
      if (nodePort === undefined) {
        const message = 'failed to allocate a nodePort: range is full';
        return { kind: 'refused', fault: { field: `spec.ports[${index}].nodePort`, value: 0, message } };
      }
      if (!dryRun) ledger.claim(nodePort, ownerKey(owner));
      ports.push({ ...port, nodePort });
    } else ports.push(port);
  }
  return { kind: 'allocated', spec: spec.ports === undefined ? spec : { ...spec, ports } };
}

function claimPort(
  port: number,
  owner: ServiceReference,
  ledger: NodePortLedger,
  dryRun: boolean,
): string | undefined {
  const { first, last } = ledger.range;
  if (!ledger.inRange(port)) {
    return `provided port is not in the valid range. The range of valid ports is ${first}-${last}`;
  }
  const present = ledger.ownerOf(port);
  const free = present === undefined || present === ownerKey(owner);
  if (free && !dryRun) ledger.claim(port, ownerKey(owner));
  return free ? undefined : 'provided port is already allocated';
}

function allocateHealthCheckPort(
  spec: ServiceSpec,
  owner: ServiceReference,
  ledger: NodePortLedger,
  dryRun: boolean,
): Allocation {
  if (!needsHealthCheckPort(spec)) return { kind: 'allocated', spec };
  const healthCheckNodePort = spec.healthCheckNodePort || ledger.pick();
  const message =
    healthCheckNodePort === undefined
      ? 'failed to allocate a nodePort: range is full'
      : claimPort(healthCheckNodePort, owner, ledger, dryRun);
  if (message !== undefined) {
    return {
      kind: 'refused',
      fault: { field: 'spec.healthCheckNodePort', value: healthCheckNodePort, message },
    };
  }
  return { kind: 'allocated', spec: { ...spec, healthCheckNodePort } };
}

export function ownerKey({ namespace, name }: ServiceReference): string {
  return `${namespace}/${name}`;
}
