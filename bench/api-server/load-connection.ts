import { once } from 'node:events';
import { connect, type TLSSocket } from 'node:tls';

/** Where requests go, and as whom. */
export interface Target {
  readonly name: string;
  readonly url: URL;
  readonly ca?: string | undefined;
  /** PEM. */
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly token?: string | undefined;
}

export interface Answer {
  readonly status: number;
  /** Of the body, decoded. */
  readonly bytes: number;
}

const HEAD_END = Buffer.from('\r\n\r\n');
const LAST_CHUNK = Buffer.from('0\r\n\r\n');

/**
 * One HTTP/1.1 connection that does as little as a client can, so that what is measured is the server: one
 * request at a time, the answer is counted, not kept.
 */
export class LoadConnection {
  readonly #socket: TLSSocket;
  readonly #host: string;
  readonly #credentials: string;
  #pending: { resolve: (answer: Answer) => void; reject: (error: Error) => void } | undefined;
  #head: Buffer = Buffer.alloc(0);
  #status = 0;
  #left = 0;
  #chunked = false;
  #inBody = false;
  #bytes = 0;
  #onData: ((chunk: Buffer) => void) | undefined;

  private constructor(socket: TLSSocket, target: Target) {
    this.#socket = socket;
    this.#host = target.url.host;
    this.#credentials = target.token === undefined ? '' : `authorization: Bearer ${target.token}\r\n`;
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    socket.on('error', (error) => this.#pending?.reject(error));
    socket.on('close', () => this.#pending?.reject(new Error('the server closed the connection')));
  }

  static async open(target: Target): Promise<LoadConnection> {
    const socket = connect({
      host: target.url.hostname,
      port: Number(target.url.port || 443),
      servername: target.url.hostname === '127.0.0.1' ? '' : target.url.hostname,
      ALPNProtocols: ['http/1.1'],
      rejectUnauthorized: target.ca !== undefined,
      ...(target.ca === undefined ? {} : { ca: target.ca }),
      ...(target.cert === undefined ? {} : { cert: target.cert, key: target.key }),
    });
    await once(socket, 'secureConnect');
    return new LoadConnection(socket, target);
  }

  request(method: string, path: string, body = '', contentType = 'application/json'): Promise<Answer> {
    const length =
      body === '' ? '' : `content-type: ${contentType}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n`;
    return new Promise((resolve, reject) => {
      this.#pending = { resolve, reject };
      this.#socket.write(
        `${method} ${path} HTTP/1.1\r\nhost: ${this.#host}\r\naccept: application/json\r\n${this.#credentials}${length}\r\n${body}`,
      );
    });
  }

  /** Begins a watch; resolves with its headers, and hands on what comes after. */
  async stream(path: string, onData: (chunk: Buffer) => void): Promise<void> {
    this.#onData = onData;
    const answer = await this.request('GET', path);
    if (answer.status !== 200) throw new Error(`${path}: ${answer.status}`);
  }

  close(): void {
    this.#socket.destroy();
  }

  #read(chunk: Buffer): void {
    if (!this.#inBody) {
      this.#head = this.#head.length === 0 ? chunk : Buffer.concat([this.#head, chunk]);
      const end = this.#head.indexOf(HEAD_END);
      if (end === -1) return;
      const text = this.#head.toString('latin1', 0, end);
      const rest = this.#head.subarray(end + HEAD_END.length);
      this.#head = Buffer.alloc(0);
      this.#status = Number(text.slice(9, 12));
      const length = /\r\ncontent-length: *(\d+)/i.exec(text)?.[1];
      this.#chunked = length === undefined && /\r\ntransfer-encoding: *chunked/i.test(text);
      this.#left = Number(length ?? 0);
      this.#bytes = 0;
      this.#inBody = true;
      if (this.#onData) return this.#streams(rest);
      this.#body(rest);
    } else if (this.#onData) this.#onData(chunk);
    else this.#body(chunk);
  }

  #streams(rest: Buffer): void {
    this.#settle();
    if (rest.length > 0) this.#onData?.(rest);
  }

  #body(chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#chunked) {
      if (chunk.length >= LAST_CHUNK.length && chunk.subarray(-LAST_CHUNK.length).equals(LAST_CHUNK))
        this.#done();
      return;
    }
    this.#left -= chunk.length;
    if (this.#left <= 0) this.#done();
  }

  #done(): void {
    this.#inBody = false;
    this.#settle();
  }

  #settle(): void {
    const pending = this.#pending;
    this.#pending = undefined;
    pending?.resolve({ status: this.#status, bytes: this.#bytes });
  }
}
