import { expect, vi } from 'vitest';
import type { ProxyModeName } from '../../controllers/kube-proxy/configuration/proxy-config.ts';
import { type FrameSpec, frameOf, HOSTS, HOSTS_6, type Port } from '../agents/netstack/flow/flow-world.ts';
import { FrameTap } from './frame-tap.ts';
import { HAS_ACCOUNTS } from './has-accounts.ts';
import { type Answer, Namespace, run } from './namespace.ts';
import type { SimNode } from './sim-node.ts';

export interface Seen {
  readonly port: Port;
  readonly frame: Uint8Array;
}

const PORTS: readonly Port[] = ['pod2', 'pod3', 'eth0'];
/** What the simulated node's devices have. */
const MACS = { pod2: '02:00:00:00:00:02', pod3: '02:00:00:00:00:03', eth0: '02:00:00:00:00:01' } as const;
/** The port of the packets that tell that all before them has come through; see `exchange`. */
export const SENTINEL_PORT = 9;
export const TUNNEL_PORTS = '40000 40000';
/** Longer than all cases take, which only one of the worlds notices; they are compared at the end. */
export const ECHO_SECONDS = 600;
const PATIENCE_MS = 5000;
const FRAGMENT_TIMES = [
  'net.ipv4.ipfrag_time',
  'net.ipv6.ip6frag_time',
  'net.netfilter.nf_conntrack_frag6_timeout',
];
/** How long socat may take to listen. */
const START_MS = 1000;

/**
 * Keeps to itself, before any rule counts it, what Linux says without having been asked: which groups it is in (MLDv2),
 * and that there is a shorter way, which IPv6 cannot be told not to say (docs/fidelity.md).
 */
const QUIET = `table ip6 quiet {
  chain output {
    type filter hook output priority -400
    icmpv6 type { 143, 137 } drop
  }
}`;

/** A real node in the shape of the simulated one (flow-world.ts), its pods and its uplink held by the test. */
export class KernelNode {
  readonly #namespace: Namespace;
  readonly #taps: Readonly<Record<Port, FrameTap>>;
  readonly #seen: Seen[];
  #round = 0;
  readonly #waker: { wake: () => void };

  private constructor(
    namespace: Namespace,
    taps: Readonly<Record<Port, FrameTap>>,
    seen: Seen[],
    waker: { wake: () => void },
  ) {
    this.#waker = waker;
    this.#namespace = namespace;
    this.#taps = taps;
    this.#seen = seen;
  }

  /** To be called inside a network namespace of the test's own. */
  static async start(): Promise<KernelNode> {
    const namespace = await Namespace.create();
    build(namespace);
    const seen: Seen[] = [];
    const taps: Partial<Record<Port, FrameTap>> = {};
    const waker = { wake: () => {} };
    for (const [i, port] of PORTS.entries()) {
      taps[port] = await FrameTap.open(`far-${port}`, 40_000 + i, (frame) => {
        seen.push({ port, frame });
        waker.wake();
      });
    }
    const node = new KernelNode(namespace, taps as Record<Port, FrameTap>, seen, waker);
    await node.#warmUp();
    await node.#orderNear();
    return node;
  }

  /** Takes all rules away, and what the packets before left behind. */
  async reset(): Promise<void> {
    this.exec(['nft', 'flush', 'ruleset']);
    if (HAS_ACCOUNTS) this.exec(['nfacct', 'flush']);
    this.exec(['nft', '-f', '-'], QUIET);
    for (const family of ['-4', '-6']) this.exec(['ip', family, 'neigh', 'flush', 'all']);
    // Path MTUs that the errors of before told of.
    for (const family of ['-4', '-6']) this.exec(['ip', family, 'route', 'flush', 'cache']);
    await this.exchange('eth0', []);
    this.exec(['conntrack', '-F']);
  }

  /** The very text that the simulated node prints. */
  async load(mode: ProxyModeName, sim: SimNode): Promise<void> {
    await this.reset();
    await this.loadAccounts(sim);
    this.exec(['iptables-restore'], await sim.exec(['iptables-save']));
    this.exec(['ip6tables-restore'], await sim.exec(['ip6tables-save']));
    if (mode === 'nftables') this.exec(['nft', '-f', '-'], await sim.exec(['nft', 'list', 'ruleset']));
  }

  /** The accounting objects that rules of the simulated node may name. */
  async loadAccounts(sim: SimNode): Promise<void> {
    if (HAS_ACCOUNTS) this.exec(['nfacct', 'restore'], await sim.exec(['nfacct', 'list']));
  }

  /** Runs a command on the node. */
  exec(argv: readonly string[], input = ''): string {
    return this.#namespace.run(argv, input);
  }

  /** What a command answers there, whether it fails or not. */
  ask(argv: readonly string[]): Answer {
    return this.#namespace.ask(argv);
  }

  /**
   * Sends frames into a device and gives what came out of any. Behind them go packets that must come out of
   * each device: what reaches a device before its own of them is all there is.
   */
  async exchange(port: Port, frames: readonly Uint8Array[], patienceMs = PATIENCE_MS): Promise<Seen[]> {
    const tag = ++this.#round;
    for (const frame of [...frames, ...sentinels(port, tag)]) this.#taps[port].send(frame);
    const waiting = new Set<Port>(PORTS);
    const found: Seen[] = [];
    const deadline = Date.now() + patienceMs;
    while (waiting.size > 0) {
      for (const each of this.#seen.splice(0)) {
        const sentinel = sentinelTag(each.frame);
        if (sentinel === tag) waiting.delete(each.port);
        else if (sentinel === undefined) found.push(each);
      }
      if (waiting.size === 0) break;
      if (Date.now() > deadline) throw new Error(`nothing came out of ${[...waiting].join(', ')} in time`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 50);
        this.#waker.wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    return found;
  }

  /** Leaves nothing behind, so that the next may be started at once. */
  async close(): Promise<void> {
    await Promise.all(Object.values(this.#taps).map((tap) => tap.close()));
    for (const port of PORTS) run(['ip', 'link', 'delete', `far-${port}`]);
    this.#namespace.close();
  }

  /**
   * Where a link-local address leads that no device is named with is told by whose route is the oldest: in Linux
   * by which device was up first. Here it is what the simulated node has.
   */
  async #orderNear(): Promise<void> {
    const near = (): string => this.exec(['ip', '-6', 'route', 'show', 'fe80::/64']);
    const devices = ['cni0', 'eth0', 'flannel.1', 'flannel-v6.1'];
    await vi.waitFor(() => expect(near().match(/ dev /g)).toHaveLength(devices.length), PATIENCE_MS);
    for (const device of devices) {
      const route = ['fe80::/64', 'dev', device, 'proto', 'kernel', 'metric', '256'];
      this.exec(['ip', '-6', 'route', 'delete', ...route]);
      this.exec(['ip', '-6', 'route', 'append', ...route]);
    }
    const order = [...near().matchAll(/ dev (\S+)/g)].map(([, device]) => device);
    expect(order).toEqual(devices);
  }

  /** Until socat listens, what is sent to it is lost; then the bridge learns where the pods are. */
  async #warmUp(): Promise<void> {
    for (const port of PORTS) {
      for (let tries = 0; ; tries++) {
        const answered = await this.exchange(port, [], START_MS).then(
          () => true,
          () => false,
        );
        if (answered) break;
        if (tries === 3) throw new Error(`${port}: no frame comes through`);
      }
    }
  }
}

function build(namespace: Namespace): void {
  const { pid } = namespace;
  const node = (line: string): string => namespace.run(line.split(' '));
  run(['ip', 'link', 'set', 'lo', 'up']);
  run(['sysctl', '-qw', 'net.ipv6.conf.all.disable_ipv6=1', 'net.ipv6.conf.default.disable_ipv6=1']);
  // Addresses are ours at once, and nobody asks whose they are.
  node('sysctl -qw net.ipv6.conf.default.accept_dad=0 net.ipv6.conf.default.dad_transmits=0');
  node('sysctl -qw net.ipv6.conf.all.forwarding=1');
  for (const port of PORTS) {
    run(`ip link add far-${port} type veth peer name ${port} netns ${pid}`.split(' '));
    run(`ip link set far-${port} arp off up`.split(' '));
    node(`ip link set ${port} address ${MACS[port]}`);
  }
  node('ip link set lo up');
  node('ip link add cni0 address 02:00:00:00:01:01 mtu 1450 type bridge mcast_snooping 0');
  for (const pod of ['pod2', 'pod3']) {
    node(`sysctl -qw net.ipv6.conf.${pod}.disable_ipv6=1`);
    node(`ip link set ${pod} master cni0 up`);
    node(`bridge link set dev ${pod} hairpin on`);
  }
  // Adding ports lowers or raises a bridge's MTU; the simulated one has 1450 with ports of 1500.
  node('ip link set cni0 mtu 1450 up');
  node('ip addr add 10.244.1.1/24 dev cni0');
  node('ip addr add 172.18.0.2/16 dev eth0');
  node('ip link set eth0 up');
  node('ip route add default via 172.18.0.100');
  node(
    'ip link add flannel.1 address 02:00:00:00:f1:01 type vxlan id 1 local 172.18.0.2 dev eth0 dstport 8472 nolearning',
  );
  node('ip link set flannel.1 mtu 1450 up');
  node('ip addr add 10.244.1.0/32 dev flannel.1');
  node('ip neigh replace 10.244.2.0 lladdr 02:00:00:00:f1:02 dev flannel.1 nud permanent');
  node('bridge fdb append 02:00:00:00:f1:02 dev flannel.1 dst 172.18.0.3');
  node('ip route add 10.244.2.0/24 via 10.244.2.0 dev flannel.1 onlink');
  node('ip addr add fd00:10:244:1::1/64 dev cni0');
  node('ip addr add fd00:172:18::2/64 dev eth0');
  node('ip route add default via fd00:172:18::64');
  node(
    'ip link add flannel-v6.1 address 02:00:00:00:f1:61 type vxlan id 1 local fd00:172:18::2 dev eth0 dstport 8472 nolearning',
  );
  node('ip link set flannel-v6.1 mtu 1430 up');
  node('ip addr add fd00:10:244:1::/128 dev flannel-v6.1');
  node('ip neigh replace fd00:10:244:2:: lladdr 02:00:00:00:f1:62 dev flannel-v6.1 nud permanent');
  node('bridge fdb append 02:00:00:00:f1:62 dev flannel-v6.1 dst fd00:172:18::3');
  node('ip route add fd00:10:244:2::/64 via fd00:10:244:2:: dev flannel-v6.1 onlink');
  for (const [port, hosts] of [...Object.entries(HOSTS), ...Object.entries(HOSTS_6)]) {
    const device = port === 'eth0' ? 'eth0' : 'cni0';
    for (const [address, mac] of Object.entries(hosts)) {
      const text = mac
        .toString(16)
        .padStart(12, '0')
        .replace(/(..)(?!$)/g, '$1:');
      node(`ip neigh replace ${address} lladdr ${text} dev ${device} nud permanent`);
    }
  }
  const settings = [
    'net.ipv4.ip_forward=1',
    // Who is nobody's neighbour is asked for once: what comes of it comes later than the case.
    ...['cni0', 'eth0', 'flannel/1'].map((device) => `net.ipv4.neigh.${device}.retrans_time_ms=3600000`),
    ...['cni0', 'eth0', 'flannel-v6/1'].map((device) => `net.ipv6.neigh.${device}.retrans_time_ms=3600000`),
    'net.ipv4.conf.all.rp_filter=0',
    'net.ipv4.conf.default.rp_filter=0',
    ...['cni0', 'eth0', 'flannel/1'].map((device) => `net.ipv4.conf.${device}.rp_filter=0`),
    'net.bridge.bridge-nf-call-iptables=1',
    // So that a tunnel's packets are one connection (sim-node.ts has it too): what port of many is the hash's choice.
    `net.ipv4.ip_local_port_range=${TUNNEL_PORTS}`,
    `net.netfilter.nf_conntrack_icmp_timeout=${ECHO_SECONDS}`,
    // What a piece that stayed alone is complained of comes later than the cases.
    ...FRAGMENT_TIMES.map((time) => `${time}=${ECHO_SECONDS}`),
    // What answers an attacker slowly answers a test slowly.
    'net.ipv4.icmp_ratelimit=0',
    'net.ipv6.icmp.ratelimit=0',
    // A label is made of a random number; ours are 0.
    'net.ipv6.auto_flowlabels=0',
    'net.bridge.bridge-nf-call-ip6tables=1',
    `net.netfilter.nf_conntrack_icmpv6_timeout=${ECHO_SECONDS}`,
    'net.ipv4.icmp_msgs_per_sec=1000000',
    'net.ipv4.icmp_msgs_burst=1000000',
    'net.ipv4.conf.all.send_redirects=0',
    ...['cni0', 'eth0'].map((device) => `net.ipv4.conf.${device}.send_redirects=0`),
  ];
  for (const setting of settings) {
    try {
      namespace.run(['sysctl', '-qw', setting]);
    } catch (error) {
      // Newer kernels keep some of them for the first namespace alone.
      if (!/icmp_msgs/.test(setting)) throw error;
    }
  }
}

/** From one device to each of the three, by bridge, by route and by echo. */
export function sentinels(from: Port, tag: number): Uint8Array[] {
  const common = { protocol: 'udp', flags: 0, ttl: 64, payload: 8, dontFragment: false } as const;
  const ports = { sourcePort: SENTINEL_PORT, destinationPort: SENTINEL_PORT };
  const source = { pod2: '10.244.1.2', pod3: '10.244.1.3', eth0: '172.18.0.100' }[from];
  const targets = {
    pod2: ['10.244.1.2', '10.244.1.3', '172.18.0.100'],
    pod3: ['10.244.1.2', '10.244.1.3', '172.18.0.100'],
    eth0: ['10.244.1.2', '10.244.1.3', '172.18.0.3'],
  }[from];
  return targets.map((destination) => {
    const spec: FrameSpec = { ...common, ...ports, source, destination };
    const frame = frameOf(from, spec);
    new DataView(frame.buffer).setBigUint64(frame.length - 8, SENTINEL_MARK + BigInt(tag));
    // Without a UDP checksum: the mark was written after it was made.
    frame[40] = frame[41] = 0;
    return frame;
  });
}

const SENTINEL_MARK = 0x73656e7400000000n;

/** Undefined for a frame that is none. */
export function sentinelTag(frame: Uint8Array): number | undefined {
  if (frame.length < 50) return undefined;
  const mark = new DataView(frame.buffer, frame.byteOffset).getBigUint64(frame.length - 8);
  return mark >> 32n === SENTINEL_MARK >> 32n ? Number(mark & 0xffffffffn) : undefined;
}
