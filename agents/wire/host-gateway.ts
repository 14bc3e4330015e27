import type { Clock } from '../../platform/clock.ts';
import type { HostEndpoint, HostNetwork, HostStream } from '../../platform/host-network.ts';
import type { Rng } from '../../platform/rng.ts';
import { type Cidr, type Cidr6, cidr, cidr6, contains, type Prefix } from '../netstack/cidr.ts';
import { formatIp, type IpAddress, isIpv6 } from '../netstack/ip-address.ts';
import { type Ipv4, ipv4 } from '../netstack/ipv4.ts';
import { EthernetDevice } from '../netstack/link/ethernet-device.ts';
import { Netns } from '../netstack/netns.ts';
import type { TcpSocket } from '../netstack/tcp/tcp-socket.ts';
import type { ForwardedConnection } from '../netstack/tcp/tcp-stack.ts';
import type { ForwardedDatagram } from '../netstack/udp/udp-stack.ts';
import { HostUdpFlow } from './host-udp-flow.ts';
import type { Lan } from './lan.ts';
import { lanMac } from './lan-mac.ts';
import { splice } from './splice.ts';
import { UdpFlows } from './udp-flows.ts';

export interface HostGatewayOptions {
  readonly clock: Clock;
  readonly rng: Rng;
  readonly network: HostNetwork;
  readonly lan: Lan;
  /** The host's addresses on the nodes' segment, with prefix length: 172.18.0.1/16, and maybe one of IPv6. */
  readonly addresses: readonly string[];
  /** The node's address on the segment. */
  readonly nodeIp: string;
  /** The host's loopback address that stands for the node; its egress to loopback comes from there. */
  readonly nodeHostAddress: string;
  /** Networks that exist only in the simulation: nothing outside answers for them. */
  readonly internal: readonly string[];
}

const UDP_IDLE_MS = 60_000;
const MOST_UDP_FLOWS = 1024;

/**
 * The host as the nodes see it: their default gateway and a neighbour on their segment. What the nodes send
 * beyond it leaves through the machine's own sockets; its own address stands for the machine's loopback. What
 * the machine sends to a node's port enters here. Each agent has one, all alike, so none depends on another.
 */
export class HostGateway {
  readonly netns: Netns;
  readonly #options: HostGatewayOptions;
  readonly #addresses: readonly IpAddress[];
  readonly #internal: readonly Prefix[];
  readonly #flows: UdpFlows<HostUdpFlow>;
  #closed = false;

  constructor(options: HostGatewayOptions) {
    this.#options = options;
    this.#flows = new UdpFlows({
      clock: options.clock,
      idleMs: UDP_IDLE_MS,
      most: MOST_UDP_FLOWS,
      close: (flow) => void flow.close(),
    });
    const prefixes = options.addresses.map(prefixOf);
    this.#addresses = prefixes.map(({ address }) => address);
    this.#internal = options.internal.map(prefixOf);
    this.netns = new Netns({ name: 'host', clock: options.clock, rng: options.rng });
    this.netns.lo.setUp();
    const device = new EthernetDevice(this.netns, 'eth0', {
      mac: lanMac(this.#addresses[0] as Ipv4),
      transmit: (frame) => options.lan.send(frame, device),
    });
    device.setUp();
    for (const prefix of prefixes) this.netns.addAddress(device, prefix);
    options.lan.attach(device);
    // What is not on the segment ends here, and the machine routes on. The main table, because the local
    // one comes first and would keep the segment's own addresses from being reached.
    for (const address of this.#addresses) {
      const destination = isIpv6(address) ? cidr6('::/0') : cidr('0.0.0.0/0');
      this.netns.addRoute({ type: 'local', table: 'main', destination, link: this.netns.lo });
    }
    this.netns.tcp.setForwarder((request) => void this.#forwardTcp(request));
    this.netns.udp.setForwarder((datagram) => this.#forwardUdp(datagram));
  }

  /** Connects from the host into the simulation. */
  connect(address: string, port: number): TcpSocket {
    return this.netns.tcp.connect({ address: ipv4(address), port });
  }

  /** Connections end by a reset, conversations at once. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#flows.closeAll();
    this.netns.delete();
  }

  async #forwardTcp(request: ForwardedConnection): Promise<void> {
    const target = this.#outside(request.local.address, request.local.port);
    if (!target) return request.reject();
    let stream: HostStream;
    try {
      stream = await this.#options.network.connectTcp(target, this.#sourceFor(target));
    } catch {
      return request.reject();
    }
    if (this.#closed) stream.destroy();
    else splice(stream, request.accept());
  }

  #forwardUdp(datagram: ForwardedDatagram): void {
    const { local, remote } = datagram;
    const target = this.#outside(local.address, local.port);
    if (!target) return datagram.reject();
    const key = `${remote.address}:${remote.port}>${local.address}:${local.port}`;
    const flow = this.#flows.get(key) ?? this.#openFlow(key, target);
    flow.reply = (answer) => datagram.reply(answer);
    flow.send(datagram.payload.slice());
  }

  #openFlow(key: string, target: HostEndpoint): HostUdpFlow {
    const flow = new HostUdpFlow(target);
    const address = this.#sourceFor(target) ?? '0.0.0.0';
    this.#flows.add(key, flow);
    const bind = () => this.#options.network.bindUdp({ address, port: 0 });
    flow.open(bind, () => this.#flows.get(key)).catch(() => this.#flows.delete(key));
    return flow;
  }

  /** Where a packet for an address goes on the machine's network; undefined for what only the simulation has. */
  #outside(address: IpAddress, port: number): HostEndpoint | undefined {
    if (this.#addresses.includes(address)) return { address: '127.0.0.1', port };
    return this.#internal.some((network) => contains(network, address))
      ? undefined
      : { address: formatIp(address), port };
  }

  /** Loopback servers see which node a connection came from; others see the machine. */
  #sourceFor(target: HostEndpoint): string | undefined {
    return target.address.startsWith('127.') ? this.#options.nodeHostAddress : undefined;
  }
}

const prefixOf = (text: string): Cidr | Cidr6 => (text.includes(':') ? cidr6(text) : cidr(text));
