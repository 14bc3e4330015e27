import { flannelRules } from '../../agents/cni/flannel.ts';
import { ipv4 } from '../../agents/netstack/ipv4.ts';
import { runNodeCommand } from '../../agents/shell/run-node-command.ts';
import { defaultProxyConfig } from '../../controllers/kube-proxy/configuration/parse-proxy-config.ts';
import type { ProxyModeName } from '../../controllers/kube-proxy/configuration/proxy-config.ts';
import { IPV4 } from '../../controllers/kube-proxy/ip-family.ts';
import { proxyMode } from '../../controllers/kube-proxy/proxy-mode.ts';
import type { ProxiedPort } from '../../controllers/kube-proxy/service-port.ts';
import { FlowWorld, HOSTS, type Port } from '../agents/netstack/flow/flow-world.ts';
import { ECHO_SECONDS, type Seen, sentinels, sentinelTag, TUNNEL_PORTS } from './kernel-node.ts';

/** The simulated node with what kube-proxy and flannel wrote to it. */
export class SimNode {
  readonly world = new FlowWorld({ rules: '' });

  #round = 0;

  private constructor() {
    const { ns, cni0, devices } = this.world;
    ns.sysctl.set('net.ipv4.ip_local_port_range', TUNNEL_PORTS);
    ns.sysctl.set('net.netfilter.nf_conntrack_icmp_timeout', ECHO_SECONDS);
    for (const [port, hosts] of Object.entries(HOSTS)) {
      const link = port === 'eth0' ? devices.eth0 : cni0;
      for (const [address, mac] of Object.entries(hosts)) ns.addNeighbour(link, ipv4(address), mac);
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
    const { newProxier } = proxyMode(defaultProxyConfig({ mode, clusterCidrs: ['10.244.0.0/16'] }), IPV4, {
      serviceCidrs: () => ['10.96.0.0/16'],
      now: () => node.world.clock.now(),
    });
    const shell = { run: (argv: readonly string[], stdin = '') => runNodeCommand(argv, stdin, { ns }) };
    await newProxier({ nodeName: 'node-1', nodeIp: '172.18.0.2', zone: '', shell }).sync(ports);
    return node;
  }

  async exec(argv: readonly string[]): Promise<string> {
    const { stdout } = await runNodeCommand(argv, '', { ns: this.world.ns });
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
