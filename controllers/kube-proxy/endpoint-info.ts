import type { Endpoint, EndpointSlice } from '../../openapi/generated/types.ts';
import { canonicalIp } from './canonical-ip.ts';
import { hostPort, type IpFamily } from './ip-family.ts';

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

/** The endpoints of each port name in a Service's slices of a family; an address in two slices counts once. */
export function endpointsByPort(
  slices: readonly EndpointSlice[],
  family: IpFamily,
): ReadonlyMap<string, readonly EndpointInfo[]> {
  const ports = new Map<string, Map<string, EndpointInfo>>();
  for (const { addressType, ports: slicePorts, endpoints } of slices) {
    if (addressType !== family.name) continue;
    for (const { name = '', port, protocol = 'TCP' } of slicePorts ?? []) {
      if (!port) continue;
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

/** A condition that is not given: ready, serving, not terminating (k8s pkg/proxy/endpointslicecache.go). */
function endpointInfo(
  { addresses, conditions, hints, nodeName }: Endpoint,
  port: number,
): EndpointInfo | undefined {
  const ip = canonicalIp(addresses?.[0] ?? '');
  if (ip === undefined) return undefined;
  return {
    ip,
    port,
    nodeName,
    ready: conditions?.ready ?? true,
    serving: conditions?.serving ?? true,
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
