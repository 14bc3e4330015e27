import { hostPort, type IpFamily } from './ip-family.ts';
import type { ProxiedPort } from './service-port.ts';

/** Where UDP may go: the serving endpoints, as `ip:port`, behind each `ip:port` of a Service and each node port. */
export interface UdpServers {
  readonly byAddress: ReadonlyMap<string, ReadonlySet<string>>;
  readonly byNodePort: ReadonlyMap<string, ReadonlySet<string>>;
}

/** Of all nodes together: the same ports give the same answer. */
const known = new WeakMap<readonly ProxiedPort[], UdpServers>();

/**
 * Which endpoints count does not depend on policies, topology or whether they terminate; a Service without any is
 * left alone.
 */
export function udpServers(ports: readonly ProxiedPort[]): UdpServers {
  const found = known.get(ports);
  if (found) return found;
  const byAddress = new Map<string, ReadonlySet<string>>();
  const byNodePort = new Map<string, ReadonlySet<string>>();
  for (const { service, endpoints } of ports) {
    if (service.protocol !== 'udp') continue;
    const serving = endpoints.filter((endpoint) => endpoint.serving);
    if (serving.length === 0) continue;
    const servers = new Set(serving.map(({ ip, port }) => hostPort(ip, port)));
    for (const ip of [service.clusterIp, ...service.externalIps, ...service.loadBalancerIps])
      byAddress.set(hostPort(ip, service.port), servers);
    if (service.nodePort > 0) byNodePort.set(String(service.nodePort), servers);
  }
  const servers = { byAddress, byNodePort };
  known.set(ports, servers);
  return servers;
}

export function sameServers(one: UdpServers, other: UdpServers): boolean {
  if (one === other) return true;
  return sameSets(one.byAddress, other.byAddress) && sameSets(one.byNodePort, other.byNodePort);
}

type Sets = ReadonlyMap<string, ReadonlySet<string>>;

function sameSets(one: Sets, other: Sets): boolean {
  if (one.size !== other.size) return false;
  for (const [key, set] of one) {
    const same = other.get(key);
    if (same?.size !== set.size) return false;
    for (const member of set) if (!same.has(member)) return false;
  }
  return true;
}

const PROTOCOL = ['-p', 'udp'];

/** Prints the flows that `staleUdpFlows` looks at. */
export function listUdpFlows(family: IpFamily): readonly string[] {
  return ['conntrack', '-L', ...familyOption(family), ...PROTOCOL];
}

const TUPLES = / src=\S+ dst=(\S+) sport=\d+ dport=(\d+) .*src=(\S+) dst=\S+ sport=(\d+) dport=\d+/;

/**
 * The conntrack commands that forget the flows to Services that other than their endpoints answer. UDP has no end of
 * connection, so without this a client would go on talking to nobody. (k8s pkg/proxy/conntrack/cleanup.go)
 */
export function staleUdpFlows(flows: string, servers: UdpServers, family: IpFamily): readonly string[][] {
  const commands = new Map<string, string[]>();
  for (const line of flows.split('\n')) {
    const [, to = '', port = '', from = '', fromPort = ''] = TUPLES.exec(line) ?? [];
    const server = hostPort(from, Number(fromPort));
    const isStale = (allowed: ReadonlySet<string> | undefined): boolean =>
      allowed !== undefined && !allowed.has(server);
    if (!isStale(servers.byAddress.get(hostPort(to, Number(port)))) && !isStale(servers.byNodePort.get(port)))
      continue;
    const which = [
      '--orig-dst',
      to,
      '--orig-port-dst',
      port,
      '--reply-src',
      from,
      '--reply-port-src',
      fromPort,
    ];
    const command = ['conntrack', '-D', ...familyOption(family), ...PROTOCOL, ...which];
    commands.set(command.join(' '), command);
  }
  return [...commands.values()];
}

function familyOption(family: IpFamily): string[] {
  return ['-f', family.name.toLowerCase()];
}
