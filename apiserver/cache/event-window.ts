import type { CacheEvent } from './cache-event.ts';

export interface WindowLimits {
  readonly events: number;
  /** The bytes of all its objects together. */
  readonly bytes: number;
}

/** Encoded frames are kept for this many of the newest events: watchers that resume rarely go back further. */
const EVENTS_WITH_FRAMES = 512;

/** A bounded history of one resource's events, ordered by revision. */
export class EventWindow {
  readonly #events: (CacheEvent | undefined)[] = [];
  readonly #limits: WindowLimits;
  /** Where the oldest event is in the ring. */
  #head = 0;
  #size = 0;
  #bytes = 0;
  /** Every event after this revision is here. */
  #completeAfter: number;

  constructor(limits: WindowLimits, completeAfter: number) {
    this.#limits = limits;
    this.#completeAfter = completeAfter;
  }

  push(event: CacheEvent): void {
    this.#bytes += event.object.bytes.length;
    if (this.#size === this.#limits.events) this.#dropOldest();
    while (this.#size > 0 && this.#bytes > this.#limits.bytes) this.#dropOldest();
    this.#events[(this.#head + this.#size) % this.#limits.events] = event;
    this.#size++;
    if (this.#size > EVENTS_WITH_FRAMES) this.#at(this.#size - 1 - EVENTS_WITH_FRAMES).frames.clear();
  }

  /** Events after a revision; undefined when some of them are gone. */
  after(revision: number): CacheEvent[] | undefined {
    if (revision < this.#completeAfter) return undefined;
    const events: CacheEvent[] = [];
    for (let index = this.#firstAfter(revision); index < this.#size; index++) events.push(this.#at(index));
    return events;
  }

  /** History begins after a revision. */
  restart(completeAfter: number): void {
    this.#events.length = 0;
    this.#head = 0;
    this.#size = 0;
    this.#bytes = 0;
    this.#completeAfter = completeAfter;
  }

  #dropOldest(): void {
    const oldest = this.#at(0);
    this.#completeAfter = oldest.revision;
    this.#bytes -= oldest.object.bytes.length;
    this.#events[this.#head] = undefined;
    this.#head = (this.#head + 1) % this.#limits.events;
    this.#size--;
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
    return this.#events[(this.#head + index) % this.#limits.events]!;
  }
}
