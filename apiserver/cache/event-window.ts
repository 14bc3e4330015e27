import type { CacheEvent } from './cache-event.ts';

/** A bounded history of one resource's events, ordered by revision. */
export class EventWindow {
  readonly #events: (CacheEvent | undefined)[] = [];
  readonly #capacity: number;
  /** Where the oldest event is in the ring. */
  #head = 0;
  #size = 0;
  /** Every event after this revision is here. */
  #completeAfter: number;

  constructor(capacity: number, completeAfter: number) {
    this.#capacity = capacity;
    this.#completeAfter = completeAfter;
  }

  push(event: CacheEvent): void {
    if (this.#size === this.#capacity) {
      this.#completeAfter = this.#at(0).revision;
      this.#events[this.#head] = event;
      this.#head = (this.#head + 1) % this.#capacity;
      return;
    }
    this.#events[(this.#head + this.#size) % this.#capacity] = event;
    this.#size++;
  }

  /** Events after a revision; undefined when some of them are gone. */
  after(revision: number): CacheEvent[] | undefined {
    if (revision < this.#completeAfter) return undefined;
    const events: CacheEvent[] = [];
    for (let index = this.#firstAfter(revision); index < this.#size; index++) events.push(this.#at(index));
    return events;
  }

  #firstAfter(revision: number): number {
    let low = 0;
    let high = this.#size;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#at(middle).revision <= revision) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #at(index: number): CacheEvent {
    return this.#events[(this.#head + index) % this.#capacity]!;
  }
}
