import PQueue from 'p-queue';
import type { Registry } from 'prom-client';
import type { Clock, Timer } from '../platform/clock.ts';
import type { Logger } from '../platform/logger.ts';
import { isConflict } from './api-error.ts';
import { createWorkQueueMetrics, type WorkQueueMetrics } from './work-queue-metrics.ts';

/** What a reconcile asks for when it succeeded: nothing, or to be called again after a while. */
export type ReconcileResult = { readonly requeueAfterMs: number } | undefined;

export interface WorkQueueOptions {
  /** Label of the metrics and log lines. */
  readonly name: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics?: Registry;
  /** How many keys may be worked on at once; one by default. */
  readonly concurrency?: number;
  /** Brings one key's object to its desired state. Throwing means: again, later. */
  // biome-ignore lint/suspicious/noConfusingVoidType: a reconcile that has nothing to say need not return.
  readonly reconcile: (key: string) => Promise<ReconcileResult | void>;
}

const FIRST_BACKOFF_MS = 5;
/** Short enough that a node whose API server was away is not taken for dead when it comes back. */
const LONGEST_BACKOFF_MS = 10_000;

/**
 * A queue of keys. Promises: a key waits at most once however often it is added; a key is never worked on
 * twice at the same time; a key added while it is worked on is worked on again afterwards; a key whose
 * reconcile throws comes back after an exponential delay. Its size is bounded by the number of live keys.
 */
export class WorkQueue {
  readonly #options: WorkQueueOptions;
  readonly #queue: PQueue;
  readonly #metrics: WorkQueueMetrics | undefined;
  /** Keys that wait, with the time they were added. */
  readonly #waiting = new Map<string, number>();
  readonly #working = new Set<string>();
  /** Keys added while they were worked on. */
  readonly #dirty = new Set<string>();
  readonly #failures = new Map<string, number>();
  readonly #delayed = new Map<string, { timer: Timer; due: number }>();
  #stopped = false;

  constructor(options: WorkQueueOptions) {
    this.#options = options;
    this.#queue = new PQueue({ concurrency: options.concurrency ?? 1 });
    this.#metrics = options.metrics && createWorkQueueMetrics(options.metrics, options.name);
  }

  /** Keys that wait now. */
  get depth(): number {
    return this.#waiting.size;
  }

  /** Whether nothing waits and nothing is worked on; delayed keys do not count. */
  get idle(): boolean {
    return this.#waiting.size === 0 && this.#working.size === 0;
  }

  add(key: string): void {
    if (this.#stopped || this.#waiting.has(key)) return;
    this.#metrics?.adds.inc();
    if (this.#working.has(key)) {
      this.#dirty.add(key);
      return;
    }
    this.#waiting.set(key, this.#options.clock.now());
    this.#metrics?.depth.set(this.#waiting.size);
    void this.#queue.add(() => this.#work(key));
  }

  /** Adds a key after a delay; of several delays for one key the earliest counts. */
  addAfter(key: string, milliseconds: number): void {
    if (this.#stopped) return;
    const due = this.#options.clock.now() + milliseconds;
    const pending = this.#delayed.get(key);
    if (pending && pending.due <= due) return;
    this.#options.clock.clearTimeout(pending?.timer);
    const timer = this.#options.clock.setTimeout(() => {
      this.#delayed.delete(key);
      this.add(key);
    }, milliseconds);
    this.#delayed.set(key, { timer, due });
  }

  /** Takes no more keys and resolves when the keys being worked on are done. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const { timer } of this.#delayed.values()) this.#options.clock.clearTimeout(timer);
    this.#delayed.clear();
    this.#queue.clear();
    this.#waiting.clear();
    await this.#queue.onIdle();
  }

  async #work(key: string): Promise<void> {
    // A key that is added again in the same turn is the same piece of work.
    await Promise.resolve();
    const { clock } = this.#options;
    const started = clock.now();
    this.#metrics?.queueSeconds.observe((started - (this.#waiting.get(key) ?? started)) / 1000);
    this.#waiting.delete(key);
    this.#metrics?.depth.set(this.#waiting.size);
    this.#working.add(key);
    try {
      const result = await this.#options.reconcile(key);
      this.#failures.delete(key);
      if (result) this.addAfter(key, result.requeueAfterMs);
    } catch (error) {
      this.#retry(key, error);
    } finally {
      this.#metrics?.workSeconds.observe((clock.now() - started) / 1000);
      this.#working.delete(key);
      if (this.#dirty.delete(key)) this.add(key);
    }
  }

  #retry(key: string, error: unknown): void {
    if (this.#stopped) return;
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    this.#metrics?.retries.inc();
    const delay = Math.min(FIRST_BACKOFF_MS * 2 ** failures, LONGEST_BACKOFF_MS);
    const level = isConflict(error) ? 'debug' : 'warn';
    this.#options.logger[level](
      { queue: this.#options.name, key, error: String(error), retryInMs: delay },
      'reconcile failed',
    );
    this.addAfter(key, delay);
  }
}
