import type { RestClient } from '../client/rest-client.ts';
import { type ResourceDefinition, storedResources } from '../openapi/resources.ts';
import type { Clock } from '../platform/clock.ts';

/** One change in the API. */
export interface TraceEntry {
  /** Virtual time, in milliseconds since the Unix epoch. */
  readonly time: number;
  readonly type: string;
  /** `pods/default/web-1`. */
  readonly object: string;
  readonly resourceVersion: string;
}

/** Records every change of every resource as it happens; two runs are equal if their traces are. */
export class EventTrace {
  readonly entries: TraceEntry[] = [];
  readonly #clock: Clock;
  readonly #client: RestClient;
  readonly #signal: AbortSignal;

  constructor(clock: Clock, client: RestClient, signal: AbortSignal) {
    this.#clock = clock;
    this.#client = client.metadataOnly();
    this.#signal = signal;
  }

  start(): void {
    for (const resource of storedResources) void this.#follow(resource);
  }

  /** A watch that ends is resumed from the last revision it saw. */
  async #follow(resource: ResourceDefinition): Promise<void> {
    let resourceVersion: string | undefined;
    while (!this.#signal.aborted) {
      try {
        for await (const event of this.#client.watch(resource, { resourceVersion, signal: this.#signal })) {
          if (event.type === 'ERROR') throw new Error(event.object.message);
          const { metadata } = event.object as {
            metadata: { namespace?: string; name?: string; resourceVersion?: string };
          };
          resourceVersion = metadata.resourceVersion;
          if (event.type === 'BOOKMARK') continue;
          this.entries.push({
            time: this.#clock.now(),
            type: event.type,
            object: [resource.resource, metadata.namespace, metadata.name].filter(Boolean).join('/'),
            resourceVersion: metadata.resourceVersion ?? '',
          });
        }
      } catch (error) {
        if (!this.#signal.aborted) throw error;
      }
    }
  }
}
