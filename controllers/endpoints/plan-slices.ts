import { canonical } from '../../client/object-hash.ts';
import type { Endpoint, EndpointPort, EndpointSlice } from '../../openapi/generated/types.ts';
import type { EndpointGroup } from './pod-endpoint.ts';

/** Kubernetes' default for the controller's --max-endpoints-per-slice. */
export const ENDPOINTS_PER_SLICE = 100;

/** New contents for slices; metadata is the caller's. */
export interface SlicePlan {
  readonly create: readonly EndpointGroup[];
  readonly update: readonly { readonly slice: EndpointSlice; readonly group: EndpointGroup }[];
  readonly remove: readonly EndpointSlice[];
}

/**
 * The fewest changes that make the slices hold exactly the wanted endpoints: an endpoint stays in the slice
 * where it is, newcomers fill the fullest slices that have room, and only then new slices are made.
 * Without any endpoint one empty slice remains, which says that the Service is looked after.
 */
export function planSlices(wanted: readonly EndpointGroup[], existing: readonly EndpointSlice[]): SlicePlan {
  const groups = wanted.length > 0 ? wanted : [{ ports: [], endpoints: [] }];
  const create: EndpointGroup[] = [];
  const update: { slice: EndpointSlice; group: EndpointGroup }[] = [];
  const unused = new Set(existing);
  for (const group of groups) {
    const slices = existing.filter((slice) => samePorts(slice.ports ?? [], group.ports));
    const contents = fill(group, slices);
    for (const [index, endpoints] of contents.entries()) {
      const slice = slices[index];
      if (!slice) create.push({ ports: group.ports, endpoints });
      else if (endpoints.length > 0 || (groups.length === 1 && contents.length === 1)) {
        unused.delete(slice);
        if (canonical(slice.endpoints ?? []) !== canonical(endpoints)) {
          update.push({ slice, group: { ports: group.ports, endpoints } });
        }
      }
    }
  }
  return { create, update, remove: [...unused] };
}

/** The endpoints of each existing slice, in order, followed by those of slices to be made. */
function fill(group: EndpointGroup, slices: readonly EndpointSlice[]): Endpoint[][] {
  const missing = new Map(group.endpoints.map((endpoint) => [endpointKey(endpoint), endpoint]));
  const contents: Endpoint[][] = slices.map((slice) => {
    const kept: Endpoint[] = [];
    for (const present of slice.endpoints ?? []) {
      const still = missing.get(endpointKey(present));
      if (!still) continue;
      kept.push(still);
      missing.delete(endpointKey(present));
    }
    return kept;
  });
  const byRoom = [...contents].sort((a, b) => b.length - a.length);
  for (const endpoint of missing.values()) {
    let target = byRoom.find((content) => content.length < ENDPOINTS_PER_SLICE);
    if (!target) {
      target = [];
      contents.push(target);
      byRoom.push(target);
    }
    target.push(endpoint);
  }
  if (contents.length === 0) contents.push([]);
  return contents;
}

function endpointKey({ targetRef, addresses }: Endpoint): string {
  return `${targetRef?.uid ?? ''}/${(addresses ?? []).join(',')}`;
}

function samePorts(a: readonly EndpointPort[], b: readonly EndpointPort[]): boolean {
  return canonical(a) === canonical(b);
}
