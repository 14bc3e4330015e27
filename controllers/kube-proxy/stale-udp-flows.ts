import { familyOf, IPV6 } from './ip-family.ts';
import type { ProxiedPort } from './service-port.ts';

/**
 * The conntrack commands that forget UDP flows towards endpoints that are gone, and flows that were made
 * while a Service had no endpoint. UDP has no end of connection, so without this a client would go on
 * talking to nobody. (k8s pkg/proxy/conntrack/cleanup.go)
 */
export function staleUdpFlows(
  before: readonly ProxiedPort[],
  after: readonly ProxiedPort[],
): readonly string[][] {
  const now = new Map(after.map((port) => [port.service.name + port.service.protocol, port]));
  const earlier = new Map(before.map((port) => [port.service.name + port.service.protocol, port]));
  const commands: string[][] = [];
  for (const [key, { service, endpoints }] of earlier) {
    if (service.protocol !== 'udp') continue;
    const remaining = new Set(
      (now.get(key)?.endpoints ?? []).filter(({ serving }) => serving).map(({ ip }) => ip),
    );
    for (const { ip, serving } of endpoints) {
      if (serving && !remaining.has(ip)) {
        commands.push(forget(service.clusterIp, '--orig-dst', service.clusterIp, '--reply-src', ip));
      }
    }
  }
  for (const [key, { service, endpoints }] of now) {
    if (service.protocol !== 'udp' || !endpoints.some(({ serving }) => serving)) continue;
    if (earlier.get(key)?.endpoints.some(({ serving }) => serving)) continue;
    commands.push(forget(service.clusterIp, '--orig-dst', service.clusterIp));
    if (service.nodePort > 0) {
      commands.push(forget(service.clusterIp, '--orig-port-dst', String(service.nodePort)));
    }
  }
  return commands;
}

function forget(clusterIp: string, ...which: string[]): string[] {
  return ['conntrack', '-D', ...(familyOf(clusterIp) === IPV6 ? ['-f', 'ipv6'] : []), '-p', 'udp', ...which];
}
