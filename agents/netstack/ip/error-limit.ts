import type { Netns } from '../netns.ts';

/** Errors sent per second (icmp_ratelimit's token bucket, coarser). */
const ERRORS_PER_SECOND = 1000;

/** Bounds how many errors a namespace sends. */
export class ErrorLimit {
  readonly #ns: Netns;
  #windowStart = 0;
  #sentInWindow = 0;

  constructor(ns: Netns) {
    this.#ns = ns;
  }

  /** Whether one more may be sent now. */
  take(): boolean {
    const { now } = this.#ns.softirq;
    if (now - this.#windowStart >= 1000) {
      this.#windowStart = now;
      this.#sentInWindow = 0;
    }
    return this.#sentInWindow++ < ERRORS_PER_SECOND;
  }
}
