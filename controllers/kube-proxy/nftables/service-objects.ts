import type { RuleSettings } from '../configuration/rule-settings.ts';
import type { EndpointInfo } from '../endpoint-info.ts';
import { hostPort, rangeHolds } from '../ip-family.ts';
import { localTraffic, nftMatch } from '../local-traffic.ts';
import { planService, type ServicePlan } from '../plan-service.ts';
import type { ProxiedNodeFacts } from '../proxier.ts';
import type { ProxiedPort, ServicePortInfo } from '../service-port.ts';
import { type ServiceChainKind, ServiceNames } from './names.ts';

/** What one Service's port adds to the table, in nft's words. */
export interface ServiceObjects {
  /** The same for every version of a Service's port, and for no other. */
  readonly key: string;
  /** Chains of its own with their rules, in the order in which they are listed. */
  readonly chains: ReadonlyMap<string, readonly string[]>;
  /** Affinity sets with their declarations. */
  readonly sets: ReadonlyMap<string, string>;
  /** Elements of the shared sets and maps: `MAP KEY` → what follows the key. */
  readonly elements: ReadonlyMap<string, string>;
}

export interface ServiceObjectsOptions extends ProxiedNodeFacts {
  readonly settings: Pick<RuleSettings, 'family' | 'localDetector' | 'masqueradeAll'>;
}

const MARK = 'jump mark-for-masquerade';

/** The objects of one Service's port on one node (k8s pkg/proxy/nftables/proxier.go, syncProxyRules). */
export function serviceObjects(port: ProxiedPort, node: ServiceObjectsOptions): ServiceObjects {
  const { service } = port;
  const plan = planService(port, node);
  const names = new ServiceNames(service);
  return {
    key: `${service.name}/${service.protocol}`,
    chains: chainsOf(service, plan, names, node),
    sets: affinitySets(service, plan, names, node),
    elements: elementsOf(service, plan, names),
  };
}

function chainsOf(
  service: ServicePortInfo,
  plan: ServicePlan,
  names: ServiceNames,
  node: ServiceObjectsOptions,
): Map<string, string[]> {
  const { cluster, local, used, hasExternal, isFirewalled } = plan;
  const chains = new Map<string, string[]>();
  const [svc, lcl] = [names.chain('service'), names.chain('local')];
  const internal = service.internalLocal ? lcl : svc;
  const ip = node.settings.family.nft;
  const own = (chain: string): string[] => (chain === internal ? internalMasquerade(service, node) : []);
  for (const endpoint of used)
    chains.set(names.endpointChain(endpoint), endpointRules(service, endpoint, names, ip));
  if (cluster.length > 0) chains.set(svc, [...own(svc), ...balance(service, cluster, names, ip)]);
  if (local.length > 0) chains.set(lcl, [...own(lcl), ...balance(service, local, names, ip)]);
  if (hasExternal) chains.set(names.chain('external'), externalRules(service, plan, names, node));
  if (isFirewalled)
    chains.set(names.chain('firewall'), [`${ip} saddr != { ${sources(service, node)} } drop`]);
  return chains;
}

/** Pods' traffic towards a ClusterIP is masqueraded only if all is. */
function internalMasquerade(
  { clusterIp, protocol, port }: ServicePortInfo,
  node: ServiceObjectsOptions,
): string[] {
  const { family, localDetector, masqueradeAll } = node.settings;
  const local = localTraffic(localDetector, node);
  const toService = `${family.nft} daddr ${clusterIp} ${protocol} dport ${port}`;
  if (masqueradeAll) return [`${toService} ${MARK}`];
  return local ? [`${toService} ${nftMatch(local, true, family)} ${MARK}`] : [];
}

/** A client that came before goes where it went; others by chance, each endpoint with the same odds. */
function balance(
  service: ServicePortInfo,
  endpoints: readonly EndpointInfo[],
  names: ServiceNames,
  ip: string,
): string[] {
  const returning =
    service.affinitySeconds > 0
      ? endpoints.map(
          (endpoint) => `${ip} saddr @${names.affinitySet(endpoint)} goto ${names.endpointChain(endpoint)}`,
        )
      : [];
  const choices = endpoints.map((endpoint, i) => `${i} : goto ${names.endpointChain(endpoint)}`);
  return [...returning, `numgen random mod ${endpoints.length} vmap { ${choices.join(' , ')} }`];
}

/** Pods and the node itself go past the Local policy, as if they went out to a balancer and came back. */
function externalRules(
  service: ServicePortInfo,
  plan: ServicePlan,
  names: ServiceNames,
  node: ServiceObjectsOptions,
): string[] {
  const svc = names.chain('service');
  if (!service.externalLocal) return [MARK, `goto ${svc}`];
  const { localDetector, family } = node.settings;
  const local = localTraffic(localDetector, node);
  return [
    ...(local ? [`${nftMatch(local, false, family)} goto ${svc} comment "short-circuit pod traffic"`] : []),
    `fib saddr type local ${MARK} comment "masquerade local traffic"`,
    `fib saddr type local goto ${svc} comment "short-circuit local traffic"`,
    ...(plan.local.length > 0 ? [`goto ${names.chain('local')}`] : []),
  ];
}

function endpointRules(
  service: ServicePortInfo,
  endpoint: EndpointInfo,
  names: ServiceNames,
  ip: string,
): string[] {
  const remember =
    service.affinitySeconds > 0 ? [`update @${names.affinitySet(endpoint)} { ${ip} saddr }`] : [];
  return [
    `${ip} saddr ${endpoint.ip} ${MARK}`,
    ...remember,
    `meta l4proto ${service.protocol} dnat to ${hostPort(endpoint.ip, endpoint.port)}`,
  ];
}

/** A node that may use a balancer's address reaches it from that very address (GetLoadBalancerSourceRanges). */
function sources(service: ServicePortInfo, { nodeIp }: ServiceObjectsOptions): string {
  const ranges = service.loadBalancerSourceRanges;
  const includesNode = ranges.some((range) => rangeHolds(range, nodeIp));
  return [...ranges, ...(includesNode ? service.loadBalancerIps : [])].join(' , ');
}

function affinitySets(
  service: ServicePortInfo,
  { used }: ServicePlan,
  names: ServiceNames,
  { settings }: ServiceObjectsOptions,
): Map<string, string> {
  if (service.affinitySeconds === 0) return new Map();
  const declaration = `{ type ${settings.family.nftAddress} ; flags dynamic,timeout ; timeout ${service.affinitySeconds}s ; }`;
  return new Map([...used].map((endpoint) => [names.affinitySet(endpoint), declaration]));
}

function elementsOf(service: ServicePortInfo, plan: ServicePlan, names: ServiceNames): Map<string, string> {
  const { protocol, port, nodePort, externalIps, loadBalancerIps } = service;
  const elements = new Map<string, string>([[`cluster-ips ${service.clusterIp}`, '']]);
  const to = (kind: ServiceChainKind): string => ` : goto ${names.chain(kind)}`;
  const refused = (how: 'reject' | 'drop'): string =>
    ` comment "${service.name}" : ${how === 'reject' ? 'goto reject-chain' : 'drop'}`;
  const at = (ip: string): string => `${ip} . ${protocol} . ${port}`;
  if (plan.refuseInternal) {
    elements.set(`no-endpoint-services ${at(service.clusterIp)}`, refused(plan.refuseInternal));
  } else {
    elements.set(`service-ips ${at(service.clusterIp)}`, to(service.internalLocal ? 'local' : 'service'));
  }
  for (const ip of [...externalIps, ...loadBalancerIps]) {
    if (plan.hasExternal) elements.set(`service-ips ${at(ip)}`, to('external'));
    if (plan.refuseExternal) elements.set(`no-endpoint-services ${at(ip)}`, refused(plan.refuseExternal));
  }
  if (plan.isFirewalled) {
    for (const ip of loadBalancerIps) elements.set(`firewall-ips ${at(ip)}`, to('firewall'));
  }
  if (nodePort > 0) {
    const key = `${protocol} . ${nodePort}`;
    if (plan.hasExternal) elements.set(`service-nodeports ${key}`, to('external'));
    if (plan.refuseExternal) elements.set(`no-endpoint-nodeports ${key}`, refused(plan.refuseExternal));
  }
  return elements;
}
