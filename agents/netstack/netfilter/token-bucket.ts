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

  /** Whether there were as many tokens. */
  take(tokens = 1): boolean {
    const { now } = this.#ns.softirq;
    this.#credit = Math.min(this.#full, this.#credit + now - this.#last);
    this.#last = now;
    const cost = tokens * this.#cost;
    if (this.#credit < cost) return false;
    this.#credit -= cost;
    return true;
  }
}
