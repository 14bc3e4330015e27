import { type ApiServer, type ApiServerOptions, createApiServer } from '../../apiserver/create-api-server.ts';
import type { Status } from '../../apiserver/errors.ts';
import { silentLogger } from '../../platform/logger.ts';
import { seededRng } from '../../platform/rng.ts';
import { VirtualClock } from '../../platform/virtual-clock.ts';

/** An answer with its body read as JSON. */
export interface Answer<T> {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: T;
}

export interface CallOptions {
  readonly contentType?: string;
  readonly accept?: string;
  readonly userAgent?: string;
  readonly ifNoneMatch?: string;
  readonly user?: { readonly name: string; readonly groups: readonly string[] };
  /** Sent as it is, instead of a JSON body. */
  readonly bytes?: Uint8Array;
}

/** An object of any kind, as tests look at it. */
export interface Anything {
  // biome-ignore lint/suspicious/noExplicitAny: tests read whatever the server answers
  [field: string]: any;
}

export const ADMIN = { name: 'admin', groups: ['system:masters'] } as const;

/** An API server on a virtual clock, without a transport. */
export class ApiHarness {
  readonly clock: VirtualClock;
  readonly server: ApiServer;

  private constructor(clock: VirtualClock, server: ApiServer) {
    this.clock = clock;
    this.server = server;
  }

  static async start(options: Partial<ApiServerOptions> = {}): Promise<ApiHarness> {
    const clock = new VirtualClock();
    const server = await createApiServer({ clock, rng: seededRng(7), logger: silentLogger, ...options });
    return new ApiHarness(clock, server);
  }

  async call<T = Anything>(
    method: string,
    url: string,
    body?: unknown,
    options: CallOptions = {},
  ): Promise<Answer<T>> {
    const bytes = options.bytes ?? (body === undefined ? undefined : Buffer.from(JSON.stringify(body)));
    const response = await this.server.handle({
      method,
      url,
      user: options.user ?? ADMIN,
      headers: {
        'content-type': options.contentType ?? 'application/json',
        ...(options.accept === undefined ? {} : { accept: options.accept }),
        ...(options.ifNoneMatch === undefined ? {} : { 'if-none-match': options.ifNoneMatch }),
        ...(options.userAgent === undefined ? {} : { 'user-agent': options.userAgent }),
      },
      ...(bytes === undefined ? {} : { body: bytes }),
    });
    const text = Buffer.from(response.body as Uint8Array).toString();
    const isJson = text.startsWith('{');
    return { ...response, body: (isJson ? JSON.parse(text) : text) as T };
  }

  /** A call that must succeed; its body. */
  async ok<T = Anything>(method: string, url: string, body?: unknown, options?: CallOptions): Promise<T> {
    const answer = await this.call<T>(method, url, body, options);
    if (answer.status >= 300) throw new Error(`${method} ${url}: ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  /** A call that must fail; its Status. */
  async fails(method: string, url: string, body?: unknown, options?: CallOptions): Promise<Status> {
    const answer = await this.call<Status>(method, url, body, options);
    if (answer.status < 400) throw new Error(`${method} ${url} succeeded`);
    if (answer.body.code !== answer.status)
      throw new Error(`code ${answer.body.code} under ${answer.status}`);
    return answer.body;
  }

  patch(url: string, type: 'merge' | 'strategic' | 'json', body: unknown): Promise<Anything> {
    const contentType = {
      merge: 'application/merge-patch+json',
      strategic: 'application/strategic-merge-patch+json',
      json: 'application/json-patch+json',
    }[type];
    return this.ok('PATCH', url, body, { contentType });
  }

  async watch(url: string, options: CallOptions = {}): Promise<WatchProbe> {
    const abort = new AbortController();
    const response = await this.server.handle({
      method: 'GET',
      url,
      user: options.user ?? ADMIN,
      headers: options.accept === undefined ? {} : { accept: options.accept },
      signal: abort.signal,
    });
    if (response.body instanceof Uint8Array) throw new Error(Buffer.from(response.body).toString());
    return new WatchProbe(response.body, abort);
  }

  close(): Promise<void> {
    return this.server.close();
  }
}

/** Collects a watch's events. */
export class WatchProbe {
  readonly events: { readonly type: string; readonly object: Anything }[] = [];
  /** Resolves when the stream ends. */
  readonly ended: Promise<void>;
  readonly #abort: AbortController;
  #wake: () => void = () => {};

  constructor(body: AsyncIterable<Uint8Array>, abort: AbortController) {
    this.#abort = abort;
    this.ended = this.#read(body);
  }

  /** The first `count` events, when there are as many. */
  async first(count: number): Promise<{ readonly type: string; readonly object: Anything }[]> {
    while (this.events.length < count) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.events.slice(0, count);
  }

  /** `ADDED a`, `MODIFIED a`, … of the first `count` events. */
  async summary(count: number): Promise<string[]> {
    const events = await this.first(count);
    return events.map(({ type, object }) => `${type} ${object.metadata?.name ?? object.reason ?? ''}`.trim());
  }

  stop(): void {
    this.#abort.abort();
  }

  async #read(body: AsyncIterable<Uint8Array>): Promise<void> {
    for await (const chunk of body) {
      for (const line of Buffer.from(chunk).toString().split('\n')) {
        if (line !== '') this.events.push(JSON.parse(line) as { type: string; object: Anything });
      }
      this.#wake();
    }
    this.#wake();
  }
}
