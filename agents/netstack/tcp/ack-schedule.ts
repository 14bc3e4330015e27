/** Acknowledgments that go out at once when a connection begins, or is out of step (TCP_MAX_QUICKACKS). */
const MOST_QUICK = 16;
/** The least delay of others (TCP_ATO_MIN), and the least size of segment that is expected (TCP_MSS_DEFAULT). */
const LEAST_DELAY_MS = 40;
const LEAST_SEGMENT = 536;
/** Segments from here on tell the peer's size if nothing pushed them (TCP_MIN_MSS). */
const LEAST_UNPUSHED_SEGMENT = 88;

/**
 * When data is acknowledged: at once while a connection is young, after two segments, late when the owner is likely
 * to answer (icsk_ack, net/ipv4/tcp_input.c; RFC 9293 §3.8.6.3).
 */
export class AckSchedule {
  /** Something has come that is not acknowledged yet. */
  isScheduled = false;
  /** It is to be acknowledged without delay, whatever the rest says. */
  isUrgent = false;
  #quick = 0;
  /** The owner has answered what came (pingpong). */
  #isInteractive = false;
  #delay = 0;
  #lastDataAt = 0;
  #segment = LEAST_SEGMENT;
  /** Of a short segment that may be all that the peer ever sends; 0 without one. */
  #lastShort = 0;
  /** How many ends of what the peer wrote are not acknowledged: none, one, or more (ICSK_ACK_PUSHED, …_PUSHED2). */
  #pushed: 0 | 1 | 2 = 0;

  /** Data came in order; `rto` is the connection's retransmission time-out (tcp_event_data_recv). */
  received(length: number, isPushed: boolean, window: number, now: number, rto: number): void {
    this.isScheduled = true;
    this.#measure(length, isPushed);
    const gap = now - this.#lastDataAt;
    if (this.#delay === 0) {
      this.#quicken(window);
      this.#delay = LEAST_DELAY_MS;
    } else if (gap <= LEAST_DELAY_MS / 2) this.#delay = this.#delay / 2 + LEAST_DELAY_MS / 2;
    else if (gap < this.#delay) this.#delay = Math.min(this.#delay / 2 + gap, rto);
    else if (gap > rto) this.#quicken(window);
    this.#lastDataAt = now;
  }

  /** The owner sent data: if soon after some came, it will do so again. */
  sent(now: number): void {
    if (now - this.#lastDataAt < this.#delay) this.#isInteractive = true;
  }

  /** The peer has said its last, and the owner will soon, too. */
  expectAnswer(): void {
    this.isScheduled = true;
    this.#isInteractive = true;
  }

  /** Something out of step came: the peer should hear of it (tcp_enter_quickack_mode). */
  hurry(window: number): void {
    this.#quicken(window);
    this.#isInteractive = false;
    this.#delay = LEAST_DELAY_MS;
  }

  /** Whether to acknowledge now, `unacknowledged` being what came since the last time. */
  isDue(unacknowledged: number): boolean {
    if (!this.isScheduled) return false;
    return this.isUrgent || unacknowledged > this.#segment || (this.#quick > 0 && !this.#isInteractive);
  }

  /** Whether to acknowledge because the owner has taken all there was (tcp_cleanup_rbuf). */
  isDueByReading(): boolean {
    return this.isScheduled && (this.#pushed === 2 || (this.#pushed === 1 && !this.#isInteractive));
  }

  /** How long an acknowledgment may wait. */
  delay(smoothedRtt: number | undefined): number {
    const most = Math.max(smoothedRtt ?? Number.POSITIVE_INFINITY, LEAST_DELAY_MS);
    return Math.min(this.#delay, most);
  }

  /** It has waited so long, and nobody answered. */
  missed(rto: number): void {
    if (this.#isInteractive) this.#delay = LEAST_DELAY_MS;
    else this.#delay = Math.min(this.#delay * 2, rto);
    this.#isInteractive = false;
  }

  acknowledged(): void {
    if (this.#quick > 0 && this.isScheduled && --this.#quick === 0) this.#delay = LEAST_DELAY_MS;
    this.isScheduled = false;
    this.isUrgent = false;
    this.#pushed = 0;
  }

  /** tcp_measure_rcv_mss: a segment shorter than others ends something, and so does a flag. */
  #measure(length: number, isPushed: boolean): void {
    const before = this.#lastShort;
    this.#lastShort = 0;
    if (length >= this.#segment) {
      this.#segment = length;
      if (isPushed) this.#pushed ||= 1;
      return;
    }
    if (length >= LEAST_SEGMENT || (length >= LEAST_UNPUSHED_SEGMENT && !isPushed)) {
      this.#lastShort = length;
      if (length === before) {
        this.#segment = length;
        return;
      }
    }
    this.#pushed = this.#pushed === 0 ? 1 : 2;
  }

  #quicken(window: number): void {
    const fitting = Math.floor(window / (2 * this.#segment)) || 2;
    this.#quick = Math.max(this.#quick, Math.min(fitting, MOST_QUICK));
  }
}
