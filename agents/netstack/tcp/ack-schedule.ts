/** Acknowledgments that go out at once when a connection begins, or is out of step (TCP_MAX_QUICKACKS). */
const MOST_QUICK = 16;
/** The least delay of others (TCP_ATO_MIN), and the least size of segment that is expected (TCP_MSS_DEFAULT). */
const LEAST_DELAY_MS = 40;
const LEAST_SEGMENT = 536;

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

  /** Data came in order; `rto` is the connection's retransmission time-out (tcp_event_data_recv). */
  received(length: number, window: number, now: number, rto: number): void {
    this.isScheduled = true;
    if (length >= this.#segment) this.#segment = length;
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

  /** Whether to acknowledge because the owner has taken all there was. */
  isDueByReading(): boolean {
    return this.isScheduled && !this.#isInteractive;
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
  }

  #quicken(window: number): void {
    const fitting = Math.floor(window / (2 * this.#segment)) || 2;
    this.#quick = Math.max(this.#quick, Math.min(fitting, MOST_QUICK));
  }
}
