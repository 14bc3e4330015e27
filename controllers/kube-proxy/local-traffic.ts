import type { IpFamily } from './ip-family.ts';
import type { ProxiedNodeFacts } from './proxier.ts';

/** What traffic of a node's own pods is known by. */
export type LocalTraffic =
  | { readonly kind: 'source'; readonly cidr: string }
  /** A device; with `*` behind it: every device whose name begins so. */
  | { readonly kind: 'interface'; readonly name: string };

/** The same on all nodes, or by the pod network of each; undefined: nothing is told apart. */
export type LocalDetector = LocalTraffic | 'node-cidr' | undefined;

export function localTraffic(
  detector: LocalDetector,
  { podCidr }: Pick<ProxiedNodeFacts, 'podCidr'>,
): LocalTraffic | undefined {
  if (detector !== 'node-cidr') return detector;
  return podCidr === '' ? undefined : { kind: 'source', cidr: podCidr };
}

/** A match of iptables: `-s 10.244.0.0/16`, `! -i cali+` (k8s pkg/proxy/util/localdetector.go). */
export function iptablesMatch(local: LocalTraffic, isNegated: boolean): string {
  const match = local.kind === 'source' ? `-s ${local.cidr}` : `-i ${local.name.replace(/\*$/, '+')}`;
  return isNegated ? `! ${match}` : match;
}

/** A match of nft: `ip saddr 10.244.0.0/16`, `iifname != cali*`. */
export function nftMatch(local: LocalTraffic, isNegated: boolean, { nft }: IpFamily): string {
  const [what, value] =
    local.kind === 'source' ? ([`${nft} saddr`, local.cidr] as const) : (['iifname', local.name] as const);
  return isNegated ? `${what} != ${value}` : `${what} ${value}`;
}
