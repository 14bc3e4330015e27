import type { RuleSettings } from '../configuration/rule-settings.ts';
import type { EndpointInfo } from '../endpoint-info.ts';
import { hostPort, rangeHolds } from '../ip-family.ts';
import { localTraffic } from '../local-traffic.ts';
import { planService } from '../plan-service.ts';
import type { ProxiedNodeFacts } from '../proxier.ts';
import type { ProxiedPort, ServicePortInfo } from '../service-port.ts';
import { LOCALHOST_ACCEPTED } from './accounts.ts';
import { ChainNames } from './chain-names.ts';
import { comment, jump, type Match, type Rule, verdict } from './rule.ts';

/** What one Service's port adds to a node's rules. */
export interface ServiceRules {
  /** Chains of the nat table that belong to this port alone. */
  readonly chains: ReadonlyMap<string, readonly Rule[]>;
  /** Rules it adds to the shared chains. */
  readonly natServices: readonly Rule[];
  readonly natNodePorts: readonly Rule[];
  readonly filterServices: readonly Rule[];
  readonly filterExternalServices: readonly Rule[];
  readonly filterNodePorts: readonly Rule[];
  readonly filterProxyFirewall: readonly Rule[];
}

export interface ServiceRulesOptions extends ProxiedNodeFacts {
  readonly settings: Pick<RuleSettings, 'family' | 'localDetector' | 'localhostNodePorts' | 'masqueradeAll'>;
  /** So many endpoints that rules for each do without comments. */
  readonly isLarge: boolean;
  /** The node has accounting objects to count in. */
  readonly hasAccounts: boolean;
}

export const MARK_MASQUERADE = 'KUBE-MARK-MASQ';

/** The rules of one Service's port on one node (k8s pkg/proxy/iptables/proxier.go, syncProxyRules). */
export function compileService(port: ProxiedPort, options: ServiceRulesOptions): ServiceRules {
  const { service } = port;
  const { cluster, local, hasExternal, isFirewalled, ...plan } = planService(port, options);
  const names = new ChainNames(service);
  const svc = names.service('KUBE-SVC-');
  const svl = names.service('KUBE-SVL-');
  const ext = names.service('KUBE-EXT-');
  const fw = names.service('KUBE-FW-');

  const internal = service.internalLocal ? svl : svc;
  const internalMasquerade = (chain: string): Rule[] =>
    chain === internal ? clusterIpMasquerade(service, options) : [];

  const chains = new Map<string, readonly Rule[]>();
  if (cluster.length > 0)
    chains.set(svc, [...internalMasquerade(svc), ...balance(service, cluster, names, options)]);
  if (local.length > 0)
    chains.set(svl, [...internalMasquerade(svl), ...balance(service, local, names, options)]);
  if (hasExternal) chains.set(ext, externalRules(service, options, svc, local.length > 0 ? svl : undefined));
  if (hasExternal && isFirewalled) chains.set(fw, firewallRules(service, ext, options));
  for (const endpoint of plan.used) {
    chains.set(names.endpoint(endpoint), endpointRules(service, endpoint, names, options));
  }

  const refuseInternal = plan.refuseInternal && refusal(service, plan.refuseInternal);
  const refuseExternal = plan.refuseExternal && refusal(service, plan.refuseExternal);
  const isGuarded = hasExternal && isFirewalled;
  return {
    chains,
    natServices: [
      ...(refuseInternal ? [] : [toAddress(service, service.clusterIp, 'cluster IP', internal)]),
      ...(hasExternal
        ? [
            ...service.externalIps.map((ip) => toAddress(service, ip, 'external IP', ext)),
            ...service.loadBalancerIps.map((ip) =>
              toAddress(service, ip, 'loadbalancer IP', isGuarded ? fw : ext),
            ),
          ]
        : []),
    ],
    natNodePorts: hasExternal && service.nodePort > 0 ? toNodePort(service, ext, options) : [],
    filterServices: refuseInternal ? [refuse(service, refuseInternal, service.clusterIp)] : [],
    filterExternalServices: refuseExternal ? refuseExternally(service, refuseExternal) : [],
    filterNodePorts: service.healthCheckNodePort > 0 ? [acceptHealthChecks(service)] : [],
    filterProxyFirewall: isGuarded ? service.loadBalancerIps.map((ip) => dropUnmatched(service, ip, fw)) : [],
  };
}

function protocolPort({ protocol }: ServicePortInfo, port: number): [Match, Match] {
  return [
    { kind: 'protocol', protocol },
    { kind: 'destination-port', port },
  ];
}

function toAddress(service: ServicePortInfo, ip: string, what: string, chain: string): Rule {
  const [protocol, port] = protocolPort(service, service.port);
  return {
    matches: [comment(`${service.name} ${what}`), protocol, { kind: 'destination', cidr: ip }, port],
    target: jump(chain),
  };
}

/** What comes by way of localhost is counted, for who uses it will miss it under nftables. */
function toNodePort(service: ServicePortInfo, chain: string, options: ServiceRulesOptions): Rule[] {
  const { family, localhostNodePorts } = options.settings;
  const [protocol, port] = protocolPort(service, service.nodePort);
  const what = comment(service.name);
  const counted: Rule = {
    matches: [
      what,
      protocol,
      { kind: 'destination', cidr: family.loopback },
      port,
      { kind: 'account', name: LOCALHOST_ACCEPTED },
    ],
    target: jump(chain),
  };
  return [
    ...(localhostNodePorts && options.hasAccounts ? [counted] : []),
    { matches: [what, protocol, port], target: jump(chain) },
  ];
}

/** Pods' traffic towards a ClusterIP is masqueraded only if all is. */
function clusterIpMasquerade(service: ServicePortInfo, node: ServiceRulesOptions): Rule[] {
  const { localDetector, masqueradeAll } = node.settings;
  const local = localTraffic(localDetector, node);
  if (!masqueradeAll && local === undefined) return [];
  const [protocol, port] = protocolPort(service, service.port);
  return [
    {
      matches: [
        comment(`${service.name} cluster IP`),
        protocol,
        { kind: 'destination', cidr: service.clusterIp },
        port,
        ...(masqueradeAll || !local ? [] : [{ kind: 'local-traffic', local, negated: true } as const]),
      ],
      target: jump(MARK_MASQUERADE),
    },
  ];
}

/** A client that came before goes where it went; others by chance, each endpoint with the same odds. */
function balance(
  service: ServicePortInfo,
  endpoints: readonly EndpointInfo[],
  names: ChainNames,
  { isLarge }: ServiceRulesOptions,
): Rule[] {
  const rules: Rule[] = [];
  const toEndpoint = ({ ip, port }: EndpointInfo): Match[] =>
    isLarge ? [] : [comment(`${service.name} -> ${hostPort(ip, port)}`)];
  if (service.affinitySeconds > 0) {
    for (const endpoint of endpoints) {
      const chain = names.endpoint(endpoint);
      rules.push({
        matches: [
          ...toEndpoint(endpoint),
          { kind: 'recent-check', list: chain, seconds: service.affinitySeconds },
        ],
        target: jump(chain),
      });
    }
  }
  for (const [index, endpoint] of endpoints.entries()) {
    const left = endpoints.length - index;
    const odds: Match[] = left > 1 ? [{ kind: 'probability', one: 1, of: left }] : [];
    rules.push({
      matches: [...toEndpoint(endpoint), ...odds],
      target: jump(names.endpoint(endpoint)),
    });
  }
  return rules;
}

function endpointRules(
  service: ServicePortInfo,
  endpoint: EndpointInfo,
  names: ChainNames,
  { isLarge }: ServiceRulesOptions,
): Rule[] {
  const what = isLarge ? [] : [comment(service.name)];
  const list = names.endpoint(endpoint);
  const remember: Match[] = service.affinitySeconds > 0 ? [{ kind: 'recent-set', list }] : [];
  return [
    // A pod that reaches itself must not see a packet from its own address.
    {
      matches: [...what, { kind: 'source', cidr: endpoint.ip }],
      target: jump(MARK_MASQUERADE),
    },
    {
      matches: [...what, ...remember, { kind: 'protocol', protocol: service.protocol }],
      target: { kind: 'dnat', to: hostPort(endpoint.ip, endpoint.port) },
    },
  ];
}

function externalRules(
  service: ServicePortInfo,
  node: ServiceRulesOptions,
  svc: string,
  svl: string | undefined,
): Rule[] {
  const what = `${service.name} external destinations`;
  if (!service.externalLocal) {
    return [
      { matches: [comment(`masquerade traffic for ${what}`)], target: jump(MARK_MASQUERADE) },
      { matches: [], target: jump(svc) },
    ];
  }
  const fromLocal: Match = { kind: 'address-type', side: 'src', type: 'LOCAL' };
  const local = localTraffic(node.settings.localDetector, node);
  const fromPods: Rule[] =
    local === undefined
      ? []
      : [
          {
            matches: [comment(`pod traffic for ${what}`), { kind: 'local-traffic', local }],
            target: jump(svc),
          },
        ];
  return [
    ...fromPods,
    { matches: [comment(`masquerade LOCAL traffic for ${what}`), fromLocal], target: jump(MARK_MASQUERADE) },
    { matches: [comment(`route LOCAL traffic for ${what}`), fromLocal], target: jump(svc) },
    ...(svl === undefined ? [] : [{ matches: [], target: jump(svl) }]),
  ];
}

/** A node that may use a balancer's address reaches it from that very address. */
function firewallRules(service: ServicePortInfo, ext: string, { nodeIp }: ServiceRulesOptions): Rule[] {
  const what = comment(`${service.name} loadbalancer IP`);
  const ranges = service.loadBalancerSourceRanges;
  const includesNode = ranges.some((range) => rangeHolds(range, nodeIp));
  return [
    ...[...ranges, ...(includesNode ? service.loadBalancerIps : [])].map(
      (cidr): Rule => ({ matches: [what, { kind: 'source', cidr }], target: jump(ext) }),
    ),
    { matches: [comment(`other traffic to ${service.name} will be dropped by KUBE-PROXY-FIREWALL`)] },
  ];
}

interface Refusal {
  readonly reason: string;
  readonly verdict: 'REJECT' | 'DROP';
}

function refusal({ name }: ServicePortInfo, how: 'reject' | 'drop'): Refusal {
  return how === 'reject'
    ? { reason: `${name} has no endpoints`, verdict: 'REJECT' }
    : { reason: `${name} has no local endpoints`, verdict: 'DROP' };
}

function refuse(service: ServicePortInfo, refused: Refusal, ip: string): Rule {
  const [protocol, port] = protocolPort(service, service.port);
  return {
    matches: [comment(refused.reason), protocol, { kind: 'destination', cidr: ip }, port],
    target: verdict(refused.verdict),
  };
}

function refuseExternally(service: ServicePortInfo, refused: Refusal): Rule[] {
  const addresses = [...service.externalIps, ...service.loadBalancerIps];
  const rules = addresses.map((ip) => refuse(service, refused, ip));
  if (service.nodePort > 0) {
    rules.push({
      matches: [
        comment(refused.reason),
        { kind: 'address-type', side: 'dst', type: 'LOCAL' },
        ...protocolPort(service, service.nodePort),
      ],
      target: verdict(refused.verdict),
    });
  }
  return rules;
}

function acceptHealthChecks(service: ServicePortInfo): Rule {
  return {
    matches: [
      comment(`${service.name} health check node port`),
      { kind: 'protocol', protocol: 'tcp' },
      { kind: 'destination-port', port: service.healthCheckNodePort },
    ],
    target: verdict('ACCEPT'),
  };
}

function dropUnmatched(service: ServicePortInfo, ip: string, fw: string): Rule {
  const [protocol, port] = protocolPort(service, service.port);
  return {
    matches: [
      comment(`${service.name} traffic not accepted by ${fw}`),
      protocol,
      { kind: 'destination', cidr: ip },
      port,
    ],
    target: verdict('DROP'),
  };
}
