import type { ApiResponse } from '../../platform/api-transport.ts';
import { systemClock } from '../../platform/clock.ts';
import { parseDuration } from '../../platform/duration.ts';
import type { ApiServer, UserRequest } from '../create-api-server.ts';
import { errors, StatusError } from '../errors.ts';
import { statusAnswer } from '../respond/answer.ts';
import { Deadlines } from './deadlines.ts';
import { FairQueue } from './fair-queue.ts';

/** What a server does at the same time, and how long it takes over one request. */
export interface RequestLimits {
  readonly inFlight: number;
  readonly queuedPerUser: number;
  readonly queued: number;
  /** An answer that has not begun by then is 504. */
  readonly requestTimeoutMs: number;
}

/** As many in flight as kube-apiserver's two limits together, and its timeout. */
const DEFAULTS: RequestLimits = {
  inFlight: 600,
  queuedPerUser: 2_000,
  queued: 10_000,
  requestTimeoutMs: 60_000,
};
const QUEUED_BYTES = 256 * 1024 * 1024;
const TURN_MS = 5;
/** Large answers on their way to one user. */
const SENDING_BYTES = 16 * 1024 * 1024;

/** Hands requests to an API server, fairly, and answers for it when it is late or has too much to do. */
export class LimitedHandler {
  readonly #api: ApiServer;
  readonly #queue: FairQueue<ApiResponse>;
  readonly #deadlines = new Deadlines(systemClock);
  readonly #requestTimeoutMs: number;

  constructor(api: ApiServer, limits: Partial<RequestLimits> = {}) {
    const { requestTimeoutMs, ...queue } = { ...DEFAULTS, ...limits };
    this.#api = api;
    this.#requestTimeoutMs = requestTimeoutMs;
    this.#queue = new FairQueue({
      ...queue,
      queuedBytes: QUEUED_BYTES,
      turnMs: TURN_MS,
      sizeOf: ({ body }) => (body instanceof Uint8Array ? body.length : 0),
      sending: SENDING_BYTES,
      now: Date.now,
      defer: setImmediate,
      // Ticks that bring ticks go before promises: only one that a promise brings comes after all of them.
      soon: (action) => queueMicrotask(() => process.nextTick(action)),
    });
  }

  handle(request: UserRequest): Promise<ApiResponse> {
    const { user, body } = request;
    try {
      const work = this.#queue.run(user.name, body?.length ?? 0, () => this.#api.handle(request));
      return this.#deadlines.within(this.#timeoutOf(request), work, () => tooLate(request));
    } catch (error) {
      if (error instanceof StatusError) return Promise.resolve(statusAnswer(error.status));
      throw error;
    }
  }

  /** Undefined for an answer that need not be waited for; else called when it is sent, or cannot be. */
  onSent(response: ApiResponse): (() => void) | undefined {
    return this.#queue.isCounted(response) ? () => this.#queue.sent(response) : undefined;
  }

  close(): void {
    this.#deadlines.close();
  }

  /** A client may ask for less than the server's own timeout, with `timeout=10s`. */
  #timeoutOf({ url }: UserRequest): number {
    if (!url.includes('timeout=')) return this.#requestTimeoutMs;
    const wanted = new URLSearchParams(url.slice(url.indexOf('?') + 1)).get('timeout');
    const milliseconds = durationOrNothing(wanted ?? '');
    return milliseconds === undefined || milliseconds <= 0
      ? this.#requestTimeoutMs
      : Math.min(milliseconds, this.#requestTimeoutMs);
  }
}

function durationOrNothing(text: string): number | undefined {
  try {
    return parseDuration(text);
  } catch {
    return undefined;
  }
}

function tooLate({ method }: UserRequest): ApiResponse {
  const what = method === 'GET' || method === 'HEAD' ? 'request' : 'write';
  return statusAnswer(errors.timeout(`Timeout: ${what} did not complete within the allotted timeout`).status);
}
