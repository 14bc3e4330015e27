import {
  Client,
  type ClientDuplexStream,
  credentials,
  Metadata,
  type ServiceError,
  status,
} from '@grpc/grpc-js';
import {
  type Answered,
  type Codec,
  codec,
  type RangeResponse,
  type TxnResponse,
  type WatchResponse,
} from './etcd-messages.ts';

export interface EtcdAccess {
  /** URLs; the next one is asked when one does not answer. */
  readonly servers: readonly string[];
  /** PEM. */
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

export type WatchStream = ClientDuplexStream<object, WatchResponse>;

const CALL_MS = 10_000;
const OPTIONS = {
  'grpc.max_receive_message_length': -1,
  'grpc.max_send_message_length': -1,
  // A connection to a machine that went away is noticed.
  'grpc.keepalive_time_ms': 10_000,
  'grpc.keepalive_timeout_ms': 5_000,
  // An etcd that was away for long is back at once: gRPC's own limit is two minutes.
  'grpc.max_reconnect_backoff_ms': 3_000,
} as const;

interface Method<T> {
  readonly path: string;
  readonly request: Codec<object>;
  readonly response: Codec<T>;
}

function method<T>(
  service: string,
  name: string,
  request = `${name}Request`,
  response = `${name}Response`,
): Method<T> {
  return { path: `/etcdserverpb.${service}/${name}`, request: codec(request), response: codec<T>(response) };
}

const RANGE = method<RangeResponse>('KV', 'Range');
const PUT = method<Answered>('KV', 'Put');
const TXN = method<TxnResponse>('KV', 'Txn');
const COMPACT = method<Answered>('KV', 'Compact', 'CompactionRequest', 'CompactionResponse');
const LEASE_GRANT = method<object>('Lease', 'LeaseGrant');
const WATCH = method<WatchResponse>('Watch', 'Watch');

/** The calls to an etcd cluster that storage makes. Rejects with gRPC's ServiceError. */
export class EtcdClient {
  readonly #clients: readonly Client[];
  #current = 0;

  constructor({ servers, ca, cert, key }: EtcdAccess) {
    const pem = (text: string | undefined): Buffer | null => (text === undefined ? null : Buffer.from(text));
    this.#clients = servers.map((server) => {
      const url = new URL(server);
      const secure = url.protocol === 'https:';
      const channel = secure
        ? credentials.createSsl(pem(ca), pem(key), pem(cert))
        : credentials.createInsecure();
      return new Client(`${url.hostname}:${url.port || '2379'}`, channel, OPTIONS);
    });
  }

  range(request: object): Promise<RangeResponse> {
    return this.#call(RANGE, request);
  }

  put(request: object): Promise<Answered> {
    return this.#call(PUT, request);
  }

  /** Not sent again when its answer is lost: it may have been carried out. */
  txn(request: object): Promise<TxnResponse> {
    return this.#call(TXN, request);
  }

  compact(revision: number): Promise<Answered> {
    return this.#call(COMPACT, { revision });
  }

  async grantLease(id: number, seconds: number): Promise<void> {
    await this.#call(LEASE_GRANT, { TTL: seconds, ID: id });
  }

  /** Ends also when the member it is with has lost the others, instead of falling silent. */
  watch(): WatchStream {
    const client = this.#client;
    const metadata = new Metadata();
    metadata.set('hasleader', 'true');
    const stream = client.makeBidiStreamRequest<object, WatchResponse>(
      WATCH.path,
      WATCH.request.encode,
      (bytes) => WATCH.response.decode(bytes),
      metadata,
    );
    return stream.on('error', (error: ServiceError) => this.#failed(client, error));
  }

  close(): void {
    for (const client of this.#clients) client.close();
  }

  get #client(): Client {
    return this.#clients[this.#current % this.#clients.length]!;
  }

  /** Of many calls that fail together, one turns to the next server. */
  #failed(client: Client, { code }: ServiceError): void {
    if (code === status.UNAVAILABLE && client === this.#client) this.#current++;
  }

  #call<T>({ path, request, response }: Method<T>, message: object): Promise<T> {
    return new Promise((resolve, reject) => {
      const decode = (bytes: Buffer): T => response.decode(bytes);
      const deadline = Date.now() + CALL_MS;
      const client = this.#client;
      client.makeUnaryRequest<object, T>(
        path,
        request.encode,
        decode,
        message,
        { deadline },
        (error, answer) => {
          if (error) this.#failed(client, error);
          if (error || answer === undefined) reject(error ?? new Error('etcd sent no answer'));
          else resolve(answer);
        },
      );
    });
  }
}

export function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && typeof (error as ServiceError).code === 'number';
}
