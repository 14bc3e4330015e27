import type { Clock, Timer } from '../../platform/clock.ts';
import type {
  HostEndpoint,
  HostListener,
  HostNetwork,
  HostStream,
  HostUdpSocket,
} from '../../platform/host-network.ts';
import type { Logger } from '../../platform/logger.ts';
import { ipv4 } from '../netstack/ipv4.ts';
import type { UdpSocket } from '../netstack/udp/udp-socket.ts';
import type { HostGateway } from './host-gateway.ts';
import { splice } from './splice.ts';

export interface HostPort {
  readonly protocol: 'TCP' | 'UDP';
  readonly port: number;
}

export interface HostPortsOptions {
  readonly clock: Clock;
  readonly network: HostNetwork;
  readonly gateway: HostGateway;
  readonly logger: Logger;
  /** Where the machine listens for the node. */
  readonly hostAddress: string;
  readonly nodeIp: string;
}

const UDP_IDLE_MS = 60_000;
const MOST_UDP_CLIENTS = 1024;

/** Opens a node's ports to the machine: what comes in there goes to the same port of the simulated node. */
export class HostPorts {
  readonly #options: HostPortsOptions;
  readonly #open = new Map<string, HostListener>();
  #wanted = new Set<string>();
  #turn: Promise<void> = Promise.resolve();

  constructor(options: HostPortsOptions) {
    this.#options = options;
  }

  /** Makes the open ports exactly these; one that the machine does not grant is reported and left out. */
  set(ports: readonly HostPort[]): Promise<void> {
    this.#wanted = new Set(ports.map(({ protocol, port }) => `${protocol}/${port}`));
    this.#turn = this.#turn.then(() => this.#apply());
    return this.#turn;
  }

  async close(): Promise<void> {
    await this.set([]);
  }

  async #apply(): Promise<void> {
    for (const [key, listener] of [...this.#open]) {
      if (this.#wanted.has(key)) continue;
      this.#open.delete(key);
      await listener.close();
    }
    for (const key of this.#wanted) {
      if (this.#open.has(key)) continue;
      const [protocol, port] = key.split('/') as ['TCP' | 'UDP', string];
      const local = { address: this.#options.hostAddress, port: Number(port) };
      try {
        this.#open.set(key, await (protocol === 'TCP' ? this.#listenTcp(local) : this.#bindUdp(local)));
      } catch (error) {
        this.#options.logger.error(
          { ...local, protocol, error: String(error) },
          'the host does not grant a port',
        );
      }
    }
  }

  #listenTcp(local: HostEndpoint): Promise<HostListener> {
    return this.#options.network.listenTcp(local, (stream) => this.#admit(stream, local.port));
  }

  #admit(stream: HostStream, port: number): void {
    // Until the pod has answered nothing is read, so that a refused connection takes no data.
    stream.pause();
    const socket = this.#options.gateway.connect(this.#options.nodeIp, port);
    splice(stream, socket);
    socket.onConnect = () => stream.resume();
  }

  async #bindUdp(local: HostEndpoint): Promise<HostListener> {
    const outer = await this.#options.network.bindUdp(local);
    const clients = new Map<string, { inner: UdpSocket; timer: Timer }>();
    outer.onDatagram = (payload, from) => this.#relay(payload, from, outer, clients);
    return {
      local: outer.local,
      close: async () => {
        for (const { inner, timer } of clients.values()) {
          this.#options.clock.clearTimeout(timer);
          inner.close();
        }
        await outer.close();
      },
    };
  }

  /** Each client of the machine gets a port of its own in the simulation, so that answers find back. */
  #relay(
    payload: Uint8Array,
    from: HostEndpoint,
    outer: HostUdpSocket,
    clients: Map<string, { inner: UdpSocket; timer: Timer }>,
  ): void {
    const { clock, gateway, nodeIp } = this.#options;
    const key = `${from.address}:${from.port}`;
    let client = clients.get(key);
    if (!client) {
      if (clients.size >= MOST_UDP_CLIENTS) return;
      const inner = gateway.netns.udp.bind({});
      inner.onMessage = (answer) => outer.send(answer.slice(), from);
      client = { inner, timer: clock.setTimeout(() => {}, 0) };
      clients.set(key, client);
    }
    clock.clearTimeout(client.timer);
    const { inner } = client;
    client.timer = clock.setTimeout(() => {
      clients.delete(key);
      inner.close();
    }, UDP_IDLE_MS);
    inner.send(payload, { address: ipv4(nodeIp), port: outer.local.port });
  }
}
