import { IPV4 } from '../ip-family.ts';
import type { ConntrackConfig, ProxyConfig } from './proxy-config.ts';
import { ruleSettings } from './rule-settings.ts';

const CONNTRACK = 'net.netfilter.nf_conntrack_';

/** What a kernel has where nobody says anything; settings that are not here are never taken back. */
const KERNEL: Readonly<Record<string, number>> = {
  [`${CONNTRACK}tcp_be_liberal`]: 0,
  [`${CONNTRACK}udp_timeout`]: 30,
  [`${CONNTRACK}udp_timeout_stream`]: 120,
  'net.ipv4.conf.all.route_localnet': 0,
  'net.ipv4.conf.all.arp_ignore': 0,
  'net.ipv4.conf.all.arp_announce': 0,
};
const IPVS_KERNEL = '900 120 300';

/**
 * The commands that make a node's kernel ready for a configuration: sysctls, and the time-outs of IPVS. What the
 * configuration before asked for and this one does not is taken back.
 */
export function nodeSettings(
  config: ProxyConfig,
  before: ProxyConfig | undefined,
  processors: number,
): readonly string[][] {
  const wanted = sysctls(config, processors);
  const undone = [...(before ? sysctls(before, processors).keys() : [])].filter((name) => !wanted.has(name));
  const settings = [
    ...[...wanted].map(([name, value]) => `${name}=${value}`),
    ...undone.flatMap((name) => (Object.hasOwn(KERNEL, name) ? [`${name}=${KERNEL[name]}`] : [])),
  ];
  const timeouts = ipvsTimeouts(config) ?? (before && ipvsTimeouts(before) ? IPVS_KERNEL : undefined);
  return [
    ...(settings.length > 0 ? [['sysctl', '-w', ...settings]] : []),
    ...(timeouts === undefined ? [] : [['ipvsadm', '--set', ...timeouts.split(' ')]]),
  ];
}

function sysctls(config: ProxyConfig, processors: number): ReadonlyMap<string, number> {
  const { localhostNodePorts } = ruleSettings(config, IPV4);
  return new Map([
    ...conntrackSettings(config.conntrack, processors),
    ...(localhostNodePorts ? [['net.ipv4.conf.all.route_localnet', 1] as const] : []),
    ...(config.mode === 'ipvs' ? ipvsSettings(config) : []),
  ]);
}

/** k8s cmd/kube-proxy/app/conntrack.go: 0 leaves the node's own. */
function conntrackSettings(conntrack: ConntrackConfig, processors: number): [string, number][] {
  const { maxPerCore, min } = conntrack;
  const numbers: readonly (readonly [string, number | undefined])[] = [
    ['max', maxPerCore > 0 ? Math.max(maxPerCore * processors, min) : 0],
    ['tcp_be_liberal', conntrack.tcpBeLiberal ? 1 : 0],
    ['tcp_timeout_established', conntrack.tcpEstablishedSeconds],
    ['tcp_timeout_close_wait', conntrack.tcpCloseWaitSeconds],
    ['udp_timeout', conntrack.udpSeconds],
    ['udp_timeout_stream', conntrack.udpStreamSeconds],
  ];
  return numbers.flatMap(([name, value]) => (value ? [[CONNTRACK + name, value]] : []));
}

function ipvsSettings({ ipvs }: ProxyConfig): (readonly [string, number])[] {
  return [
    ['net.ipv4.vs.conntrack', 1],
    ['net.ipv4.vs.expire_nodest_conn', 1],
    ['net.ipv4.vs.expire_quiescent_template', 1],
    ['net.ipv4.ip_forward', 1],
    ...(ipvs.strictArp
      ? ([
          ['net.ipv4.conf.all.arp_ignore', 1],
          ['net.ipv4.conf.all.arp_announce', 2],
        ] as const)
      : []),
  ];
}

function ipvsTimeouts({ mode, ipvs }: ProxyConfig): string | undefined {
  const { tcp, tcpFin, udp } = ipvs.timeouts;
  return mode === 'ipvs' && tcp + tcpFin + udp > 0 ? `${tcp} ${tcpFin} ${udp}` : undefined;
}
