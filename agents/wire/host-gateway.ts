import type { Clock, Timer } from '../../platform/clock.ts';
import type { HostEndpoint, HostNetwork, HostUdpSocket } from '../../platform/host-network.ts';
import type { Rng } from '../../platform/rng.ts';
import { cidr } from '../netstack/cidr.ts';
import { formatIpv4, type Ipv4, ipv4 } from '../netstack/ipv4.ts';
import { EthernetDevice } from '../netstack/link/ethernet-device.ts';
import { Netns } from '../netstack/netns.ts';
import type { TcpSocket } from '../netstack/tcp/tcp-socket.ts';
import type { Lan } from './lan.ts';
import { lanMac } from './lan-mac.ts';
import { splice } from './splice.ts';

export interface HostGatewayOptions {
  readonly clock: Clock;
  readonly rng: Rng;
  readonly network: HostNetwork;
  readonly lan: Lan;
  /** The host's address on the nodes' segment, with prefix length: 172.18.0.1/16. */
  readonly address: string;
  /** The node's address on the segment. */
  readonly nodeIp: string;
  /** The host's loopback address that stands for the node; its egress to loopback comes from there. */
  readonly nodeHostAddress: string;
  /** Networks that exist only in the simulation: nothing outside answers for them. */
  readonly internal: readonly string[];
}

const UDP_IDLE_MS = 60_000;
const MOST_UDP_FLOWS = 1024;

interface UdpFlow {
  readonly socket: HostUdpSocket;
  reply: (payload: Uint8Array) => void;
  timer: Timer;
}

/**
 * The host as the nodes see it: their default gateway and a neighbour on their segment. What the nodes send
 * beyond it leaves through the machine's own sockets; its own address stands for the machine's loopback. What
 * the machine sends to a node's port enters here. Each agent has one, all alike, so none depends on another.
 */
export class HostGateway {
  readonly netns: Netns;
  readonly #options: HostGatewayOptions;
  readonly #address: Ipv4;
  readonly #internal: readonly { readonly base: Ipv4; readonly bits: number }[];
  readonly #flows = new Map<string, Promise<UdpFlow | undefined>>();

  constructor(options: HostGatewayOptions) {
    this.#options = options;
    const prefix = cidr(options.address);
    this.#address = prefix.address;
    this.#internal = options.internal.map((text) => {
      const { address, prefixLength } = cidr(text);
      return { base: address, bits: prefixLength };
    });
    this.netns = new Netns({ name: 'host', clock: options.clock, rng: options.rng });
    this.netns.lo.setUp();
    const device = new EthernetDevice(this.netns, 'eth0', {
      mac: lanMac(this.#address),
      transmit: (frame) => options.lan.send(frame, device),
    });
    this.netns.addAddress(device, prefix);
    device.setUp();
    options.lan.attach(device);
    // What is not on the segment ends here, and the machine routes on. The main table, because the local
    // one comes first and would keep the segment's own addresses from being reached.
    this.netns.addRoute({
      type: 'local',
      table: 'main',
      destination: cidr('0.0.0.0/0'),
      link: this.netns.lo,
    });
    this.netns.tcp.setForwarder((request) => void this.#forwardTcp(request));
    this.netns.udp.setForwarder((datagram) => void this.#forwardUdp(datagram));
  }

  /** Connects from the host into the simulation. */
  connect(address: string, port: number): TcpSocket {
    return this.netns.tcp.connect({ address: ipv4(address), port });
  }

  async close(): Promise<void> {
    for (const flow of [...this.#flows.values()]) {
      const open = await flow;
      if (open) await this.#closeFlow(open);
    }
    this.#flows.clear();
    this.netns.delete();
  }

  async #forwardTcp(request: {
    readonly local: { readonly address: Ipv4; readonly port: number };
    accept(): TcpSocket;
    reject(): void;
  }): Promise<void> {
    const target = this.#outside(request.local.address, request.local.port);
    if (!target) return request.reject();
    try {
      const stream = await this.#options.network.connectTcp(target, this.#sourceFor(target));
      splice(stream, request.accept());
    } catch {
      request.reject();
    }
  }

  async #forwardUdp(datagram: {
    readonly local: { readonly address: Ipv4; readonly port: number };
    readonly remote: { readonly address: Ipv4; readonly port: number };
    readonly payload: Uint8Array;
    reply(payload: Uint8Array): void;
  }): Promise<void> {
    const { local, remote } = datagram;
    const target = this.#outside(local.address, local.port);
    if (!target) return;
    const payload = datagram.payload.slice();
    const key = `${remote.address}:${remote.port}>${local.address}:${local.port}`;
    let opening = this.#flows.get(key);
    if (!opening) {
      if (this.#flows.size >= MOST_UDP_FLOWS) return;
      opening = this.#openFlow(key, target);
      this.#flows.set(key, opening);
    }
    const flow = await opening;
    if (!flow) return;
    flow.reply = (answer) => datagram.reply(answer);
    flow.socket.send(payload, target);
    this.#keepAlive(key, flow);
  }

  async #openFlow(key: string, target: HostEndpoint): Promise<UdpFlow | undefined> {
    try {
      const address = this.#sourceFor(target) ?? '0.0.0.0';
      const socket = await this.#options.network.bindUdp({ address, port: 0 });
      const timer = this.#options.clock.setTimeout(() => {}, 0);
      const flow: UdpFlow = { socket, reply: () => {}, timer };
      socket.onDatagram = (payload, from) => {
        if (from.address !== target.address || from.port !== target.port) return;
        flow.reply(payload);
        this.#keepAlive(key, flow);
      };
      return flow;
    } catch {
      this.#flows.delete(key);
      return undefined;
    }
  }

  #keepAlive(key: string, flow: UdpFlow): void {
    const { clock } = this.#options;
    clock.clearTimeout(flow.timer);
    flow.timer = clock.setTimeout(() => {
      this.#flows.delete(key);
      void flow.socket.close();
    }, UDP_IDLE_MS);
  }

  async #closeFlow(flow: UdpFlow): Promise<void> {
    this.#options.clock.clearTimeout(flow.timer);
    await flow.socket.close();
  }

  /** Where a packet for an address goes on the machine's network; undefined for what only the simulation has. */
  #outside(address: Ipv4, port: number): HostEndpoint | undefined {
    if (address === this.#address) return { address: '127.0.0.1', port };
    const isInternal = this.#internal.some(
      ({ base, bits }) => (bits === 0 ? 0 : (address ^ base) >>> (32 - bits)) === 0,
    );
    return isInternal ? undefined : { address: formatIpv4(address), port };
  }

  /** Loopback servers see which node a connection came from; others see the machine. */
  #sourceFor(target: HostEndpoint): string | undefined {
    return target.address.startsWith('127.') ? this.#options.nodeHostAddress : undefined;
  }
}
