import type { Clock } from '../../platform/clock.ts';
import type {
  HostEndpoint,
  HostListener,
  HostNetwork,
  HostStream,
  HostUdpSocket,
} from '../../platform/host-network.ts';
import type { Logger } from '../../platform/logger.ts';
import { ipv4 } from '../netstack/ipv4.ts';
import { isNetError } from '../netstack/net-error.ts';
import type { UdpSocket } from '../netstack/udp/udp-socket.ts';
import type { HostGateway } from './host-gateway.ts';
import { splice } from './splice.ts';
import { UdpFlows } from './udp-flows.ts';

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
  /** Reported already. */
  readonly #refused = new Set<string>();
  #wanted: ReadonlyMap<string, HostPort> = new Map();
  #turn: Promise<readonly HostPort[]> = Promise.resolve([]);

  constructor(options: HostPortsOptions) {
    this.#options = options;
  }

  /**
   * Makes the open ports exactly these. Answers those that the machine does not grant; each is reported once,
   * and asked for again with the next call.
   */
  set(ports: readonly HostPort[]): Promise<readonly HostPort[]> {
    this.#wanted = new Map(ports.map((port) => [`${port.protocol}/${port.port}`, port]));
    this.#turn = this.#turn.then(() => this.#apply());
    return this.#turn;
  }

  async close(): Promise<void> {
    await this.set([]);
  }

  async #apply(): Promise<readonly HostPort[]> {
    const wanted = this.#wanted;
    for (const [key, listener] of [...this.#open]) {
      if (wanted.has(key)) continue;
      this.#open.delete(key);
      await listener.close();
    }
    for (const key of [...this.#refused]) if (!wanted.has(key)) this.#refused.delete(key);
    const refused: HostPort[] = [];
    for (const [key, port] of wanted) {
      if (this.#open.has(key) || (await this.#tryOpen(key, port))) this.#refused.delete(key);
      else refused.push(port);
    }
    return refused;
  }

  async #tryOpen(key: string, { protocol, port }: HostPort): Promise<boolean> {
    const { hostAddress: address, logger } = this.#options;
    const local = { address, port };
    try {
      this.#open.set(key, await (protocol === 'TCP' ? this.#listenTcp(local) : this.#bindUdp(local)));
      return true;
    } catch (error) {
      const fields = { ...local, protocol, error: String(error) };
      if (!this.#refused.has(key)) logger.error(fields, 'the host does not grant a port');
      this.#refused.add(key);
      return false;
    }
  }

  #listenTcp(local: HostEndpoint): Promise<HostListener> {
    return this.#options.network.listenTcp(local, (stream) => this.#admit(stream, local.port));
  }

  #admit(stream: HostStream, port: number): void {
    // Until the pod has answered nothing is read, so that a refused connection takes no data.
    stream.pause();
    try {
      const socket = this.#options.gateway.connect(this.#options.nodeIp, port);
      splice(stream, socket);
      socket.onConnect = () => stream.resume();
    } catch (error) {
      if (!isNetError(error)) throw error;
      stream.destroy();
    }
  }

  async #bindUdp(local: HostEndpoint): Promise<HostListener> {
    const outer = await this.#options.network.bindUdp(local);
    const clients = new UdpFlows<UdpSocket>({
      clock: this.#options.clock,
      idleMs: UDP_IDLE_MS,
      most: MOST_UDP_CLIENTS,
      close: (inner) => inner.close(),
    });
    outer.onDatagram = (payload, from) => this.#relay(payload, from, outer, clients);
    return {
      local: outer.local,
      close: () => {
        clients.closeAll();
        return outer.close();
      },
    };
  }

  /** Each client of the machine gets a port of its own in the simulation, so that answers find back. */
  #relay(payload: Uint8Array, from: HostEndpoint, outer: HostUdpSocket, clients: UdpFlows<UdpSocket>): void {
    const key = `${from.address}:${from.port}`;
    const inner = clients.get(key) ?? this.#admitClient(key, from, outer, clients);
    inner?.send(payload, { address: ipv4(this.#options.nodeIp), port: outer.local.port });
  }

  /** Undefined where no port is left. */
  #admitClient(
    key: string,
    from: HostEndpoint,
    outer: HostUdpSocket,
    clients: UdpFlows<UdpSocket>,
  ): UdpSocket | undefined {
    try {
      const inner = this.#options.gateway.netns.udp.bind({});
      inner.onMessage = (answer) => {
        clients.get(key);
        outer.send(answer.slice(), from);
      };
      clients.add(key, inner);
      return inner;
    } catch (error) {
      if (!isNetError(error)) throw error;
      return undefined;
    }
  }
}
