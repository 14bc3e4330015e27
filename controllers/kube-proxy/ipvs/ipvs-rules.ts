import { markText, type RuleSettings } from '../configuration/rule-settings.ts';
import { iptablesMatch, localTraffic } from '../local-traffic.ts';
import type { ProxiedNodeFacts } from '../proxier.ts';
import { type IpSetName, ipSetName } from './ip-sets.ts';

const comment = (text: string): string => `-m comment --comment "${text}"`;

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

type Settings = Pick<RuleSettings, 'family' | 'localDetector' | 'masqueradeAll' | 'masqueradeMark'>;

/** What the rules of a node are made from. */
export interface IpvsRulesOptions {
  readonly settings: Settings;
  readonly node: Pick<ProxiedNodeFacts, 'podCidr'>;
  /** The sets that have entries, by their names on the node: most rules are there only for such. */
  readonly filled: ReadonlySet<string>;
  /** Rules of KUBE-IPVS-OUT-FILTER. */
  readonly outFilter: readonly string[];
}

/** Traffic towards ClusterIPs that is masqueraded: all, or what comes from no pod of the node's. */
function clusterIpMasquerade({ settings, node }: IpvsRulesOptions): readonly [sides: string, who: string] {
  if (settings.masqueradeAll) return ['dst,dst', ''];
  const local = localTraffic(settings.localDetector, node);
  // Without knowing the pods' at least the node's own, which comes from the very address it goes to.
  return local ? ['dst,dst', ` ${iptablesMatch(local, true)}`] : ['src,dst', ''];
}

function rulesOf(options: IpvsRulesOptions): Readonly<Record<'nat' | 'filter', readonly string[]>> {
  const { settings, filled, outFilter } = options;
  const { family } = settings;
  const mark = markText(settings.masqueradeMark);
  const has = (set: IpSetName, sides: string): string =>
    `-m set --match-set ${ipSetName(set, family)} ${sides}`;
  const ifFilled = (set: IpSetName, ...rules: readonly string[]): readonly string[] =>
    filled.has(ipSetName(set, family)) ? rules : [];
  /** A rule of a chain for what is in a set. */
  const forSet = (set: IpSetName, chain: string, why: string, sides: string, target: string) =>
    ifFilled(set, `${chain} ${comment(why)} ${has(set, sides)} -j ${target}`);
  const [sides, who] = clusterIpMasquerade(options);
  const external = 'Kubernetes service external ip + port for masquerade and filter purpose';
  /** What comes from elsewhere, or goes to an address of the node's own, is let through. */
  const accepted = (set: IpSetName, why: string): readonly string[] => [
    `KUBE-SERVICES ${comment(why)} ${has(set, 'dst,dst')} -m physdev ! --physdev-is-in -m addrtype ! --src-type LOCAL -j ACCEPT`,
    `KUBE-SERVICES ${comment(why)} ${has(set, 'dst,dst')} -m addrtype --dst-type LOCAL -j ACCEPT`,
  ];
  const nodePort = (
    protocol: 'TCP' | 'UDP' | 'SCTP',
    set: 'TCP' | 'UDP' | 'SCTP-HASH',
    [of, end]: readonly [string, string],
  ): readonly string[] => {
    const chain = `KUBE-NODE-PORT -p ${protocol.toLowerCase()}`;
    const what = `Kubernetes nodeport ${protocol} port`;
    return [
      ...forSet(
        `KUBE-NODE-PORT-LOCAL-${set}`,
        chain,
        `${what} with externalTrafficPolicy=local${end}`,
        of,
        'RETURN',
      ),
      ...forSet(`KUBE-NODE-PORT-${set}`, chain, `${what} for masquerade purpose${end}`, of, 'KUBE-MARK-MASQ'),
    ];
  };
  const balancer = 'Kubernetes service load balancer ip + port';
  return {
    nat: [
      // What a process says to itself never meets a Service.
      `KUBE-SERVICES -s ${family.loopback} -j RETURN`,
      ...forSet(
        'KUBE-LOOP-BACK',
        'KUBE-POSTROUTING',
        'Kubernetes endpoints dst ip:port, source ip for solving hairpin purpose',
        'dst,dst,src',
        'MASQUERADE',
      ),
      ...forSet(
        'KUBE-LOAD-BALANCER',
        'KUBE-SERVICES',
        'Kubernetes service lb portal',
        'dst,dst',
        'KUBE-LOAD-BALANCER',
      ),
      ...forSet(
        'KUBE-LOAD-BALANCER-LOCAL',
        'KUBE-LOAD-BALANCER',
        `${balancer} with externalTrafficPolicy=local`,
        'dst,dst',
        'RETURN',
      ),
      ...nodePort('TCP', 'TCP', ['dst', '']),
      ...nodePort('UDP', 'UDP', ['dst', '']),
      ...nodePort('SCTP', 'SCTP-HASH', ['dst,dst', " with type 'hash ip:port'"]),
      ...forSet(
        'KUBE-CLUSTER-IP',
        'KUBE-SERVICES',
        'Kubernetes service cluster ip + port for masquerade purpose',
        `${sides}${who}`,
        'KUBE-MARK-MASQ',
      ),
      ...forSet('KUBE-EXTERNAL-IP', 'KUBE-SERVICES', external, 'dst,dst', 'KUBE-MARK-MASQ'),
      ...ifFilled('KUBE-EXTERNAL-IP', ...accepted('KUBE-EXTERNAL-IP', external)),
      ...ifFilled(
        'KUBE-EXTERNAL-IP-LOCAL',
        ...accepted(
          'KUBE-EXTERNAL-IP-LOCAL',
          'Kubernetes service external ip + port with externalTrafficPolicy=local',
        ),
      ),
      'KUBE-SERVICES -m addrtype --dst-type LOCAL -j KUBE-NODE-PORT',
      'KUBE-LOAD-BALANCER -j KUBE-MARK-MASQ',
      ...(['KUBE-CLUSTER-IP', 'KUBE-LOAD-BALANCER'] as const).flatMap((set) =>
        ifFilled(set, `KUBE-SERVICES ${has(set, 'dst,dst')} -j ACCEPT`),
      ),
      `KUBE-POSTROUTING -m mark ! --mark ${mark}/${mark} -j RETURN`,
      `KUBE-POSTROUTING -j MARK --xor-mark ${mark}`,
      `KUBE-POSTROUTING ${comment('kubernetes service traffic requiring SNAT')} -j MASQUERADE --random-fully`,
      `KUBE-MARK-MASQ -j MARK --or-mark ${mark}`,
    ],
    filter: [
      ...forSet(
        'KUBE-LOAD-BALANCER-FW',
        'KUBE-PROXY-FIREWALL',
        `${balancer} for load balancer with sourceRange`,
        'dst,dst',
        'KUBE-SOURCE-RANGES-FIREWALL',
      ),
      ...forSet(
        'KUBE-LOAD-BALANCER-SOURCE-CIDR',
        'KUBE-SOURCE-RANGES-FIREWALL',
        `${balancer} + source cidr for packet filter purpose`,
        'dst,dst,src',
        'RETURN',
      ),
      ...forSet(
        'KUBE-LOAD-BALANCER-SOURCE-IP',
        'KUBE-SOURCE-RANGES-FIREWALL',
        `${balancer} + source IP for packet filter purpose`,
        'dst,dst,src',
        'RETURN',
      ),
      'KUBE-SOURCE-RANGES-FIREWALL -j DROP',
      ...outFilter.map((rule) => `KUBE-IPVS-OUT-FILTER ${rule}`),
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

/** The jumps into the mode's chains that a node lacks, of those that it has as `table FROM TO`. */
export type PresentJumps = ReadonlySet<string>;

/**
 * The rules of the IPVS mode: they speak of sets, so they change with a Service only where it fills a set
 * or empties one (k8s pkg/proxy/ipvs/proxier.go, writeIptablesRules).
 */
export function ipvsRulesText(options: IpvsRulesOptions, present: PresentJumps | undefined): string {
  const rules = rulesOf(options);
  return (['nat', 'filter'] as const)
    .map((table) => {
      const jumps = present
        ? JUMPS[table].filter(([from, to]) => !present.has(`${table} ${from} ${to}`))
        : [];
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
