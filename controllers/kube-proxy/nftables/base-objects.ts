import { markText, type RuleSettings } from '../configuration/rule-settings.ts';
import type { IpFamily } from '../ip-family.ts';

export const TABLE = 'kube-proxy';

/** What the table has that does not depend on any Service. */
export interface BaseOptions {
  readonly settings: Pick<RuleSettings, 'family' | 'masqueradeMark'>;
  /** The networks that ClusterIPs come from. */
  readonly serviceCidrs: readonly string[];
  /** The node's addresses that have node ports; undefined: all. */
  readonly nodePortIps: readonly string[] | undefined;
}

const NODE_PORT_KEY = 'inet_proto . inet_service : verdict';
export const NODE_PORT_IPS = 'nodeport-ips';

/**
 * The sets and maps that all Services have elements in, in the order in which they are listed; declared before the
 * rules that look things up there.
 */
export function sharedSets({ nftAddress }: IpFamily): ReadonlyMap<string, string> {
  const serviceKey = `${nftAddress} . inet_proto . inet_service : verdict`;
  return new Map([
    ['cluster-ips', `set { type ${nftAddress} ; comment "Active ClusterIPs" ; }`],
    [NODE_PORT_IPS, `set { type ${nftAddress} ; comment "IPs that accept NodePort traffic" ; }`],
    [
      'no-endpoint-services',
      `map { type ${serviceKey} ; comment "vmap to drop or reject packets to services with no endpoints" ; }`,
    ],
    [
      'no-endpoint-nodeports',
      `map { type ${NODE_PORT_KEY} ; comment "vmap to drop or reject packets to service nodeports with no endpoints" ; }`,
    ],
    [
      'firewall-ips',
      `map { type ${serviceKey} ; comment "destinations that are subject to LoadBalancerSourceRanges" ; }`,
    ],
    [
      'service-ips',
      `map { type ${serviceKey} ; comment "ClusterIP, ExternalIP and LoadBalancer IP traffic" ; }`,
    ],
    ['service-nodeports', `map { type ${NODE_PORT_KEY} ; comment "NodePort traffic" ; }`],
  ]);
}

interface BaseChain {
  readonly name: string;
  /** What stands between the braces of its declaration. */
  readonly declaration?: string;
  readonly rules: readonly string[];
}

const NEW = 'ct state new jump';
const PORT_LOOKUP = 'meta l4proto . th dport vmap';

/** The chains that do not depend on any Service, in the order in which they are listed. */
export function baseChains({ settings, serviceCidrs, nodePortIps }: BaseOptions): readonly BaseChain[] {
  const { nft: ip, loopback } = settings.family;
  const mark = markText(settings.masqueradeMark);
  const service = `${ip} daddr . ${PORT_LOOKUP}`;
  // The loopback address never has node ports here: nothing lets its packets out.
  const elsewhere = `${ip} daddr != ${loopback.replace('/128', '')}`;
  const nodePort = nodePortIps
    ? `${ip} daddr @${NODE_PORT_IPS} ${PORT_LOOKUP}`
    : `${elsewhere} ${PORT_LOOKUP}`;
  const unallocated =
    serviceCidrs.length === 0
      ? []
      : [`${ip} daddr { ${serviceCidrs.join(',')} } drop comment "Drop traffic to unallocated ClusterIPs"`];
  return [
    base('filter-prerouting-pre-dnat', 'filter hook prerouting priority -110', [`${NEW} firewall-check`]),
    base('filter-output-pre-dnat', 'filter hook output priority -110', [`${NEW} firewall-check`]),
    base('filter-input', 'filter hook input priority 0', [
      `${NEW} nodeport-endpoints-check`,
      `${NEW} service-endpoints-check`,
    ]),
    base('filter-forward', 'filter hook forward priority 0', [
      `${NEW} service-endpoints-check`,
      `${NEW} cluster-ips-check`,
    ]),
    base('filter-output', 'filter hook output priority 0', [
      `${NEW} service-endpoints-check`,
      `${NEW} cluster-ips-check`,
    ]),
    base('nat-prerouting', 'nat hook prerouting priority -100', ['jump services']),
    base('nat-output', 'nat hook output priority -100', ['jump services']),
    base('nat-postrouting', 'nat hook postrouting priority 100', ['jump masquerading']),
    { name: 'nodeport-endpoints-check', rules: [`${nodePort} @no-endpoint-nodeports`] },
    { name: 'service-endpoints-check', rules: [`${service} @no-endpoint-services`] },
    { name: 'firewall-check', rules: [`${service} @firewall-ips`] },
    {
      name: 'services',
      rules: [
        `${service} @service-ips`,
        `${nodePortIps ? '' : 'fib daddr type local '}${nodePort} @service-nodeports`,
      ],
    },
    {
      name: 'masquerading',
      rules: [`mark and ${mark} == 0 return`, `mark set mark xor ${mark}`, 'masquerade fully-random'],
    },
    {
      name: 'cluster-ips-check',
      rules: [
        `${ip} daddr @cluster-ips reject comment "Reject traffic to invalid ports of ClusterIPs"`,
        ...unallocated,
      ],
    },
    { name: 'mark-for-masquerade', rules: [`mark set mark or ${mark}`] },
    {
      name: 'reject-chain',
      declaration: 'comment "helper for @no-endpoint-services / @no-endpoint-nodeports" ;',
      rules: ['reject'],
    },
  ];
}

const base = (name: string, hook: string, rules: readonly string[]): BaseChain => ({
  name,
  declaration: `type ${hook} ;`,
  rules,
});
