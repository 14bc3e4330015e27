import { markText, type RuleSettings } from '../configuration/rule-settings.ts';
import { type IpSetName, ipSetName } from './ip-sets.ts';

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

type Settings = Pick<RuleSettings, 'family' | 'clusterCidr' | 'masqueradeAll' | 'masqueradeMark'>;

/** Traffic towards ClusterIPs that is masqueraded: all, or what comes from no pod. */
function clusterIpMasquerade({ family, clusterCidr, masqueradeAll }: Settings): string {
  const what = comment('Kubernetes service cluster ip + port for masquerade purpose');
  const set = ipSetName('KUBE-CLUSTER-IP', family);
  if (masqueradeAll) return `KUBE-SERVICES ${what} ${inSet(set, 'dst,dst')} -j KUBE-MARK-MASQ`;
  // Without the pods' network at least the node's own, which comes from the very address it goes to.
  if (clusterCidr === undefined) return `KUBE-SERVICES ${what} ${inSet(set, 'src,dst')} -j KUBE-MARK-MASQ`;
  return `KUBE-SERVICES ${what} ${inSet(set, 'dst,dst')} ! -s ${clusterCidr} -j KUBE-MARK-MASQ`;
}

function rulesOf(settings: Settings): Readonly<Record<'nat' | 'filter', readonly string[]>> {
  const { family } = settings;
  const mark = markText(settings.masqueradeMark);
  const has = (set: IpSetName, sides: string): string => inSet(ipSetName(set, family), sides);
  const external = comment('Kubernetes service external ip + port for masquerade and filter purpose');
  const externalLocal = comment('Kubernetes service external ip + port with externalTrafficPolicy=local');
  return {
    nat: [
      `KUBE-POSTROUTING ${comment('Kubernetes endpoints dst ip:port, source ip for solving hairpin purpose')} ${has('KUBE-LOOP-BACK', 'dst,dst,src')} -j MASQUERADE`,
      // What a process says to itself never meets a Service.
      `KUBE-SERVICES -s ${family.loopback} -j RETURN`,
      `KUBE-SERVICES ${comment('Kubernetes service lb portal')} ${has('KUBE-LOAD-BALANCER', 'dst,dst')} -j KUBE-LOAD-BALANCER`,
      `KUBE-LOAD-BALANCER ${comment('Kubernetes service load balancer ip + port with externalTrafficPolicy=local')} ${has('KUBE-LOAD-BALANCER-LOCAL', 'dst,dst')} -j RETURN`,
      ...(['TCP', 'UDP'] as const).flatMap((protocol) => {
        const is = `-p ${protocol.toLowerCase()}`;
        const why = `Kubernetes nodeport ${protocol} port`;
        return [
          `KUBE-NODE-PORT ${is} ${comment(`${why} with externalTrafficPolicy=local`)} ${has(`KUBE-NODE-PORT-LOCAL-${protocol}`, 'dst')} -j RETURN`,
          `KUBE-NODE-PORT ${is} ${comment(`${why} for masquerade purpose`)} ${has(`KUBE-NODE-PORT-${protocol}`, 'dst')} -j KUBE-MARK-MASQ`,
        ];
      }),
      `KUBE-NODE-PORT -p sctp ${comment("Kubernetes nodeport SCTP port with externalTrafficPolicy=local with type 'hash ip:port'")} ${has('KUBE-NODE-PORT-LOCAL-SCTP-HASH', 'dst,dst')} -j RETURN`,
      `KUBE-NODE-PORT -p sctp ${comment("Kubernetes nodeport SCTP port for masquerade purpose with type 'hash ip:port'")} ${has('KUBE-NODE-PORT-SCTP-HASH', 'dst,dst')} -j KUBE-MARK-MASQ`,
      clusterIpMasquerade(settings),
      `KUBE-SERVICES ${external} ${has('KUBE-EXTERNAL-IP', 'dst,dst')} -j KUBE-MARK-MASQ`,
      ...(
        [
          ['KUBE-EXTERNAL-IP', external],
          ['KUBE-EXTERNAL-IP-LOCAL', externalLocal],
        ] as const
      ).flatMap(([set, what]) => [
        `KUBE-SERVICES ${what} ${has(set, 'dst,dst')} -m physdev ! --physdev-is-in -m addrtype ! --src-type LOCAL -j ACCEPT`,
        `KUBE-SERVICES ${what} ${has(set, 'dst,dst')} -m addrtype --dst-type LOCAL -j ACCEPT`,
      ]),
      'KUBE-SERVICES -m addrtype --dst-type LOCAL -j KUBE-NODE-PORT',
      'KUBE-LOAD-BALANCER -j KUBE-MARK-MASQ',
      `KUBE-SERVICES ${has('KUBE-CLUSTER-IP', 'dst,dst')} -j ACCEPT`,
      `KUBE-SERVICES ${has('KUBE-LOAD-BALANCER', 'dst,dst')} -j ACCEPT`,
      `KUBE-POSTROUTING -m mark ! --mark ${mark}/${mark} -j RETURN`,
      `KUBE-POSTROUTING -j MARK --xor-mark ${mark}`,
      `KUBE-POSTROUTING ${comment('kubernetes service traffic requiring SNAT')} -j MASQUERADE --random-fully`,
      `KUBE-MARK-MASQ -j MARK --or-mark ${mark}`,
    ],
    filter: [
      `KUBE-PROXY-FIREWALL ${comment('Kubernetes service load balancer ip + port for load balancer with sourceRange')} ${has('KUBE-LOAD-BALANCER-FW', 'dst,dst')} -j KUBE-SOURCE-RANGES-FIREWALL`,
      `KUBE-SOURCE-RANGES-FIREWALL ${comment('Kubernetes service load balancer ip + port + source cidr for packet filter')} ${has('KUBE-LOAD-BALANCER-SOURCE-CIDR', 'dst,dst,src')} -j RETURN`,
      `KUBE-SOURCE-RANGES-FIREWALL ${comment('Kubernetes service load balancer ip + port + source IP for packet filter purpose')} ${has('KUBE-LOAD-BALANCER-SOURCE-IP', 'dst,dst,src')} -j RETURN`,
      'KUBE-SOURCE-RANGES-FIREWALL -j DROP',
      `KUBE-FORWARD ${comment('kubernetes forwarding rules')} -m mark --mark ${mark}/${mark} -j ACCEPT`,
      `KUBE-FORWARD ${comment('kubernetes forwarding conntrack rule')} -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT`,
      `KUBE-NODE-PORT ${comment('Kubernetes health check node port')} ${has('KUBE-HEALTH-CHECK-NODE-PORT', 'dst')} -j ACCEPT`,
      ...(
        ['KUBE-LOAD-BALANCER', 'KUBE-CLUSTER-IP', 'KUBE-EXTERNAL-IP', 'KUBE-EXTERNAL-IP-LOCAL'] as const
      ).map((set) => `KUBE-IPVS-FILTER ${has(set, 'dst,dst')} -j RETURN`),
      `KUBE-IPVS-FILTER ${has('KUBE-HEALTH-CHECK-NODE-PORT', 'dst')} -j RETURN`,
      `KUBE-IPVS-FILTER -m conntrack --ctstate NEW ${has('KUBE-IPVS-IPS', 'dst')} -j REJECT`,
    ],
  };
}

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
export function ipvsRulesText(settings: Settings, present: ReadonlySet<string>): string {
  const rules = rulesOf(settings);
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
