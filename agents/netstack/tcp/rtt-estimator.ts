const MAX_RTO_MS = 120_000;
const INITIAL_RTO_MS = 1000;

/** The retransmission time-out (RFC 6298); what is added for variation has a least value, as in Linux (tcp_set_rto). */
export class RttEstimator {
  readonly #leastMargin: () => number;
  #smoothed: number | undefined;
  #variation = 0;
  #base = INITIAL_RTO_MS;
  #backoff = 0;

  constructor(leastMargin: () => number) {
    this.#leastMargin = leastMargin;
  }

  get rto(): number {
    return Math.min(this.#base * 2 ** this.#backoff, MAX_RTO_MS);
  }

  get smoothed(): number | undefined {
    return this.#smoothed;
  }

  /** §2; only for segments sent once (Karn's algorithm, §3). */
  sample(milliseconds: number): void {
    if (this.#smoothed === undefined) {
      this.#smoothed = milliseconds;
      this.#variation = milliseconds / 2;
    } else {
      this.#variation = 0.75 * this.#variation + 0.25 * Math.abs(this.#smoothed - milliseconds);
      this.#smoothed = 0.875 * this.#smoothed + 0.125 * milliseconds;
    }
    this.#base = this.#smoothed + Math.max(this.#leastMargin(), 4 * this.#variation);
  }

  /** §5.5. */
  backOff(): void {
    this.#backoff = Math.min(this.#backoff + 1, 16);
  }

  /** New data was acknowledged. */
  progress(): void {
    this.#backoff = 0;
  }
}
