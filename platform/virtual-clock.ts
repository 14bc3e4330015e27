import type { Clock, Timer } from './clock.ts';

interface VirtualTimer {
  readonly due: number;
  /** Order of creation: timers due at the same instant fire in this order. */
  readonly sequence: number;
  callback: (() => void) | undefined;
}

/**
 * A clock whose time moves only when it is driven, so that a cluster in one process is as fast as its work
 * and the same seed gives the same run. Between two instants every promise and nextTick that is ready has run.
 */
export class VirtualClock implements Clock {
  #now: number;
  #sequence = 0;
  /** A binary heap ordered by (due, sequence). */
  readonly #heap: VirtualTimer[] = [];

  constructor(start = Date.UTC(2026, 0, 1)) {
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  setTimeout(callback: () => void, milliseconds: number): Timer {
    const timer: VirtualTimer = {
      due: this.#now + Math.max(0, milliseconds),
      sequence: this.#sequence++,
      callback,
    };
    this.#push(timer);
    return timer as unknown as Timer;
  }

  clearTimeout(timer: Timer | undefined): void {
    if (timer) (timer as unknown as VirtualTimer).callback = undefined;
  }

  /** Lets everything that is ready now run, without moving time. */
  settle(): Promise<void> {
    return new Promise((resolve) => setImmediate(resolve));
  }

  /** Runs until `condition` holds; false if `milliseconds` of virtual time passed first. */
  async runUntil(condition: () => boolean, milliseconds: number): Promise<boolean> {
    const deadline = this.#now + milliseconds;
    for (;;) {
      await this.settle();
      if (condition()) return true;
      const next = this.#nextDue();
      if (next === undefined || next > deadline) {
        this.#now = deadline;
        return false;
      }
      this.#now = next;
      this.#fireDue();
    }
  }

  /** Runs for a span of virtual time. */
  async run(milliseconds: number): Promise<void> {
    await this.runUntil(() => false, milliseconds);
  }

  /** Runs until a promise settles and gives its outcome; rejects after `milliseconds` of virtual time. */
  async drive<T>(promise: Promise<T>, milliseconds: number): Promise<T> {
    let settled = false;
    const mark = () => {
      settled = true;
    };
    promise.then(mark, mark);
    if (!(await this.runUntil(() => settled, milliseconds))) {
      throw new Error(`still waiting after ${milliseconds} ms of virtual time`);
    }
    return promise;
  }

  #nextDue(): number | undefined {
    while (this.#heap.length > 0 && this.#heap[0]!.callback === undefined) this.#pop();
    return this.#heap[0]?.due;
  }

  /** Fires what is due at this instant; timers set by those callbacks for this instant wait for the next settle. */
  #fireDue(): void {
    const horizon = this.#sequence;
    while (this.#heap.length > 0) {
      const timer = this.#heap[0]!;
      if (timer.due > this.#now || timer.sequence >= horizon) return;
      this.#pop();
      timer.callback?.();
    }
  }

  #push(timer: VirtualTimer): void {
    const heap = this.#heap;
    let index = heap.push(timer) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!before(timer, heap[parent]!)) break;
      heap[index] = heap[parent]!;
      index = parent;
    }
    heap[index] = timer;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++;
      if (!before(heap[child]!, last)) break;
      heap[index] = heap[child]!;
      index = child;
    }
    heap[index] = last;
  }
}

function before(a: VirtualTimer, b: VirtualTimer): boolean {
  return a.due !== b.due ? a.due < b.due : a.sequence < b.sequence;
}
