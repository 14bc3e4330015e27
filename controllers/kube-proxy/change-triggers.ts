/** Far more than nodes lag behind. */
const KEPT = 1024;

/** When the changes were made that rules follow: for how long it takes until nodes have them. */
export class ChangeTriggers {
  /** Milliseconds; the newest last. */
  #times: number[] = [];
  /** How many there ever were. */
  latest = 0;

  add(time: number): void {
    this.latest++;
    this.#times.push(time);
    if (this.#times.length > 2 * KEPT) this.#times = this.#times.slice(-KEPT);
  }

  /** Those after the first `seen`. */
  since(seen: number): readonly number[] {
    const count = Math.min(this.latest - seen, this.#times.length);
    return count > 0 ? this.#times.slice(-count) : [];
  }
}
