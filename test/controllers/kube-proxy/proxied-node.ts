import { ipv4 } from '../../../agents/netstack/ipv4.ts';
import { runNodeCommand } from '../../../agents/shell/run-node-command.ts';
import { nodeSettings } from '../../../controllers/kube-proxy/configuration/node-settings.ts';
import type {
  ProxyConfig,
  ProxyModeName,
} from '../../../controllers/kube-proxy/configuration/proxy-config.ts';
import { IPV4 } from '../../../controllers/kube-proxy/ip-family.ts';
import type { Proxier } from '../../../controllers/kube-proxy/proxier.ts';
import { proxyMode } from '../../../controllers/kube-proxy/proxy-mode.ts';
import type { ProxiedPort } from '../../../controllers/kube-proxy/service-port.ts';
import { FlowWorld, frameOf, type Port } from '../../agents/netstack/flow/flow-world.ts';
import { testConfig } from './rule-settings.ts';

export interface Attempt {
  /** Whose packet it is: a pod's, the node's own, or from outside. */
  readonly from: '10.244.1.2' | '10.244.1.3' | 'node' | '172.18.0.100';
  readonly to: string;
  readonly port: number;
  readonly protocol?: 'tcp' | 'udp';
  readonly sourcePort?: number;
}

const PORTS: Readonly<Record<string, Port>> = {
  '10.244.1.2': 'pod2',
  '10.244.1.3': 'pod3',
  '172.18.0.100': 'eth0',
};
const NODE_IP = '172.18.0.2';
const SYN = 2;

/** A simulated node whose Services one mode of kube-proxy programs, and what becomes of packets there. */
export class ProxiedNode {
  readonly world = new FlowWorld({ rules: '' });
  /** Hears what kube-proxy says to the node. */
  onCommand: (argv: string, stdin: string) => void = () => {};
  readonly #proxier: Proxier;
  #sourcePort = 40_000;

  readonly #config: ProxyConfig;

  constructor(mode: ProxyModeName, more: Partial<ProxyConfig> = {}) {
    this.#config = testConfig(mode, more);
    const { ns, clock } = this.world;
    const options = {
      nodeName: 'node-1',
      nodeIp: NODE_IP,
      zone: 'here',
      podCidr: '10.244.1.0/24',
      shell: {
        run: (argv: readonly string[], stdin = '') => {
          this.onCommand(argv.join(' '), stdin);
          return runNodeCommand(argv, stdin, { ns });
        },
      },
    };
    const serviceCidrs = (): string[] => ['10.96.0.0/16'];
    this.#proxier = proxyMode(this.#config, IPV4, {
      serviceCidrs,
      now: () => clock.now(),
    }).newProxier(options);
  }

  async sync(ports: readonly ProxiedPort[]): Promise<void> {
    for (const argv of nodeSettings(this.#config, undefined, 4)) await this.run(...argv);
    await this.#proxier.sync(ports);
  }

  async run(...argv: string[]): Promise<string> {
    const { stdout, stderr } = await runNodeCommand(argv, '', { ns: this.world.ns });
    return stdout + stderr;
  }

  /** What becomes of a new connection's first packet: `10.244.1.3:8080`, ` masq` behind it, `REJECT` or `DROP`. */
  async outcome({ from, to, port, protocol = 'tcp', sourcePort }: Attempt): Promise<string> {
    const { world } = this;
    await world.take();
    const own = sourcePort ?? this.#sourcePort++;
    if (from === 'node') {
      const socket = world.ns.udp.bind({ port: own });
      socket.send(new Uint8Array(4), { address: ipv4(to), port });
      socket.close();
    } else {
      const spec = { protocol, source: from, destination: to, sourcePort: own, destinationPort: port };
      const filling = { flags: SYN, ttl: 64, payload: 0, dontFragment: false };
      world.send(PORTS[from]!, frameOf(PORTS[from]!, { ...spec, ...filling }));
    }
    const source = from === 'node' ? NODE_IP : from;
    const seen = (await world.take()).flatMap(({ frame }) => seenIn(frame, source, to));
    return seen[0] ?? 'DROP';
  }

  close(): void {
    this.world.ns.delete();
  }
}

function seenIn(outer: Uint8Array, source: string, to: string): string[] {
  if (outer[12] !== 0x08 || outer[13] !== 0) return [];
  // What goes to the other node is in a tunnel: Ethernet, IPv4, UDP and VXLAN headers come first.
  const isTunnel = outer[23] === 17 && outer[36] === 0x21 && outer[37] === 0x18;
  const frame = isTunnel ? outer.subarray(50) : outer;
  const address = (at: number): string => [...frame.subarray(at, at + 4)].join('.');
  const port = (frame[36]! << 8) | frame[37]!;
  const isIcmp = frame[23] === 1;
  const isReset = frame[23] === 6 && (frame[47]! & 4) !== 0;
  if (address(30) === source && (isIcmp || isReset)) return ['REJECT'];
  if (address(30) === to) return [`${to}:${port}`];
  return [`${address(30)}:${port}${address(26) === source ? '' : ' masq'}`];
}
