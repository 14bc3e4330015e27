const INITIAL = 4096;

/** Bytes in order: appended at the end, read anywhere, dropped from the front. A ring that grows. */
export class ByteQueue {
  #ring = new Uint8Array(INITIAL);
  #head = 0;
  length = 0;

  append(chunk: Uint8Array): void {
    this.#reserve(this.length + chunk.length);
    const capacity = this.#ring.length;
    const at = (this.#head + this.length) & (capacity - 1);
    const first = Math.min(chunk.length, capacity - at);
    this.#ring.set(first === chunk.length ? chunk : chunk.subarray(0, first), at);
    if (first < chunk.length) this.#ring.set(chunk.subarray(first), 0);
    this.length += chunk.length;
  }

  /** Copies `count` bytes from `offset` after the front; the caller has checked that they are there. */
  copy(offset: number, count: number, into: Uint8Array, at: number): void {
    const capacity = this.#ring.length;
    const start = (this.#head + offset) & (capacity - 1);
    const first = Math.min(count, capacity - start);
    into.set(this.#ring.subarray(start, start + first), at);
    if (first < count) into.set(this.#ring.subarray(0, count - first), at + first);
  }

  drop(count: number): void {
    this.#head = (this.#head + count) & (this.#ring.length - 1);
    this.length -= count;
  }

  #reserve(size: number): void {
    if (size <= this.#ring.length) return;
    let capacity = this.#ring.length;
    while (capacity < size) capacity *= 2;
    const ring = new Uint8Array(capacity);
    this.copy(0, this.length, ring, 0);
    this.#ring = ring;
    this.#head = 0;
  }
}
