import type { ResourceDefinition } from '../openapi/resources.ts';
import type { Clock } from '../platform/clock.ts';
import type { Logger } from '../platform/logger.ts';
import type { Rng } from '../platform/rng.ts';
import { Informer } from './informer.ts';
import type { RestClient } from './rest-client.ts';

/** Narrows what an informer follows; informers with the same narrowing are shared. */
export interface InformerScope {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}

/** One informer a resource for everyone in a process, so that each object is watched and held once. */
export class InformerFactory {
  readonly #options: { client: RestClient; clock: Clock; rng: Rng; logger: Logger };
  readonly #informers = new Map<string, Informer<ResourceDefinition>>();
  readonly #running = new Set<Promise<void>>();
  #signal: AbortSignal | undefined;

  constructor(options: { client: RestClient; clock: Clock; rng: Rng; logger: Logger }) {
    this.#options = options;
  }

  for<R extends ResourceDefinition>(resource: R, scope: InformerScope = {}): Informer<R> {
    const { namespace, labelSelector, fieldSelector } = scope;
    const key = JSON.stringify([resource.group, resource.resource, namespace, labelSelector, fieldSelector]);
    let informer = this.#informers.get(key);
    if (!informer) {
      informer = new Informer<ResourceDefinition>({ ...this.#options, ...scope, resource });
      this.#informers.set(key, informer);
      if (this.#signal) this.#run(informer, this.#signal);
    }
    return informer as unknown as Informer<R>;
  }

  /** Starts all informers, and those asked for later; resolves when the present ones have synced. */
  async start(signal: AbortSignal): Promise<void> {
    this.#signal = signal;
    for (const informer of this.#informers.values()) this.#run(informer, signal);
    await Promise.all([...this.#informers.values()].map((informer) => informer.synced));
  }

  /** Resolves when every informer has stopped, after the signal of `start` aborted. */
  async stopped(): Promise<void> {
    await Promise.all(this.#running);
  }

  #run(informer: Informer<ResourceDefinition>, signal: AbortSignal): void {
    const run = informer.run(signal).finally(() => this.#running.delete(run));
    this.#running.add(run);
  }
}
