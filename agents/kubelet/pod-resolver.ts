import type { Pod } from '../../openapi/generated/types.ts';
import { parseIp } from '../netstack/ip-address.ts';
import type { ResolverConfig } from '../sockets/resolver.ts';

/** resolv.conf of a pod (Kubernetes DNS specification; k8s pkg/kubelet/network/dns). */
export function podResolver(
  { metadata, spec }: Pod,
  { clusterDns, clusterDomain }: { readonly clusterDns: string; readonly clusterDomain: string },
): ResolverConfig {
  const own = spec?.dnsConfig;
  const policy = spec?.dnsPolicy ?? 'ClusterFirst';
  const useCluster =
    policy === 'ClusterFirstWithHostNet' || (policy === 'ClusterFirst' && !spec?.hostNetwork);
  const servers = [...(useCluster ? [clusterDns] : []), ...(own?.nameservers ?? [])];
  const search = useCluster
    ? [`${metadata.namespace}.svc.${clusterDomain}`, `svc.${clusterDomain}`, clusterDomain]
    : [];
  const ndots = own?.options?.find(({ name }) => name === 'ndots')?.value;
  return {
    nameservers: servers
      .map(parseIp)
      .filter((address) => address !== undefined)
      .slice(0, 3),
    search: [...search, ...(own?.searches ?? [])].slice(0, 32),
    ndots: readNdots(ndots) ?? (useCluster ? 5 : 1),
  };
}

/** resolv.conf(5) takes up to 15; undefined for what is no number. */
function readNdots(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Math.min(Number(text), 15) : undefined;
}
