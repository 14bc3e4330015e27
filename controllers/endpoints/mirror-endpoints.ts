import type { Endpoint, EndpointAddress, Endpoints } from '../../openapi/generated/types.ts';
import type { EndpointGroup } from './pod-endpoint.ts';

const SKIP = 'endpointslice.kubernetes.io/skip-mirror';
export const MANAGED_ENDPOINTS = 'endpoints.kubernetes.io/managed-by';

/** Whether an Endpoints object was written by hand and wants to be seen as slices. */
export function shouldMirror({ metadata }: Endpoints): boolean {
  const { labels = {}, annotations = {} } = metadata;
  return (
    labels[SKIP] !== 'true' &&
    labels[MANAGED_ENDPOINTS] === undefined &&
    annotations['control-plane.alpha.kubernetes.io/leader'] === undefined
  );
}

/** The groups that a hand-written Endpoints object describes (k8s pkg/controller/endpointslicemirroring). */
export function mirroredGroups({ subsets = [] }: Endpoints): readonly EndpointGroup[] {
  return subsets.map(({ addresses = [], notReadyAddresses = [], ports = [] }) => ({
    ports: ports.map(({ name = '', protocol = 'TCP', port, appProtocol }) => ({
      name,
      protocol,
      port,
      ...(appProtocol === undefined ? {} : { appProtocol }),
    })),
    endpoints: [
      ...addresses.map((address) => endpoint(address, true)),
      ...notReadyAddresses.map((address) => endpoint(address, false)),
    ],
  }));
}

function endpoint({ ip, hostname, nodeName, targetRef }: EndpointAddress, ready: boolean): Endpoint {
  return {
    addresses: [ip ?? ''],
    conditions: { ready },
    ...(hostname ? { hostname } : {}),
    ...(nodeName ? { nodeName } : {}),
    ...(targetRef ? { targetRef } : {}),
  };
}
