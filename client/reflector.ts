import type { ResourceDefinition, ResourceObject } from '../openapi/resources.ts';
import { type Clock, sleep } from '../platform/clock.ts';
import type { Logger } from '../platform/logger.ts';
import type { Rng } from '../platform/rng.ts';
import { ApiError, isExpired } from './api-error.ts';
import type { RestClient, WatchEvent } from './rest-client.ts';

/** Where a reflector puts what it sees. */
export interface ReflectorSink<T> {
  /** The whole state, after each list. */
  replace(items: readonly T[]): void;
  apply(type: 'ADDED' | 'MODIFIED' | 'DELETED', object: T): void;
}

export interface ReflectorOptions<R extends ResourceDefinition> {
  readonly client: RestClient;
  readonly resource: R;
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly logger: Logger;
  readonly sink: ReflectorSink<ResourceObject<R>>;
}

const FIRST_BACKOFF_MS = 25;
const LONGEST_BACKOFF_MS = 5_000;
const SHORTEST_WATCH_SECONDS = 300;

/**
 * Keeps a sink equal to a collection: list, then watch from the list's revision; a watch that ends resumes
 * from the last revision seen (bookmarks included); when history is gone (410) it lists again. A server that
 * cannot be reached is retried with exponential back-off and jitter for as long as it takes.
 * (k8s client-go tools/cache/reflector.go)
 */
export class Reflector<R extends ResourceDefinition> {
  readonly #options: ReflectorOptions<R>;
  #revision: string | undefined;
  #failures = 0;

  constructor(options: ReflectorOptions<R>) {
    this.#options = options;
  }

  /** Runs until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        if (this.#revision === undefined) await this.#list(signal);
        await this.#watch(signal);
      } catch (error) {
        if (signal.aborted) return;
        await this.#recover(error, signal);
      }
    }
  }

  async #list(signal: AbortSignal): Promise<void> {
    const { client, resource, namespace, labelSelector, fieldSelector, sink } = this.#options;
    const list = await client.list(resource, {
      namespace,
      labelSelector,
      fieldSelector,
      resourceVersion: '0',
      signal,
    });
    sink.replace(list.items);
    this.#revision = list.metadata.resourceVersion;
    this.#failures = 0;
  }

  async #watch(signal: AbortSignal): Promise<void> {
    const { client, resource, namespace, labelSelector, fieldSelector, rng } = this.#options;
    const events = client.watch(resource, {
      namespace,
      labelSelector,
      fieldSelector,
      resourceVersion: this.#revision,
      timeoutSeconds: SHORTEST_WATCH_SECONDS + rng.int(SHORTEST_WATCH_SECONDS),
      signal,
    });
    for await (const event of events) {
      this.#observe(event);
      this.#failures = 0;
    }
  }

  #observe(event: WatchEvent<ResourceObject<R>>): void {
    if (event.type === 'ERROR') throw new ApiError(event.object.code ?? 500, event.object);
    if (event.type !== 'BOOKMARK') this.#options.sink.apply(event.type, event.object);
    const { metadata } = event.object as { metadata?: { resourceVersion?: string } };
    if (metadata?.resourceVersion) this.#revision = metadata.resourceVersion;
  }

  async #recover(error: unknown, signal: AbortSignal): Promise<void> {
    if (isExpired(error)) {
      this.#revision = undefined;
      return;
    }
    const { clock, rng, logger, resource } = this.#options;
    const backoff = Math.min(FIRST_BACKOFF_MS * 1.5 ** this.#failures++, LONGEST_BACKOFF_MS);
    const level = this.#failures > 10 ? 'warn' : 'debug';
    logger[level](
      { resource: resource.resource, error: String(error), retryInMs: backoff },
      'watch interrupted',
    );
    await sleep(clock, backoff * (0.5 + rng.float()), signal).catch(() => {});
  }
}
