import type { Service, ServicePort, ServiceSpec } from '../../openapi/generated/types.ts';
import type { IpLedger, ServiceReference } from './ip-ledger.ts';
import type { NodePortLedger } from './node-port-ledger.ts';

/** A fault of the request, with its field, as the API server reports it. */
export interface AllocationFault {
  readonly field: string;
  readonly value: unknown;
  readonly message: string;
}

export type Allocation =
  | { readonly kind: 'allocated'; readonly spec: ServiceSpec }
  | { readonly kind: 'refused'; readonly fault: AllocationFault };

export interface Ledgers {
  readonly addresses: IpLedger;
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
  const withAddress = await allocateAddress(spec, owner, ledgers.addresses, dryRun);
  if (withAddress.kind === 'refused') return withAddress;
  const withPorts = allocatePorts(withAddress.spec, owner, ledgers.nodePorts, dryRun);
  if (withPorts.kind === 'refused') return withPorts;
  return allocateHealthCheckPort(withPorts.spec, owner, ledgers.nodePorts, dryRun);
}

export function needsClusterIp({ type = 'ClusterIP' }: ServiceSpec): boolean {
  return type !== 'ExternalName';
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

async function allocateAddress(
  spec: ServiceSpec,
  owner: ServiceReference,
  addresses: IpLedger,
  dryRun: boolean,
): Promise<Allocation> {
  if (!needsClusterIp(spec) || spec.clusterIP === 'None') return { kind: 'allocated', spec };
  const wanted = spec.clusterIP || spec.clusterIPs?.[0];
  const refused = (message: string): Allocation => ({
    kind: 'refused',
    fault: { field: 'spec.clusterIPs', value: wanted === undefined ? [] : [wanted], message },
  });
  if (wanted) {
    if (!isIpv4(wanted)) return { kind: 'allocated', spec };
    if (!addresses.contains(wanted)) {
      return refused(
        `failed to allocate IP ${wanted}: the provided network does not match the current range`,
      );
    }
    if (!dryRun && !(await addresses.claim(wanted, owner))) {
      return refused(`failed to allocate IP ${wanted}: provided IP is already allocated`);
    }
    return { kind: 'allocated', spec: { ...spec, clusterIP: wanted, clusterIPs: [wanted] } };
  }
  const address = dryRun ? addresses.peek() : await addresses.allocate(owner);
  if (address === undefined) return refused('failed to allocate a serviceIP: range is full');
  return { kind: 'allocated', spec: { ...spec, clusterIP: address, clusterIPs: [address] } };
}

/** Anything else is left for the API server's validation to name. */
function isIpv4(text: string): boolean {
  const bytes = text.split('.');
  return bytes.length === 4 && bytes.every((byte) => /^\d{1,3}$/.test(byte) && Number(byte) < 256);
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
