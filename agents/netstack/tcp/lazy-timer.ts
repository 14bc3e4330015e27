import type { NetClock } from '../environment.ts';

/**
 * A timer that is moved far more often than it fires: moving it later costs two assignments, the clock's own
 * timer finds out when it goes off.
 */
export class LazyTimer {
  readonly #clock: NetClock;
  readonly #expire: () => void;
  #deadline = Number.POSITIVE_INFINITY;
  #armedFor = Number.POSITIVE_INFINITY;
  #timer: unknown;

  constructor(clock: NetClock, expire: () => void) {
    this.#clock = clock;
    this.#expire = expire;
  }

  get pending(): boolean {
    return this.#deadline !== Number.POSITIVE_INFINITY;
  }

  /** Milliseconds until it fires; Infinity if it will not. */
  get remaining(): number {
    return this.#deadline - this.#clock.now();
  }

  start(milliseconds: number): void {
    this.#deadline = this.#clock.now() + milliseconds;
    if (this.#deadline < this.#armedFor) this.#arm();
  }

  /** Leaves the clock's timer to run out, so that starting again is cheap. */
  stop(): void {
    this.#deadline = Number.POSITIVE_INFINITY;
  }

  /** Gives the clock's timer back too. */
  dispose(): void {
    this.stop();
    this.#clock.clearTimeout(this.#timer);
    this.#armedFor = Number.POSITIVE_INFINITY;
  }

  #arm(): void {
    this.#clock.clearTimeout(this.#timer);
    this.#armedFor = this.#deadline;
    this.#timer = this.#clock.setTimeout(this.#fire, Math.max(0, this.#deadline - this.#clock.now()));
  }

  readonly #fire = (): void => {
    this.#armedFor = Number.POSITIVE_INFINITY;
    if (!this.pending) return;
    if (this.#deadline > this.#clock.now()) return this.#arm();
    this.#deadline = Number.POSITIVE_INFINITY;
    this.#expire();
  };
}
