import type { Link } from '../link/link.ts';

/** What the data path asks of a link's sysctls for every packet, read once for each change of any sysctl. */
export interface IpConf {
  readonly generation: number;
  readonly forwarding: boolean;
  readonly routeLocalnet: boolean;
  readonly acceptLocal: boolean;
  readonly rpFilter: number;
  readonly srcValidMark: boolean;
  readonly ignoresLinkdown: boolean;
  readonly ignoresLinkdown6: boolean;
  readonly bridgeCallsIptables: boolean;
  readonly speaksIpv6: boolean;
  readonly forwarding6: boolean;
  readonly bridgeCallsIp6tables: boolean;
}

export function ipConfOf(link: Link): IpConf {
  const { sysctl } = link.ns;
  if (link.conf?.generation === sysctl.generation) return link.conf;
  const conf: IpConf = {
    generation: sysctl.generation,
    forwarding: sysctl.number('net.ipv4.ip_forward') !== 0,
    routeLocalnet: sysctl.perLink(link.name, 'route_localnet') > 0,
    acceptLocal: sysctl.perLink(link.name, 'accept_local') > 0,
    rpFilter: sysctl.perLink(link.name, 'rp_filter'),
    srcValidMark: sysctl.perLink(link.name, 'src_valid_mark') > 0,
    ignoresLinkdown: sysctl.perLink(link.name, 'ignore_routes_with_linkdown') > 0,
    ignoresLinkdown6: sysctl.perLink(link.name, 'ignore_routes_with_linkdown', 'ipv6') > 0,
    bridgeCallsIptables: sysctl.number('net.bridge.bridge-nf-call-iptables') !== 0,
    speaksIpv6: link.ns.speaksIpv6(link),
    forwarding6: sysctl.number('net.ipv6.conf.all.forwarding') !== 0,
    bridgeCallsIp6tables: sysctl.number('net.bridge.bridge-nf-call-ip6tables') !== 0,
  };
  link.conf = conf;
  return conf;
}
