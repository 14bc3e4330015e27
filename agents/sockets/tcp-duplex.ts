import { Duplex } from 'node:stream';
import { formatIpv4 } from '../netstack/ipv4.ts';
import type { TcpSocket } from '../netstack/tcp/tcp-socket.ts';

/** A simulated TCP socket as a Node stream, so that Node's own HTTP parser and others can use it. */
export class TcpDuplex extends Duplex {
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;
  readonly #socket: TcpSocket;
  #onWritable: (() => void) | undefined;

  constructor(socket: TcpSocket) {
    super({ allowHalfOpen: true });
    this.#socket = socket;
    this.remoteAddress = formatIpv4(socket.remote.address);
    this.remotePort = socket.remote.port;
    this.localAddress = formatIpv4(socket.local.address);
    this.localPort = socket.local.port;
    socket.onData = (chunk) => {
      if (!this.push(Buffer.from(chunk))) socket.pause();
    };
    socket.onEnd = () => this.push(null);
    socket.onDrain = () => this.#continueWriting();
    socket.onClose = (error) => {
      this.destroy(error ? Object.assign(new Error(error.code), { code: error.code }) : undefined);
    };
  }

  override _read(): void {
    this.#socket.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    if (this.#socket.write(chunk)) done();
    else this.#onWritable = done;
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#socket.end();
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#socket.destroy();
    done(error);
  }

  /** What node:http asks of a socket and a simulated one has no use for. */
  setTimeout(): this {
    return this;
  }

  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  #continueWriting(): void {
    const done = this.#onWritable;
    this.#onWritable = undefined;
    done?.();
  }
}
