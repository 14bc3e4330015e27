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

/** The sets and maps that all Services have elements in; declared before the rules that look things up there. */
export function sharedSets({ nftAddress }: IpFamily): ReadonlyMap<string, string> {
  const serviceKey = `${nftAddress} . inet_proto . inet_service : verdict`;
  return new Map([
    ['cluster-ips', `set { type ${nftAddress} ; comment "Active ClusterIPs" ; }`],
    [NODE_PORT_IPS, `set { type ${nftAddress} ; comment "IPs that accept NodePort traffic" ; }`],
    [
      'firewall-ips',
      `map { type ${serviceKey} ; comment "destinations that are subject to LoadBalancerSourceRanges" ; }`,
    ],
    [
      'no-endpoint-nodeports',
      `map { type ${NODE_PORT_KEY} ; comment "vmap to drop or reject packets to service nodeports with no endpoints" ; }`,
    ],
    [
      'no-endpoint-services',
      `map { type ${serviceKey} ; comment "vmap to drop or reject packets to services with no endpoints" ; }`,
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

/** The chains that do not depend on any Service. */
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
    {
      name: 'cluster-ips-check',
      rules: [
        `${ip} daddr @cluster-ips reject comment "Reject traffic to invalid ports of ClusterIPs"`,
        ...unallocated,
      ],
    },
    { name: 'firewall-check', rules: [`${service} @firewall-ips`] },
    { name: 'mark-for-masquerade', rules: [`mark set mark or ${mark}`] },
    {
      name: 'masquerading',
      rules: [`mark and ${mark} == 0 return`, `mark set mark xor ${mark}`, 'masquerade fully-random'],
    },
    { name: 'nodeport-endpoints-check', rules: [`${nodePort} @no-endpoint-nodeports`] },
    {
      name: 'reject-chain',
      declaration: 'comment "helper for @no-endpoint-services / @no-endpoint-nodeports" ;',
      rules: ['reject'],
    },
    {
      name: 'services',
      rules: [
        `${service} @service-ips`,
        `${nodePortIps ? '' : 'fib daddr type local '}${nodePort} @service-nodeports`,
      ],
    },
    { name: 'service-endpoints-check', rules: [`${service} @no-endpoint-services`] },
    base('filter-prerouting-pre-dnat', 'filter hook prerouting priority -110', [`${NEW} firewall-check`]),
    base('filter-output-pre-dnat', 'filter hook output priority -110', [`${NEW} firewall-check`]),
    base('filter-forward', 'filter hook forward priority 0', [
      `${NEW} service-endpoints-check`,
      `${NEW} cluster-ips-check`,
    ]),
    base('filter-input', 'filter hook input priority 0', [
      `${NEW} nodeport-endpoints-check`,
      `${NEW} service-endpoints-check`,
    ]),
    base('filter-output', 'filter hook output priority 0', [
      `${NEW} service-endpoints-check`,
      `${NEW} cluster-ips-check`,
    ]),
    base('nat-output', 'nat hook output priority -100', ['jump services']),
    base('nat-postrouting', 'nat hook postrouting priority 100', ['jump masquerading']),
    base('nat-prerouting', 'nat hook prerouting priority -100', ['jump services']),
  ];
}

const base = (name: string, hook: string, rules: readonly string[]): BaseChain => ({
  name,
  declaration: `type ${hook} ;`,
  rules,
});
