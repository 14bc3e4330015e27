import type { Netns } from '../netns.ts';

/** A token bucket (net/netfilter/xt_limit.c): one token each `costMs` milliseconds, at most `burst` of them. */
export class TokenBucket {
  readonly #ns: Netns;
  readonly #cost: number;
  readonly #full: number;
  #credit: number;
  #last: number;

  constructor(ns: Netns, costMs: number, burst: number) {
    this.#ns = ns;
    this.#cost = costMs;
    this.#full = costMs * burst;
    this.#credit = this.#full;
    this.#last = ns.softirq.now;
  }

  /** Whether there was a token. */
  take(): boolean {
    const { now } = this.#ns.softirq;
    this.#credit = Math.min(this.#full, this.#credit + now - this.#last);
    this.#last = now;
    if (this.#credit < this.#cost) return false;
    this.#credit -= this.#cost;
    return true;
  }
}
