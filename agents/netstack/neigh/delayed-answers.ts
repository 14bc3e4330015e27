import type { Link } from '../link/link.ts';
import type { Netns } from '../netns.ts';

/** Who answers for others waits a little, so that the host itself is heard first (RFC 4861 §7.2.8; pneigh_enqueue). */
export class DelayedAnswers {
  readonly #ns: Netns;
  readonly #timers = new Map<unknown, Link>();

  constructor(ns: Netns) {
    this.#ns = ns;
  }

  /** At most `limit` wait at a time; a further one is not given. */
  add(link: Link, delayMs: number, limit: number, answer: () => void): void {
    if (this.#timers.size > limit) return;
    const timer = this.#ns.clock.setTimeout(() => {
      this.#timers.delete(timer);
      answer();
    }, this.#ns.rng.int(delayMs));
    this.#timers.set(timer, link);
  }

  removeLink(link: Link): void {
    for (const [timer, of] of this.#timers) {
      if (of !== link) continue;
      this.#ns.clock.clearTimeout(timer);
      this.#timers.delete(timer);
    }
  }
}
