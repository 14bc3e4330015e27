import { cidr6 } from '../../../../agents/netstack/cidr.ts';
import { parseIp } from '../../../../agents/netstack/ip-address.ts';
import { ipv6 } from '../../../../agents/netstack/ipv6.ts';
import { type Bridge, createBridge, setMaster } from '../../../../agents/netstack/link/bridge.ts';
import { createVethPair, type VethLink } from '../../../../agents/netstack/link/veth.ts';
import { Netns } from '../../../../agents/netstack/netns.ts';
import { runNodeCommand } from '../../../../agents/shell/run-node-command.ts';
import { seededRng } from '../../../../platform/rng.ts';
import { VirtualClock } from '../../../../platform/virtual-clock.ts';

/**
 * A node with pods on a bridge (fd00:10:244:1::/64, the node is ::1) and a client outside on fd00:9::/64; everything
 * speaks IPv6 alone.
 */
export class SixLab {
  readonly clock = new VirtualClock();
  readonly rng;
  readonly node: Netns;
  readonly cni0: Bridge;
  readonly client: Netns;
  readonly uplink: VethLink;

  constructor(seed = 1) {
    this.rng = seededRng(seed);
    this.node = this.#netns('node');
    this.node.sysctl.set('net.ipv6.conf.all.forwarding', 1);
    this.cni0 = createBridge(this.node, 'cni0');
    this.cni0.setUp();
    this.node.addAddress(this.cni0, cidr6('fd00:10:244:1::1/64'));
    this.client = this.#netns('client');
    const [inside, outside] = createVethPair(
      { ns: this.client, name: 'eth0' },
      { ns: this.node, name: 'eth0' },
    );
    this.uplink = outside;
    for (const link of [inside, outside]) link.setUp();
    this.client.addAddress(inside, cidr6('fd00:9::2/64'));
    this.node.addAddress(outside, cidr6('fd00:9::1/64'));
    this.client.addRoute({ destination: cidr6('::/0'), gateway: ipv6('fd00:9::1') });
  }

  pod(host: number): Netns {
    const ns = this.#netns(`pod-${host}`);
    const [eth0, veth] = createVethPair({ ns, name: 'eth0' }, { ns: this.node, name: `veth${host}` });
    setMaster(veth, this.cni0, { hairpin: true });
    veth.setUp();
    eth0.setUp();
    ns.addAddress(eth0, cidr6(`${podAddress(host)}/64`));
    ns.addRoute({ destination: cidr6('::/0'), gateway: ipv6('fd00:10:244:1::1') });
    return ns;
  }

  /** What a command on `ns` prints: its output, and its complaints. */
  async run(ns: Netns, command: string, stdin = ''): Promise<string> {
    let printed: string | undefined;
    void runNodeCommand(command.split(' '), stdin, { ns }).then(({ stdout, stderr }) => {
      printed = stdout + stderr;
    });
    await this.clock.runUntil(() => printed !== undefined, 60_000);
    return printed ?? 'did not end';
  }

  /** What a connection to `to` gets: the server's text, or the code of its fault. */
  async get(from: Netns, to: string, port: number): Promise<string> {
    const socket = from.tcp.connect({ address: parseIp(to)!, port });
    let text = '';
    let outcome: string | undefined;
    socket.onData = (chunk) => {
      text += new TextDecoder().decode(chunk);
    };
    socket.onEnd = () => {
      outcome = text;
      socket.end();
    };
    socket.onClose = (error) => {
      outcome ??= error?.code ?? text;
    };
    await this.clock.runUntil(() => outcome !== undefined, 5000);
    socket.destroy();
    return outcome ?? 'TIMEOUT';
  }

  async settle(milliseconds = 0): Promise<void> {
    await this.clock.runUntil(() => false, milliseconds);
  }

  #netns(name: string): Netns {
    const ns = new Netns({ name, clock: this.clock, rng: this.rng });
    ns.lo.setUp();
    return ns;
  }
}

export const podAddress = (host: number): string => `fd00:10:244:1::${host.toString(16)}`;
