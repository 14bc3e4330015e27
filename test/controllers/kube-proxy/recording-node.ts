import type { NodeShell } from '../../../client/node-shell.ts';
import type { ProxyConfig } from '../../../controllers/kube-proxy/configuration/proxy-config.ts';
import { IPV4, type IpFamily } from '../../../controllers/kube-proxy/ip-family.ts';
import type { Proxier, SyncReport } from '../../../controllers/kube-proxy/proxier.ts';
import { proxyMode } from '../../../controllers/kube-proxy/proxy-mode.ts';
import type { ProxiedPort } from '../../../controllers/kube-proxy/service-port.ts';

export interface RecordedCommand {
  readonly argv: string;
  readonly stdin: string;
}

const LINKS = `1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536
    inet 127.0.0.1/8 scope host lo
    inet6 ::1/128 scope host
2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500
    inet 172.18.0.2/16 scope global eth0
    inet6 fd00:18::2/64 scope global
    inet6 fe80::2/64 scope link
3: cni0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1450
    inet 10.244.1.1/24 scope global cni0
    inet6 fd00:244:0:1::1/64 scope global
`;
const SERVICE_CIDRS = { IPv4: ['10.96.0.0/16'], IPv6: ['fd00:96::/112'] };

/** A node that obeys and does nothing: one family of a mode is seen by what it says. */
export class RecordingNode {
  readonly commands: RecordedCommand[] = [];
  /** Programs that fail from now on, by the beginning of their command lines. */
  readonly failing = new Set<string>();
  /** What programs print, by their command lines. */
  readonly answers = new Map<string, string>();
  now = 1000;
  readonly #proxier: Proxier;

  constructor(config: ProxyConfig, family: IpFamily = IPV4) {
    const shell: NodeShell = { run: (argv, stdin = '') => this.#run(argv.join(' '), stdin) };
    const environment = { serviceCidrs: () => SERVICE_CIDRS[family.name], now: () => this.now };
    const nodeIp = family === IPV4 ? '172.18.0.2' : 'fd00:18::2';
    const { newProxier } = proxyMode(config, family, environment);
    const podCidr = family === IPV4 ? '10.244.1.0/24' : 'fd00:244:0:1::/64';
    this.#proxier = newProxier({ nodeName: 'node-1', nodeIp, zone: '', podCidr, shell });
  }

  /** Everything that was said to change the node. */
  async sync(ports: readonly ProxiedPort[]): Promise<SyncReport | undefined> {
    this.commands.length = 0;
    return await this.#proxier.sync(ports);
  }

  get text(): string {
    return this.commands.map(({ argv, stdin }) => `$ ${argv}\n${stdin}`).join('');
  }

  async #run(argv: string, stdin: string) {
    this.commands.push({ argv, stdin });
    const fails = [...this.failing].some((beginning) => argv.startsWith(beginning));
    const stdout = this.answers.get(argv) ?? (/^ip -[46] addr show/.test(argv) ? LINKS : '');
    return fails ? { exitCode: 1, stdout: '', stderr: 'refused' } : { exitCode: 0, stdout, stderr: '' };
  }
}
