import { Duplex } from 'node:stream';
import type { HostEndpoint } from './host-network.ts';

/** A connected byte stream with one callback an event: the host's and the simulated sockets alike. */
export interface ByteStream {
  onData(chunk: Uint8Array): void;
  onEnd(): void;
  onDrain(): void;
  onClose(error?: { readonly code?: string | undefined }): void;
  /** False: wait for onDrain. */
  write(chunk: Uint8Array): boolean;
  pause(): void;
  resume(): void;
  end(): void;
  destroy(): void;
}

/** Such a stream as Node's own kind, so that Node's HTTP can use it. */
export class StreamDuplex extends Duplex {
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;
  readonly #stream: ByteStream;
  #onWritable: (() => void) | undefined;

  constructor(stream: ByteStream, local: HostEndpoint, remote: HostEndpoint) {
    super({ allowHalfOpen: true });
    this.#stream = stream;
    this.remoteAddress = remote.address;
    this.remotePort = remote.port;
    this.localAddress = local.address;
    this.localPort = local.port;
    stream.onData = (chunk) => {
      if (!this.push(Buffer.from(chunk))) stream.pause();
    };
    stream.onEnd = () => this.push(null);
    stream.onDrain = () => this.#continueWriting();
    stream.onClose = (error) => {
      const code = error?.code ?? 'ECONNRESET';
      this.destroy(error ? Object.assign(new Error(code), { code }) : undefined);
    };
  }

  override _read(): void {
    this.#stream.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    if (this.#stream.write(chunk)) done();
    else this.#onWritable = done;
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#stream.end();
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#stream.destroy();
    done(error);
  }

  /** What node:http asks of a socket and these streams have no use for. */
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
