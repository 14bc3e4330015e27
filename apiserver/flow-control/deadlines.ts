import type { Clock, Timer } from '../../platform/clock.ts';

interface Deadline {
  readonly at: number;
  readonly expire: () => void;
}

/** How late a deadline may be noticed. */
const EVERY_MS = 250;

/** Many deadlines behind one timer: a request costs no timer of its own. */
export class Deadlines {
  readonly #clock: Clock;
  readonly #pending = new Set<Deadline>();
  #timer: Timer | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** What `work` comes to, or `late()` if that takes longer. */
  within<T>(milliseconds: number, work: Promise<T>, late: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      const deadline = { at: this.#clock.now() + milliseconds, expire: () => resolve(late()) };
      this.#pending.add(deadline);
      this.#watch();
      work.then(
        (value) => {
          this.#pending.delete(deadline);
          resolve(value);
        },
        (error) => {
          this.#pending.delete(deadline);
          reject(error);
        },
      );
    });
  }

  close(): void {
    this.#clock.clearTimeout(this.#timer);
    this.#pending.clear();
  }

  #watch(): void {
    this.#timer ??= this.#clock.setTimeout(() => {
      this.#timer = undefined;
      const now = this.#clock.now();
      for (const deadline of this.#pending) {
        if (deadline.at > now) continue;
        this.#pending.delete(deadline);
        deadline.expire();
      }
      if (this.#pending.size > 0) this.#watch();
    }, EVERY_MS);
  }
}
