import type { ByteStream } from '../../platform/stream-duplex.ts';
import type { Endpoint } from '../netstack/endpoint.ts';
import type { IpAddress } from '../netstack/ip-address.ts';
import type { Netns } from '../netstack/netns.ts';
import type { TcpSocket, TcpSocketError } from '../netstack/tcp/tcp-socket.ts';
import type { UdpSocket } from '../netstack/udp/udp-socket.ts';
import { type HttpListener, serveHttp } from './http-server.ts';

/** Wraps a program's callback: what it throws ends the program, and nothing is called once it has ended. */
type Guard = <A extends unknown[]>(callback: (...args: A) => void) => (...args: A) => void;

/** What a program may do with a listener: stop listening. Its connections stay. */
export interface ProcessListener {
  close(): void;
}

/**
 * The sockets of one process in a namespace, as its kernel keeps them: an exception in a callback is the
 * process's fault and reported as such, and whatever is still open when the process ends is closed.
 */
export class ProcessSockets {
  readonly #netns: Netns;
  readonly #onFault: (error: unknown) => void;
  readonly #open = new Set<() => void>();
  #ended = false;

  constructor(netns: Netns, onFault: (error: unknown) => void) {
    this.#netns = netns;
    this.#onFault = onFault;
  }

  /** Throws EADDRINUSE and EADDRNOTAVAIL, as all that binds here. */
  listen(
    local: { readonly address?: IpAddress; readonly port: number },
    onConnection: (socket: ProcessTcpSocket) => void,
  ): ProcessListener {
    const admit = this.#guard(onConnection);
    const listener = this.#netns.tcp.listen(local, (socket) => admit(this.#tcp(socket)));
    return { close: this.#own(() => listener.close()) };
  }

  connect(remote: Endpoint): ProcessTcpSocket {
    return this.#tcp(this.#netns.tcp.connect(remote));
  }

  bindUdp(local: { readonly address?: IpAddress; readonly port?: number } = {}): ProcessUdpSocket {
    const socket = this.#netns.udp.bind(local);
    const close = this.#own(() => socket.close());
    return new ProcessUdpSocket(socket, this.#guard, close);
  }

  serveHttp(local: { readonly address: IpAddress; readonly port: number }, listener: HttpListener): void {
    this.#own(serveHttp(this, local, listener, this.#guard(this.#onFault)));
  }

  /** The process has ended: nothing of it is called any more, and all it held is closed. */
  closeAll(): void {
    this.#ended = true;
    for (const close of [...this.#open]) close();
  }

  /** The node has lost its power: nothing is called, and nothing is sent either. */
  abandon(): void {
    this.#ended = true;
    this.#open.clear();
  }

  #tcp(socket: TcpSocket): ProcessTcpSocket {
    const close = this.#own(() => socket.destroy());
    return new ProcessTcpSocket(socket, this.#guard, close);
  }

  /** Remembers how to close something until that was done. */
  #own(close: () => void): () => void {
    const once = (): void => {
      if (this.#open.delete(once)) close();
    };
    this.#open.add(once);
    return once;
  }

  readonly #guard: Guard =
    (callback) =>
    (...args) => {
      if (this.#ended) return;
      try {
        callback(...args);
      } catch (error) {
        this.#onFault(error);
      }
    };
}

/** A connection as a program holds it; see TcpSocket for what each call and callback means. */
export class ProcessTcpSocket implements ByteStream {
  onConnect: () => void = () => {};
  onData: (chunk: Uint8Array) => void = () => {};
  onEnd: () => void = () => {};
  onDrain: () => void = () => {};
  onClose: (error?: TcpSocketError) => void = () => {};
  readonly #socket: TcpSocket;
  readonly #close: () => void;

  /** Made by ProcessSockets only. */
  constructor(socket: TcpSocket, guard: Guard, close: () => void) {
    this.#socket = socket;
    this.#close = close;
    socket.onConnect = guard(() => this.onConnect());
    socket.onData = guard((chunk) => this.onData(chunk));
    socket.onEnd = guard(() => this.onEnd());
    socket.onDrain = guard(() => this.onDrain());
    const closed = guard((error?: TcpSocketError) => this.onClose(error));
    socket.onClose = (error) => {
      close();
      closed(error);
    };
  }

  get local(): Endpoint {
    return this.#socket.local;
  }

  get remote(): Endpoint {
    return this.#socket.remote;
  }

  write(chunk: Uint8Array): boolean {
    return this.#socket.write(chunk);
  }

  end(): void {
    this.#socket.end();
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  destroy(): void {
    this.#close();
  }
}

/** A bound UDP socket as a program holds it. */
export class ProcessUdpSocket {
  onMessage: (payload: Uint8Array, from: Endpoint, to: Endpoint) => void = () => {};
  readonly close: () => void;
  readonly #socket: UdpSocket;

  /** Made by ProcessSockets only. */
  constructor(socket: UdpSocket, guard: Guard, close: () => void) {
    this.#socket = socket;
    this.close = close;
    socket.onMessage = guard((payload, from, to) => this.onMessage(payload, from, to));
  }

  get port(): number {
    return this.#socket.port;
  }

  /** `from` is the source where the socket is bound to any address: the one that was asked. */
  send(payload: Uint8Array, to: Endpoint, from?: Endpoint): void {
    this.#socket.send(payload, to, from);
  }
}
