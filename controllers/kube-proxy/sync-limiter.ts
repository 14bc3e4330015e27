const BURST = 2;

/** How often a node may be written to: a second time at once, then no more than once a period (BoundedFrequencyRunner). */
export class SyncLimiter {
  readonly #periodMs: number;
  #left = BURST;
  #since = 0;

  constructor(periodMs: number) {
    this.#periodMs = periodMs;
  }

  /** 0: now, which is taken; otherwise how many milliseconds later to ask again. */
  take(now: number): number {
    if (this.#periodMs === 0) return 0;
    const earned = (now - this.#since) / this.#periodMs;
    this.#left = Math.min(BURST, this.#left + earned);
    this.#since = now;
    if (this.#left < 1) return Math.ceil((1 - this.#left) * this.#periodMs);
    this.#left--;
    return 0;
  }
}
