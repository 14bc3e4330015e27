import type { Clock, Timer } from '../../../platform/clock.ts';
import type { Logger } from '../../../platform/logger.ts';
import type { EtcdClient } from './etcd-client.ts';

/**
 * Cuts etcd's history behind what all servers have had time to see. Of several servers one does it each
 * time: whoever moves the version of a key on (k8s apiserver/pkg/storage/etcd3/compact.go).
 */
export class Compactor {
  readonly #client: EtcdClient;
  readonly #key: Buffer;
  readonly #everyMs: number;
  readonly #clock: Clock;
  readonly #logger: Logger;
  #timer: Timer | undefined;
  #version = 0;
  /** As it was the last time: history is kept for one interval at least. */
  #revision = 0;

  constructor(
    client: EtcdClient,
    key: string,
    everyMs: number,
    { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
  ) {
    this.#client = client;
    this.#key = Buffer.from(key);
    this.#everyMs = everyMs;
    this.#clock = clock;
    this.#logger = logger;
  }

  start(): void {
    this.#timer = this.#clock.setTimeout(() => {
      this.#compact()
        .catch((error) => this.#logger.warn({ error: String(error) }, 'etcd was not compacted'))
        .finally(() => this.#timer && this.start());
    }, this.#everyMs);
  }

  stop(): void {
    this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  async #compact(): Promise<void> {
    const key = this.#key;
    const { succeeded, header, responses } = await this.#client.txn({
      compare: [{ target: 'VERSION', key, version: this.#version }],
      success: [{ request_put: { key, value: Buffer.from(String(this.#revision)) } }],
      failure: [{ request_range: { key } }],
    });
    const before = this.#revision;
    this.#revision = header.revision;
    if (!succeeded) {
      this.#version = responses[0]?.response_range?.kvs[0]?.version ?? 0;
      return;
    }
    this.#version++;
    if (before > 0) await this.#client.compact(before);
  }
}
