import type { Clock, Timer } from '../../platform/clock.ts';

/** A process's own view of time: what its timers throw is its fault, and they end with it. */
export class ProcessClock implements Clock {
  readonly #clock: Clock;
  readonly #onFault: (error: unknown) => void;
  readonly #timers = new Set<Timer>();

  constructor(clock: Clock, onFault: (error: unknown) => void) {
    this.#clock = clock;
    this.#onFault = onFault;
  }

  now(): number {
    return this.#clock.now();
  }

  setTimeout(callback: () => void, milliseconds: number): Timer {
    const timer = this.#clock.setTimeout(() => {
      this.#timers.delete(timer);
      try {
        callback();
      } catch (error) {
        this.#onFault(error);
      }
    }, milliseconds);
    this.#timers.add(timer);
    return timer;
  }

  clearTimeout(timer: Timer | undefined): void {
    if (timer) this.#timers.delete(timer);
    this.#clock.clearTimeout(timer);
  }

  clearAll(): void {
    for (const timer of this.#timers) this.#clock.clearTimeout(timer);
    this.#timers.clear();
  }
}
