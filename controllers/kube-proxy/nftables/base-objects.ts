export const TABLE = 'ip kube-proxy';

const SERVICE_KEY = 'ipv4_addr . inet_proto . inet_service : verdict';
const NODE_PORT_KEY = 'inet_proto . inet_service : verdict';

/** The sets and maps that all Services have elements in; declared before the rules that look things up there. */
export const SHARED_SETS: ReadonlyMap<string, string> = new Map([
  ['cluster-ips', 'set { type ipv4_addr ; comment "Active ClusterIPs" ; }'],
  ['nodeport-ips', 'set { type ipv4_addr ; comment "IPs that accept NodePort traffic" ; }'],
  [
    'firewall-ips',
    `map { type ${SERVICE_KEY} ; comment "destinations that are subject to LoadBalancerSourceRanges" ; }`,
  ],
  [
    'no-endpoint-nodeports',
    `map { type ${NODE_PORT_KEY} ; comment "vmap to drop or reject packets to service nodeports with no endpoints" ; }`,
  ],
  [
    'no-endpoint-services',
    `map { type ${SERVICE_KEY} ; comment "vmap to drop or reject packets to services with no endpoints" ; }`,
  ],
  [
    'service-ips',
    `map { type ${SERVICE_KEY} ; comment "ClusterIP, ExternalIP and LoadBalancer IP traffic" ; }`,
  ],
  ['service-nodeports', `map { type ${NODE_PORT_KEY} ; comment "NodePort traffic" ; }`],
]);

interface BaseChain {
  readonly name: string;
  /** What stands between the braces of its declaration. */
  readonly declaration?: string;
  readonly rules: readonly string[];
}

const NEW = 'ct state new jump';
const SERVICE = 'ip daddr . meta l4proto . th dport vmap';
const NODE_PORT = 'ip daddr @nodeport-ips meta l4proto . th dport vmap';

/** The chains that do not depend on any Service; `serviceCidrs` are the networks that ClusterIPs come from. */
export function baseChains(serviceCidrs: readonly string[]): readonly BaseChain[] {
  const unallocated =
    serviceCidrs.length === 0
      ? []
      : [`ip daddr { ${serviceCidrs.join(', ')} } drop comment "Drop traffic to unallocated ClusterIPs"`];
  return [
    {
      name: 'cluster-ips-check',
      rules: [
        'ip daddr @cluster-ips reject comment "Reject traffic to invalid ports of ClusterIPs"',
        ...unallocated,
      ],
    },
    { name: 'firewall-check', rules: [`${SERVICE} @firewall-ips`] },
    { name: 'mark-for-masquerade', rules: ['mark set mark or 0x4000'] },
    {
      name: 'masquerading',
      rules: ['mark and 0x4000 == 0 return', 'mark set mark xor 0x4000', 'masquerade fully-random'],
    },
    { name: 'nodeport-endpoints-check', rules: [`${NODE_PORT} @no-endpoint-nodeports`] },
    {
      name: 'reject-chain',
      declaration: 'comment "helper for @no-endpoint-services / @no-endpoint-nodeports" ;',
      rules: ['reject'],
    },
    { name: 'services', rules: [`${SERVICE} @service-ips`, `${NODE_PORT} @service-nodeports`] },
    { name: 'service-endpoints-check', rules: [`${SERVICE} @no-endpoint-services`] },
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
