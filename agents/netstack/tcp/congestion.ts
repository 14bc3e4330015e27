import { seqLess } from './sequence.ts';

/** RFC 6928. */
const INITIAL_SEGMENTS = 10;

/** What a duplicate or a partial acknowledgment asks of the sender. */
export type LossSignal = 'none' | 'retransmit';

/** NewReno congestion control (RFC 5681, RFC 6582). All sizes in bytes. */
export class Congestion {
  #mss: number;
  window: number;
  #threshold = Number.POSITIVE_INFINITY;
  #duplicates = 0;
  /** In fast recovery until this sequence number is acknowledged. */
  #recover: number | undefined;

  constructor(mss: number) {
    this.#mss = mss;
    this.window = INITIAL_SEGMENTS * mss;
  }

  setMss(mss: number): void {
    if (this.#mss === mss) return;
    // As many segments as before.
    this.window = (this.window / this.#mss) * mss;
    this.#mss = mss;
  }

  /** New data acknowledged: `bytes` of it, up to `acknowledgment`. */
  acknowledged(bytes: number, acknowledgment: number, inFlight: number): LossSignal {
    this.#duplicates = 0;
    if (this.#recover === undefined) {
      this.#grow(bytes, inFlight);
      return 'none';
    }
    if (seqLess(acknowledgment, this.#recover)) {
      this.window = Math.max(this.window - bytes + this.#mss, this.#mss);
      return 'retransmit';
    }
    this.#recover = undefined;
    this.window = Math.min(this.#threshold, Math.max(inFlight, this.#mss) + this.#mss);
    return 'none';
  }

  /** A duplicate acknowledgment while data is in flight up to `next`. */
  duplicate(next: number, inFlight: number): LossSignal {
    this.#duplicates++;
    if (this.#recover !== undefined) {
      this.window += this.#mss;
      return 'none';
    }
    if (this.#duplicates !== 3) return 'none';
    this.#threshold = Math.max(inFlight / 2, 2 * this.#mss);
    this.window = this.#threshold + 3 * this.#mss;
    this.#recover = next;
    return 'retransmit';
  }

  timeout(inFlight: number): void {
    this.#threshold = Math.max(inFlight / 2, 2 * this.#mss);
    this.window = this.#mss;
    this.#duplicates = 0;
    this.#recover = undefined;
  }

  /** Only what was used grows (tcp_is_cwnd_limited), and at first by all that is acknowledged (tcp_slow_start). */
  #grow(bytes: number, inFlight: number): void {
    if (this.window >= this.#threshold) this.window += Math.max(1, (this.#mss * this.#mss) / this.window);
    else if (this.window < 2 * (inFlight + bytes))
      this.window = Math.min(this.window + bytes, this.#threshold);
  }
}
