import { flannelRules } from '../../agents/cni/flannel.ts';
import { ipv4 } from '../../agents/netstack/ipv4.ts';
import { runNodeCommand } from '../../agents/shell/run-node-command.ts';
import { defaultProxyConfig } from '../../controllers/kube-proxy/configuration/parse-proxy-config.ts';
import type { ProxyModeName } from '../../controllers/kube-proxy/configuration/proxy-config.ts';
import { familyOf, IPV4, IPV6 } from '../../controllers/kube-proxy/ip-family.ts';
import { proxyMode } from '../../controllers/kube-proxy/proxy-mode.ts';
import type { ProxiedPort } from '../../controllers/kube-proxy/service-port.ts';
import { FlowWorld, HOSTS, type Port } from '../agents/netstack/flow/flow-world.ts';
import { HAS_ACCOUNTS } from './has-accounts.ts';
import { ECHO_SECONDS, type Seen, sentinels, sentinelTag, TUNNEL_PORTS } from './kernel-node.ts';

const NOT_THERE = { exitCode: 1, stdout: '', stderr: 'nfacct: no such thing\n' };

/** The simulated node with what kube-proxy and flannel wrote to it. */
export class SimNode {
  readonly world = new FlowWorld({ rules: '' });

  #round = 0;

  private constructor() {
    const { ns, cni0, devices } = this.world;
    ns.sysctl.set('net.ipv4.ip_local_port_range', TUNNEL_PORTS);
    ns.sysctl.set('net.netfilter.nf_conntrack_icmp_timeout', ECHO_SECONDS);
    ns.sysctl.set('net.netfilter.nf_conntrack_icmpv6_timeout', ECHO_SECONDS);
    this.world.speakIpv6('');
    for (const [port, hosts] of Object.entries(HOSTS)) {
      const link = port === 'eth0' ? devices.eth0 : cni0;
      for (const [address, host] of Object.entries(hosts)) ns.addNeighbour(link, ipv4(address), host);
    }
  }

  /** One without any rule. */
  static async bare(): Promise<SimNode> {
    const node = new SimNode();
    for (const port of ['pod2', 'pod3', 'eth0'] as const) await node.exchange(port, []);
    return node;
  }

  static async start(mode: ProxyModeName, ports: readonly ProxiedPort[]): Promise<SimNode> {
    const node = await SimNode.bare();
    const { ns } = node.world;
    ns.iptables.restore(flannelRules('10.244.1.0/24', '10.244.0.0/16', 4), { noflush: true });
    ns.ip6tables.restore(flannelRules('fd00:10:244:1::/64', 'fd00:10:244::/56', 6), { noflush: true });
    const config = defaultProxyConfig({ mode, clusterCidrs: ['10.244.0.0/16', 'fd00:10:244::/56'] });
    const shell = {
      run: async (argv: readonly string[], stdin = '') =>
        argv[0] === 'nfacct' && !HAS_ACCOUNTS ? NOT_THERE : runNodeCommand(argv, stdin, { ns }),
    };
    for (const [family, nodeIp, serviceCidr] of [
      [IPV4, '172.18.0.2', '10.96.0.0/16'],
      [IPV6, 'fd00:172:18::2', 'fd00:10:96::/112'],
    ] as const) {
      const { newProxier } = proxyMode(config, family, {
        serviceCidrs: () => [serviceCidr],
        now: () => node.world.clock.now(),
      });
      const own = ports.filter(({ service }) => familyOf(service.clusterIp) === family);
      await newProxier({ nodeName: 'node-1', nodeIp, zone: '', podCidr: '', shell }).sync(own);
    }
    return node;
  }

  /** What a command prints on the node; it throws what it complains of. */
  async exec(argv: readonly string[], input = ''): Promise<string> {
    const { exitCode, stdout, stderr } = await runNodeCommand(argv, input, { ns: this.world.ns });
    if (exitCode !== 0) throw new Error(`${argv.join(' ')}: ${stderr}`);
    return stdout;
  }

  /** As the real node does it, so that both count the same. */
  async exchange(port: Port, frames: readonly Uint8Array[]): Promise<Seen[]> {
    for (const frame of [...frames, ...sentinels(port, ++this.#round)]) this.world.send(port, frame);
    return (await this.world.take()).filter(({ frame }) => sentinelTag(frame) === undefined);
  }

  close(): void {
    this.world.ns.delete();
  }
}
