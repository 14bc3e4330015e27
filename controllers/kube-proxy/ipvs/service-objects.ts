import { chooseEndpoints } from '../choose-endpoints.ts';
import type { EndpointInfo } from '../endpoint-info.ts';
import { hostPort, type IpFamily, rangeHolds } from '../ip-family.ts';
import { planService } from '../plan-service.ts';
import type { ProxiedNodeFacts } from '../proxier.ts';
import type { ProxiedPort, ServicePortInfo } from '../service-port.ts';
import { type IpSetName, ipSetName } from './ip-sets.ts';

/** What one Service's port adds to a node, by the commands that set it. */
export interface ServiceObjects {
  /** The same for every version of a Service's port, and for no other. */
  readonly key: string;
  /** Addresses of the dummy device. */
  readonly addresses: ReadonlySet<string>;
  /** `-t IP:PORT` → its scheduler and persistence, as ipvsadm's options. */
  readonly services: ReadonlyMap<string, string>;
  /** `-t IP:PORT` → its real servers, `IP:PORT`. */
  readonly servers: ReadonlyMap<string, readonly string[]>;
  /** `SET ENTRY`. */
  readonly entries: ReadonlySet<string>;
  /** Rules of KUBE-IPVS-OUT-FILTER. */
  readonly outFilter: readonly string[];
}

export interface IpvsNodeFacts extends ProxiedNodeFacts {
  readonly family: IpFamily;
  /** Its addresses; that of the device for Services is not among them. */
  readonly addresses: readonly string[];
  /** Those of them that have node ports. */
  readonly nodePortIps: readonly string[];
}

const FLAGS = { tcp: '-t', udp: '-u', sctp: '--sctp-service' } as const;

/** The objects of one Service's port on one node (k8s pkg/proxy/ipvs/proxier.go, syncProxyRules). */
export function serviceObjects(port: ProxiedPort, node: IpvsNodeFacts, scheduler: string): ServiceObjects {
  const { service, endpoints } = port;
  const plan = planService(port, node);
  const chosen = chooseEndpoints(port, node);
  const addresses = new Set<string>();
  const services = new Map<string, string>();
  const servers = new Map<string, readonly string[]>();
  const entries = new Set<string>();
  const outFilter: string[] = [];
  const enter = (set: IpSetName, ip: string, number = service.port, ...more: string[]): void => {
    entries.add(`${ipSetName(set, node.family)} ${[ip, `${service.protocol}:${number}`, ...more].join(',')}`);
  };
  const persistence = service.affinitySeconds > 0 ? ` -p ${service.affinitySeconds}` : '';
  // Hashing looks at ports too, or all connections of a client met one server (FlagSourceHash).
  const options = `-s ${scheduler}${persistence}${scheduler === 'mh' ? ' -b mh-port' : ''}`;
  const serve = (ip: string, number: number, local: boolean): void => {
    const name = `${FLAGS[service.protocol]} ${hostPort(ip, number)}`;
    services.set(name, options);
    // Without a local one pods are let through to others; answers to anybody outside are lost (syncEndpoint).
    servers.set(name, (local && chosen.local.length > 0 ? chosen.local : chosen.cluster).map(addressOf));
    if (node.addresses.includes(ip)) return;
    addresses.add(ip);
    entries.add(`${ipSetName('KUBE-IPVS-IPS', node.family)} ${ip}`);
  };

  serve(service.clusterIp, service.port, service.internalLocal);
  enter('KUBE-CLUSTER-IP', service.clusterIp);
  for (const ip of service.externalIps) {
    serve(ip, service.port, service.externalLocal);
    enter(service.externalLocal ? 'KUBE-EXTERNAL-IP-LOCAL' : 'KUBE-EXTERNAL-IP', ip);
  }
  for (const ip of service.loadBalancerIps) {
    serve(ip, service.port, service.externalLocal);
    enter('KUBE-LOAD-BALANCER', ip);
    if (service.externalLocal) enter('KUBE-LOAD-BALANCER-LOCAL', ip);
    if (plan.isFirewalled) outFilter.push(...addFirewall(service, ip, node, enter));
  }
  if (service.nodePort > 0) {
    for (const ip of node.nodePortIps) {
      serve(ip, service.nodePort, service.externalLocal);
      for (const [set, entry] of nodePortEntries(service, ip))
        entries.add(`${ipSetName(set, node.family)} ${entry}`);
    }
  }
  if (service.healthCheckNodePort > 0)
    entries.add(`${ipSetName('KUBE-HEALTH-CHECK-NODE-PORT', node.family)} ${service.healthCheckNodePort}`);
  for (const endpoint of endpoints) {
    if (endpoint.nodeName === node.nodeName) enter('KUBE-LOOP-BACK', endpoint.ip, endpoint.port, endpoint.ip);
  }
  return { key: `${service.name}/${service.protocol}`, addresses, services, servers, entries, outFilter };
}

const addressOf = ({ ip, port }: EndpointInfo): string => hostPort(ip, port);

type Enter = (set: IpSetName, ip: string, port?: number, ...more: string[]) => void;

/** A node that may use a balancer's address reaches it from that very address; one that may not is told apart. */
function addFirewall(
  service: ServicePortInfo,
  ip: string,
  { nodeIp }: ProxiedNodeFacts,
  enter: Enter,
): readonly string[] {
  enter('KUBE-LOAD-BALANCER-FW', ip);
  const ranges = service.loadBalancerSourceRanges;
  for (const range of ranges) enter('KUBE-LOAD-BALANCER-SOURCE-CIDR', ip, service.port, range);
  if (ranges.some((range) => rangeHolds(range, nodeIp))) {
    enter('KUBE-LOAD-BALANCER-SOURCE-IP', ip, service.port, ip);
    return [];
  }
  return [`-s ${ip} -m ipvs --vaddr ${ip} --vproto ${service.protocol} --vport ${service.port} -j DROP`];
}

function nodePortEntries(service: ServicePortInfo, nodeIp: string): [IpSetName, string][] {
  const { protocol, nodePort, externalLocal } = service;
  const kind = ({ tcp: 'TCP', udp: 'UDP', sctp: 'SCTP-HASH' } as const)[protocol];
  const entry = protocol === 'sctp' ? `${nodeIp},sctp:${nodePort}` : String(nodePort);
  return [
    [`KUBE-NODE-PORT-${kind}`, entry],
    ...(externalLocal ? [[`KUBE-NODE-PORT-LOCAL-${kind}`, entry] as [IpSetName, string]] : []),
  ];
}
