/** What one object may cost: some hundred milliseconds, whatever its schema is. */
const MAX_STEPS = 10_000_000;

/**
 * Counts the work that is done for one object. Schemas and objects are users': together they can ask for more
 * than anybody should wait for.
 */
export class Budget {
  #left: number;

  constructor(steps = MAX_STEPS) {
    this.#left = steps;
  }

  /** False when there is nothing left. */
  spend(steps: number): boolean {
    this.#left -= steps;
    return this.#left >= 0;
  }

  get isSpent(): boolean {
    return this.#left < 0;
  }
}
