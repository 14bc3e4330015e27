/** A rule of an own chain, or a jump to one from the kernel's. */
const comment = (text: string): string => `-m comment --comment "${text}"`;
const inSet = (set: string, sides: string): string => `-m set --match-set ${set} ${sides}`;

const CHAINS = {
  nat: ['KUBE-SERVICES', 'KUBE-POSTROUTING', 'KUBE-NODE-PORT', 'KUBE-LOAD-BALANCER', 'KUBE-MARK-MASQ'],
  filter: [
    'KUBE-FORWARD',
    'KUBE-NODE-PORT',
    'KUBE-PROXY-FIREWALL',
    'KUBE-SOURCE-RANGES-FIREWALL',
    'KUBE-IPVS-FILTER',
    'KUBE-IPVS-OUT-FILTER',
  ],
} as const;

/** Whether the mode has a chain. */
export function hasIpvsChain(table: string, chain: string): boolean {
  return (table === 'nat' || table === 'filter') && (CHAINS[table] as readonly string[]).includes(chain);
}

/** Each is put at the head of its chain in this order (iptablesJumpChain). */
const JUMPS = {
  nat: [
    ['OUTPUT', 'KUBE-SERVICES', 'kubernetes service portals'],
    ['PREROUTING', 'KUBE-SERVICES', 'kubernetes service portals'],
    ['POSTROUTING', 'KUBE-POSTROUTING', 'kubernetes postrouting rules'],
  ],
  filter: [
    ['FORWARD', 'KUBE-FORWARD', 'kubernetes forwarding rules'],
    ['INPUT', 'KUBE-NODE-PORT', 'kubernetes health check rules'],
    ['INPUT', 'KUBE-PROXY-FIREWALL', 'kube-proxy firewall rules'],
    ['FORWARD', 'KUBE-PROXY-FIREWALL', 'kube-proxy firewall rules'],
    ['INPUT', 'KUBE-IPVS-FILTER', 'kubernetes ipvs access filter'],
    ['OUTPUT', 'KUBE-IPVS-OUT-FILTER', 'kubernetes ipvs access filter'],
  ],
} as const;

const RULES = (clusterCidr: string): Readonly<Record<'nat' | 'filter', readonly string[]>> => ({
  nat: [
    `KUBE-POSTROUTING ${comment('Kubernetes endpoints dst ip:port, source ip for solving hairpin purpose')} ${inSet('KUBE-LOOP-BACK', 'dst,dst,src')} -j MASQUERADE`,
    // What a process says to itself never meets a Service.
    'KUBE-SERVICES -s 127.0.0.0/8 -j RETURN',
    `KUBE-SERVICES ${comment('Kubernetes service lb portal')} ${inSet('KUBE-LOAD-BALANCER', 'dst,dst')} -j KUBE-LOAD-BALANCER`,
    `KUBE-LOAD-BALANCER ${comment('Kubernetes service load balancer ip + port with externalTrafficPolicy=local')} ${inSet('KUBE-LOAD-BALANCER-LOCAL', 'dst,dst')} -j RETURN`,
    ...(['TCP', 'UDP'] as const).flatMap((protocol) => {
      const is = `-p ${protocol.toLowerCase()}`;
      const why = `Kubernetes nodeport ${protocol} port`;
      return [
        `KUBE-NODE-PORT ${is} ${comment(`${why} with externalTrafficPolicy=local`)} ${inSet(`KUBE-NODE-PORT-LOCAL-${protocol}`, 'dst')} -j RETURN`,
        `KUBE-NODE-PORT ${is} ${comment(`${why} for masquerade purpose`)} ${inSet(`KUBE-NODE-PORT-${protocol}`, 'dst')} -j KUBE-MARK-MASQ`,
      ];
    }),
    `KUBE-NODE-PORT -p sctp ${comment("Kubernetes nodeport SCTP port with externalTrafficPolicy=local with type 'hash ip:port'")} ${inSet('KUBE-NODE-PORT-LOCAL-SCTP-HASH', 'dst,dst')} -j RETURN`,
    `KUBE-NODE-PORT -p sctp ${comment("Kubernetes nodeport SCTP port for masquerade purpose with type 'hash ip:port'")} ${inSet('KUBE-NODE-PORT-SCTP-HASH', 'dst,dst')} -j KUBE-MARK-MASQ`,
    `KUBE-SERVICES ! -s ${clusterCidr} ${comment('Kubernetes service cluster ip + port for masquerade purpose')} ${inSet('KUBE-CLUSTER-IP', 'dst,dst')} -j KUBE-MARK-MASQ`,
    `KUBE-SERVICES ${comment('Kubernetes service external ip + port for masquerade and filter purpose')} ${inSet('KUBE-EXTERNAL-IP', 'dst,dst')} -j KUBE-MARK-MASQ`,
    ...['KUBE-EXTERNAL-IP', 'KUBE-EXTERNAL-IP-LOCAL'].flatMap((set) => [
      `KUBE-SERVICES ${inSet(set, 'dst,dst')} -m physdev ! --physdev-is-in -m addrtype ! --src-type LOCAL -j ACCEPT`,
      `KUBE-SERVICES ${inSet(set, 'dst,dst')} -m addrtype --dst-type LOCAL -j ACCEPT`,
    ]),
    'KUBE-SERVICES -m addrtype --dst-type LOCAL -j KUBE-NODE-PORT',
    'KUBE-LOAD-BALANCER -j KUBE-MARK-MASQ',
    `KUBE-SERVICES ${inSet('KUBE-CLUSTER-IP', 'dst,dst')} -j ACCEPT`,
    `KUBE-SERVICES ${inSet('KUBE-LOAD-BALANCER', 'dst,dst')} -j ACCEPT`,
    'KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN',
    'KUBE-POSTROUTING -j MARK --xor-mark 0x4000',
    `KUBE-POSTROUTING ${comment('kubernetes service traffic requiring SNAT')} -j MASQUERADE --random-fully`,
    'KUBE-MARK-MASQ -j MARK --or-mark 0x4000',
  ],
  filter: [
    `KUBE-PROXY-FIREWALL ${comment('Kubernetes service load balancer ip + port for load balancer with sourceRange')} ${inSet('KUBE-LOAD-BALANCER-FW', 'dst,dst')} -j KUBE-SOURCE-RANGES-FIREWALL`,
    `KUBE-SOURCE-RANGES-FIREWALL ${comment('Kubernetes service load balancer ip + port + source cidr for packet filter')} ${inSet('KUBE-LOAD-BALANCER-SOURCE-CIDR', 'dst,dst,src')} -j RETURN`,
    `KUBE-SOURCE-RANGES-FIREWALL ${comment('Kubernetes service load balancer ip + port + source IP for packet filter purpose')} ${inSet('KUBE-LOAD-BALANCER-SOURCE-IP', 'dst,dst,src')} -j RETURN`,
    'KUBE-SOURCE-RANGES-FIREWALL -j DROP',
    `KUBE-FORWARD ${comment('kubernetes forwarding rules')} -m mark --mark 0x4000/0x4000 -j ACCEPT`,
    `KUBE-FORWARD ${comment('kubernetes forwarding conntrack rule')} -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT`,
    `KUBE-NODE-PORT ${comment('Kubernetes health check node port')} ${inSet('KUBE-HEALTH-CHECK-NODE-PORT', 'dst')} -j ACCEPT`,
    ...['KUBE-LOAD-BALANCER', 'KUBE-CLUSTER-IP', 'KUBE-EXTERNAL-IP', 'KUBE-EXTERNAL-IP-LOCAL'].map(
      (set) => `KUBE-IPVS-FILTER ${inSet(set, 'dst,dst')} -j RETURN`,
    ),
    `KUBE-IPVS-FILTER ${inSet('KUBE-HEALTH-CHECK-NODE-PORT', 'dst')} -j RETURN`,
    `KUBE-IPVS-FILTER -m conntrack --ctstate NEW ${inSet('KUBE-IPVS-IPS', 'dst')} -j REJECT`,
  ],
});

/**
 * Those that keep the node itself from balancers whose source ranges it is not in: to IPVS it comes from the
 * balancer's own address.
 */
export function outFilterText(rules: readonly string[]): string {
  const lines = rules.map((rule) => `-A KUBE-IPVS-OUT-FILTER ${rule}\n`);
  return `*filter\n:KUBE-IPVS-OUT-FILTER - [0:0]\n${lines.join('')}COMMIT\n`;
}

/**
 * The rules of the IPVS mode, which do not depend on any Service: sets do (k8s pkg/proxy/ipvs/proxier.go,
 * writeIptablesRules). `present` are the jumps that a node has, as `table FROM TO`.
 */
export function ipvsRulesText(clusterCidr: string, present: ReadonlySet<string>): string {
  const rules = RULES(clusterCidr);
  return (['nat', 'filter'] as const)
    .map((table) => {
      const jumps = JUMPS[table].filter(([from, to]) => !present.has(`${table} ${from} ${to}`));
      return [
        `*${table}`,
        ...CHAINS[table].map((chain) => `:${chain} - [0:0]`),
        ...rules[table].map((rule) => `-A ${rule}`),
        ...jumps.map(([from, to, why]) => `-I ${from} ${comment(why)} -j ${to}`),
        'COMMIT\n',
      ].join('\n');
    })
    .join('');
}
