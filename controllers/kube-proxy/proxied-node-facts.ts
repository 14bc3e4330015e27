import type { Node } from '../../openapi/generated/types.ts';
import { IP_FAMILIES, type IpFamily, inFamily } from './ip-family.ts';
import type { ProxiedNodeFacts } from './proxier.ts';

/** What is to be known of a node for each family: kernels have both, whatever addresses the node is known by. */
export function nodeFacts({ metadata, spec, status }: Node): ReadonlyMap<IpFamily, ProxiedNodeFacts> {
  const internal = (status?.addresses ?? []).flatMap(({ type, address }) =>
    type === 'InternalIP' && address ? [address] : [],
  );
  const podCidrs = spec?.podCIDRs ?? (spec?.podCIDR ? [spec.podCIDR] : []);
  const zone = metadata.labels?.['topology.kubernetes.io/zone'] ?? '';
  return new Map(
    IP_FAMILIES.map((family) => {
      const [nodeIp = ''] = inFamily(family, internal);
      const [podCidr = ''] = inFamily(family, podCidrs);
      return [family, { nodeName: metadata.name ?? '', nodeIp, zone, podCidr }] as const;
    }),
  );
}

/** A quantity such as 8 or 7500m in whole processors, at least one. */
export function processorsOf({ status }: Node): number {
  const text = status?.capacity?.cpu ?? '1';
  const count = text.endsWith('m') ? Number(text.slice(0, -1)) / 1000 : Number(text);
  return Math.max(1, Math.floor(count) || 1);
}

/** A node that is known to be dead is left alone until it says that it is back. */
export function isReachable({ status }: Node): boolean {
  return status?.conditions?.find(({ type }) => type === 'Ready')?.status !== 'Unknown';
}
