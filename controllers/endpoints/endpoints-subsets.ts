import type { EndpointAddress, EndpointSubset } from '../../openapi/generated/types.ts';
import type { EndpointGroup } from './pod-endpoint.ts';

/** More addresses do not go into one Endpoints object (k8s pkg/controller/endpoint, maxCapacity). */
export const ENDPOINTS_CAPACITY = 1000;

/** The older Endpoints view of the same groups: one subset a set of ports, sorted by address. */
export function endpointsSubsets(groups: readonly EndpointGroup[]): {
  readonly subsets: readonly EndpointSubset[];
  readonly truncated: boolean;
} {
  let room = ENDPOINTS_CAPACITY;
  let truncated = false;
  const subsets: EndpointSubset[] = [];
  for (const { ports, endpoints } of groups) {
    const usable = endpoints.filter(({ conditions }) => !conditions?.terminating || conditions.ready);
    const ordered = [...usable].sort((a, b) =>
      (a.addresses?.[0] ?? '') < (b.addresses?.[0] ?? '') ? -1 : 1,
    );
    truncated ||= ordered.length > room;
    const taken = ordered.slice(0, room);
    room -= taken.length;
    const addressesWhere = (ready: boolean): EndpointAddress[] =>
      taken
        .filter(({ conditions }) => (conditions?.ready ?? false) === ready)
        .map(({ addresses, hostname, nodeName, targetRef }) => ({
          ip: addresses?.[0] ?? '',
          hostname,
          nodeName,
          targetRef,
        }));
    const [addresses, notReadyAddresses] = [addressesWhere(true), addressesWhere(false)];
    if (taken.length === 0) continue;
    subsets.push({
      ...(addresses.length > 0 ? { addresses } : {}),
      ...(notReadyAddresses.length > 0 ? { notReadyAddresses } : {}),
      ports: ports.map(({ name, ...port }) => (name === '' ? port : { name, ...port })),
    });
  }
  return { subsets, truncated };
}
