import { discoverOthers } from '../../client/discover.ts';
import { Informer, type InformerHandler } from '../../client/informer.ts';
import type { RestClient } from '../../client/rest-client.ts';
import type { OwnerReference } from '../../openapi/generated/types.ts';
import { groupVersion, type ResourceDefinition } from '../../openapi/resources.ts';
import { type Clock, sleep } from '../../platform/clock.ts';
import type { Logger } from '../../platform/logger.ts';
import type { Rng } from '../../platform/rng.ts';

interface CustomInformersOptions {
  readonly client: RestClient;
  readonly clock: Clock;
  readonly rng: Rng;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  readonly handlerOf: (resource: ResourceDefinition) => InformerHandler<unknown>;
}

interface Running {
  readonly resource: ResourceDefinition;
  readonly abort: AbortController;
}

const RETRY_MS = 1000;

/** Follows the objects of resources that come and go: one informer for each that the server has now. */
export class CustomInformers {
  readonly #options: CustomInformersOptions;
  readonly #running = new Map<string, Running>();
  #isLooking = false;
  #isStale = false;

  constructor(options: CustomInformersOptions) {
    this.#options = options;
  }

  /** Asks the server what it has. Calls while it is being asked lead to one more question. */
  refresh(): void {
    this.#isStale = true;
    if (!this.#isLooking) void this.#look();
  }

  /** The resource of an owner, whatever version it is named in. */
  find({ apiVersion = '', kind }: OwnerReference): ResourceDefinition | undefined {
    const group = apiVersion.split('/', 1)[0];
    for (const { resource } of this.#running.values()) {
      if (resource.group === group && resource.kind === kind) return resource;
    }
    return undefined;
  }

  async #look(): Promise<void> {
    const { client, clock, logger, signal } = this.#options;
    this.#isLooking = true;
    while (this.#isStale && !signal.aborted) {
      this.#isStale = false;
      try {
        this.#follow(await discoverOthers(client));
      } catch (error) {
        this.#isStale = true;
        logger.warn({ error: String(error) }, 'custom resources cannot be discovered');
        await sleep(clock, RETRY_MS, signal).catch(() => {});
      }
    }
    this.#isLooking = false;
  }

  #follow(resources: readonly ResourceDefinition[]): void {
    const wanted = new Map(resources.filter(isWatchable).map((each) => [keyOf(each), each] as const));
    for (const [key, { abort }] of this.#running) {
      if (wanted.has(key)) continue;
      abort.abort();
      this.#running.delete(key);
    }
    for (const [key, resource] of wanted) {
      if (!this.#running.has(key)) this.#running.set(key, this.#run(resource));
    }
  }

  #run(resource: ResourceDefinition): Running {
    const { client, clock, rng, logger, signal, handlerOf } = this.#options;
    const abort = new AbortController();
    const informer = new Informer({ client, clock, rng, logger, resource });
    const handler = handlerOf(resource);
    informer.addHandler(handler);
    void informer.run(AbortSignal.any([signal, abort.signal])).then(() => {
      // A resource that goes takes its objects along, seen or not.
      if (!signal.aborted) for (const object of informer.store.values()) handler.onDelete?.(object);
    });
    return { resource, abort };
  }
}

function isWatchable({ verbs }: ResourceDefinition): boolean {
  return verbs.includes('watch') && verbs.includes('list');
}

/** Another kind under an old name is another resource. */
function keyOf(resource: ResourceDefinition): string {
  return `${groupVersion(resource)} ${resource.resource} ${resource.kind}`;
}
