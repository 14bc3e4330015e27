import { parseIp } from '../../agents/netstack/ip-address.ts';
import type { TcpSocket } from '../../agents/netstack/tcp/tcp-socket.ts';
import type { TcpListener } from '../../agents/netstack/tcp/tcp-stack.ts';
import type { UdpSocket } from '../../agents/netstack/udp/udp-socket.ts';
import type { SimHost } from './sim-host.ts';
import type { AppCommand, SocketApp } from './socket-app.ts';

interface Bound {
  readonly socket: UdpSocket;
  readonly datagrams: [port: number, length: number][];
}

interface Held {
  readonly socket: TcpSocket;
  received: number;
  isEnded: boolean;
  knowsFault: boolean;
  /** Who shuts a connection before it is one has none. */
  isReset: boolean;
  isShut: boolean;
}

/** A program with the simulated host's sockets; what has come waits until it asks for it. */
export class SimApp implements SocketApp {
  readonly #host: SimHost;
  readonly #listeners = new Map<string, TcpListener>();
  readonly #sockets = new Map<string, Held>();
  readonly #bound = new Map<string, Bound>();

  constructor(host: SimHost) {
    this.#host = host;
  }

  async tell(command: AppCommand): Promise<unknown> {
    const answer = await this.#do(command);
    await this.#host.clock.settle();
    return answer ?? null;
  }

  async close(): Promise<void> {}

  async #do(command: AppCommand): Promise<unknown> {
    const { tcp } = this.#host.ns;
    switch (command.do) {
      case 'listen': {
        const { name, host, port, backlog } = command;
        const address = parseIp(host)!;
        const listener = tcp.listen({ address, port, backlog }, (socket) =>
          this.#adopt(String(socket.remote.port), socket),
        );
        this.#listeners.set(name, listener);
        return;
      }
      case 'unlisten':
        return this.#listeners.get(command.name)!.close();
      case 'connect': {
        const { name, host, port, source, source_port } = command;
        const [address, localAddress] = [parseIp(host)!, parseIp(source)!];
        this.#adopt(name, tcp.connect({ address, port, localAddress, localPort: source_port }));
        return;
      }
      case 'tick':
        return;
      case 'udp': {
        const socket = this.#host.ns.udp.bind({ address: parseIp(command.host)!, port: command.port });
        const bound: Bound = { socket, datagrams: [] };
        socket.onMessage = (payload, from) => bound.datagrams.push([from.port, payload.length]);
        this.#bound.set(command.name, bound);
        return;
      }
      case 'datagrams':
        return this.#bound.get(command.name)!.datagrams.splice(0);
      case 'sendto': {
        const { size, host, port } = command;
        const payload = Uint8Array.from({ length: size }, (_, i) => i & 255);
        const sent = this.#bound.get(command.name)!.socket.send(payload, { address: parseIp(host)!, port });
        return sent === 'sent' ? size : sent;
      }
      default:
        return this.#withSocket(command);
    }
  }

  async #withSocket(
    command: Extract<
      AppCommand,
      { name: string; do: 'send' | 'recv' | 'shutdown' | 'close' | 'abort' | 'keepalive' }
    >,
  ) {
    const held = this.#sockets.get(command.name);
    if (held === undefined) return undefined;
    const { socket } = held;
    switch (command.do) {
      case 'send':
        return this.#send(held, command.size);
      case 'recv':
        return this.#receive(held);
      case 'shutdown':
        held.isShut = true;
        held.isReset ||= socket.state === 'SYN_SENT';
        if (socket.state === 'CLOSED' || socket.state === 'TIME_WAIT') return 'ENOTCONN';
        return socket.end();
      case 'keepalive':
        return socket.setKeepAlive(true);
      case 'close':
        socket.destroy();
        break;
      case 'abort':
        socket.reset();
    }
    this.#sockets.delete(command.name);
    return undefined;
  }

  #send(held: Held, size: number): unknown {
    const { socket } = held;
    if (socket.state === 'SYN_SENT' || socket.state === 'SYN_RCVD') return 'blocks';
    const fault = this.#takeFault(held);
    if (fault !== undefined) return fault;
    if (held.isShut || socket.state === 'CLOSED' || socket.state === 'TIME_WAIT') return 'EPIPE';
    socket.write(Uint8Array.from({ length: size }, (_, i) => i & 255));
    return size;
  }

  async #receive(held: Held): Promise<unknown> {
    const { socket } = held;
    socket.resume();
    await this.#host.clock.settle();
    socket.pause();
    const { received } = held;
    held.received = 0;
    if (held.isEnded) return [received, 'end'];
    const fault = this.#takeFault(held);
    if (fault !== undefined) return [received, fault];
    if (held.isReset) return [received, 'ENOTCONN'];
    const isOver = socket.state === 'CLOSED' || socket.state === 'TIME_WAIT';
    return [received, isOver ? 'end' : 'more'];
  }

  /** A fault is told once. */
  #takeFault(held: Held): string | undefined {
    const code = held.isReset ? 'ECONNRESET' : held.socket.failure?.code;
    if (code === undefined || held.knowsFault) return undefined;
    held.knowsFault = true;
    return code;
  }

  #adopt(name: string, socket: TcpSocket): void {
    const held: Held = {
      socket,
      received: 0,
      isEnded: false,
      knowsFault: false,
      isReset: false,
      isShut: false,
    };
    this.#sockets.set(name, held);
    socket.pause();
    socket.onData = (chunk) => {
      held.received += chunk.length;
    };
    socket.onEnd = () => {
      held.isEnded = true;
    };
  }
}
