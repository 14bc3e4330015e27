import { seqAdd, seqDiff, seqLess } from './sequence.ts';

/** net.ipv4.tcp_rmem's middle is smaller; this lets one flow fill the simulated wire. */
const RECEIVE_BUFFER = 1 << 20;
/** Segments kept out of order; a further one is dropped and will be sent again. */
const MAX_OUT_OF_ORDER = 1024;

interface Held {
  readonly sequence: number;
  readonly data: Uint8Array;
}

/** The receiving half: what is next, what came early, and how much may come (RFC 9293 §3.10.7.4). */
export class TcpReceiver {
  next = 0;
  /** The peer's FIN is at this sequence number, once it is known. */
  finAt: number | undefined;
  isFinished = false;
  /** In order, but not yet taken because the reader pauses. */
  readonly pending: Uint8Array[] = [];
  pendingBytes = 0;
  #outOfOrder: Held[] = [];
  #outOfOrderBytes = 0;

  get window(): number {
    return Math.max(0, RECEIVE_BUFFER - this.pendingBytes);
  }

  get hasGap(): boolean {
    return this.#outOfOrder.length > 0;
  }

  /** A FIN came at `sequence`; one that came `early` may turn out to be none. */
  endAt(sequence: number, early: boolean): void {
    if (!early || this.finAt === undefined || seqLess(sequence, this.finAt)) this.finAt = sequence;
  }

  /** Whether all has come, the FIN excepted. */
  get isAtEnd(): boolean {
    return !this.isFinished && this.finAt === this.next;
  }

  /** The FIN is taken: nothing that came early follows it. */
  finish(): void {
    this.isFinished = true;
    this.next = seqAdd(this.next, 1);
    this.forgetEarly();
  }

  forgetEarly(): void {
    this.#outOfOrder = [];
    this.#outOfOrderBytes = 0;
  }

  /**
   * Takes a segment's data; returns what is now in order, in pieces. Anything seen before or past the window is
   * cut off, so each byte is returned once.
   */
  take(sequence: number, data: Uint8Array): Uint8Array[] {
    let from = sequence;
    let fresh = data;
    const old = seqDiff(this.next, from);
    if (old > 0) {
      if (old >= fresh.length) return [];
      fresh = fresh.subarray(old);
      from = this.next;
    }
    const room = this.window - seqDiff(from, this.next);
    if (room <= 0) return [];
    if (fresh.length > room) fresh = fresh.subarray(0, room);
    if (from !== this.next) {
      this.#hold(from, fresh);
      return [];
    }
    const pieces = [fresh];
    this.next = seqAdd(this.next, fresh.length);
    if (this.#outOfOrder.length > 0) this.#release(pieces);
    return pieces;
  }

  keep(piece: Uint8Array): void {
    this.pending.push(piece);
    this.pendingBytes += piece.length;
  }

  forgetPending(): void {
    this.pending.length = 0;
    this.pendingBytes = 0;
  }

  shift(): Uint8Array | undefined {
    const piece = this.pending.shift();
    if (piece) this.pendingBytes -= piece.length;
    return piece;
  }

  /** Ordered by sequence number; overlaps are sorted out at release. */
  #hold(sequence: number, data: Uint8Array): void {
    if (this.#outOfOrder.length >= MAX_OUT_OF_ORDER || this.#outOfOrderBytes + data.length > RECEIVE_BUFFER)
      return;
    let at = this.#outOfOrder.length;
    while (at > 0 && seqLess(sequence, this.#outOfOrder[at - 1]!.sequence)) at--;
    const before = this.#outOfOrder[at - 1];
    if (before && before.sequence === sequence && before.data.length >= data.length) return;
    this.#outOfOrder.splice(at, 0, { sequence, data });
    this.#outOfOrderBytes += data.length;
  }

  #release(pieces: Uint8Array[]): void {
    let count = 0;
    for (const { sequence, data } of this.#outOfOrder) {
      const old = seqDiff(this.next, sequence);
      if (old < 0) break;
      count++;
      this.#outOfOrderBytes -= data.length;
      if (old >= data.length) continue;
      const piece = data.subarray(old);
      pieces.push(piece);
      this.next = seqAdd(this.next, piece.length);
    }
    this.#outOfOrder.splice(0, count);
  }
}
