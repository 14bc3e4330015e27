import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from 'node:http2';
import type { ApiRequest, ApiResponse, ApiTransport } from '../platform/api-transport.ts';
import type { Clock } from '../platform/clock.ts';
import type { ClusterAccess } from './kubeconfig.ts';

/** A streamed body (a watch) holds this much for a slow reader before the server is made to wait. */
const RECEIVE_WINDOW_BYTES = 4 * 1024 * 1024;
/** A silent connection is probed, because a watch may rightly be silent for minutes. */
const PING_EVERY_MS = 15_000;

/**
 * One TLS connection with HTTP/2 to an API server, opened when first used and again after it broke.
 * All requests and watches of a process share it.
 */
export class Http2Transport implements ApiTransport {
  readonly #access: ClusterAccess;
  #session: ClientHttp2Session | undefined;

  readonly #clock: Clock;

  constructor(access: ClusterAccess, clock: Clock) {
    this.#access = access;
    this.#clock = clock;
  }

  request(request: ApiRequest): Promise<ApiResponse> {
    return new Promise((resolve, reject) => {
      const stream = this.#open(request);
      const abort = () => stream.close(constants.NGHTTP2_CANCEL);
      request.signal?.addEventListener('abort', abort, { once: true });
      stream.once('close', () => {
        request.signal?.removeEventListener('abort', abort);
        reject(request.signal?.aborted ? request.signal.reason : new Error('the connection was closed'));
      });
      stream.once('error', reject);
      stream.once('response', (headers) => {
        resolve({ status: headers[':status'] ?? 0, headers: textHeaders(headers), body: stream });
      });
      if (request.body !== undefined) stream.end(request.body);
      if (request.signal?.aborted) abort();
    });
  }

  close(): void {
    this.#session?.destroy();
    this.#session = undefined;
  }

  #open(request: ApiRequest): ClientHttp2Stream {
    const { token } = this.#access;
    const headers = {
      ...request.headers,
      ':method': request.method,
      ':path': request.url,
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    };
    // Node would otherwise take it for granted that a DELETE has no body.
    return this.#connected().request(headers, { endStream: request.body === undefined });
  }

  #connected(): ClientHttp2Session {
    if (this.#session && !this.#session.closed && !this.#session.destroyed) return this.#session;
    const { server, ca, cert, key } = this.#access;
    const session = connect(server, {
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
      settings: { initialWindowSize: RECEIVE_WINDOW_BYTES, enablePush: false },
    });
    const forget = () => {
      if (this.#session === session) this.#session = undefined;
    };
    // Every pending request is told of the failure by its own stream.
    session.on('error', forget);
    session.on('goaway', forget);
    session.on('close', forget);
    session.on('connect', () => session.setLocalWindowSize(RECEIVE_WINDOW_BYTES));
    this.#probe(session);
    this.#session = session;
    return session;
  }

  /** Destroys a connection whose peer has gone without a word. */
  #probe(session: ClientHttp2Session): void {
    let answered = true;
    const probe = (): void => {
      if (session.closed || session.destroyed) return;
      if (!answered) return session.destroy(new Error('the API server does not answer'));
      answered = session.connecting;
      if (!session.connecting) {
        session.ping(() => {
          answered = true;
        });
      }
      timer = this.#clock.setTimeout(probe, PING_EVERY_MS);
    };
    let timer = this.#clock.setTimeout(probe, PING_EVERY_MS);
    session.once('close', () => this.#clock.clearTimeout(timer));
  }
}

function textHeaders(headers: object): Record<string, string> {
  const pairs = Object.entries(headers).filter(([name]) => !name.startsWith(':'));
  return Object.fromEntries(pairs.map(([name, value]) => [name, String(value)]));
}
