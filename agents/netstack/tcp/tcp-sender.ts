import type { NetClock } from '../environment.ts';
import { TCP_ACK, TCP_FIN, TCP_PSH, TCP_SYN } from '../header/tcp-header.ts';
import { ByteQueue } from './byte-queue.ts';
import { Congestion } from './congestion.ts';
import { LazyTimer } from './lazy-timer.ts';
import { RttEstimator } from './rtt-estimator.ts';
import { seqAdd, seqDiff, seqLess, seqLessEqual } from './sequence.ts';

/** How soon a SYN is said again that somebody has answered wrongly (TCP_TIMEOUT_MIN). */
const HURRY_MS = 2;

/** What the sender asks its socket to put on the wire: `length` bytes of the queue from `offset`. */
export type EmitSegment = (
  sequence: number,
  flags: number,
  queue: ByteQueue,
  offset: number,
  length: number,
) => void;

export interface TcpSenderOptions {
  readonly clock: NetClock;
  readonly initialSequence: number;
  readonly mss: number;
  readonly emit: EmitSegment;
  /** In milliseconds (net.ipv4.tcp_rto_min_us). */
  leastRtoMargin(): number;
  /** Time-outs in a row after which `onGiveUp` is called; asked anew at each. */
  retries(): number;
  /** How many of them come without the time between them growing. */
  steadyRetries(): number;
  onGiveUp(): void;
}

/**
 * The sending half: the bytes not yet acknowledged, when they go out and when again. The SYN and the FIN take a
 * sequence number each; `una` … `next` is in flight.
 */
export class TcpSender {
  readonly queue = new ByteQueue();
  /** The oldest unacknowledged, the next to send, and one past the highest ever sent. */
  una: number;
  next: number;
  max: number;
  /** The peer's window, scaled, and the largest it ever was. */
  #window = 0;
  #largestWindow = 0;
  /** Of the segment that last set the window (RFC 9293's SND.WL1). */
  #windowSequence = 0;
  #acknowledgedBytes = 0;
  /** The end of the last segment that was not full. */
  #smallEnd: number | undefined;
  mss: number;
  synSent = false;
  /** The sequence number of our FIN, once it is in line behind the data. */
  finAt: number | undefined;
  readonly congestion: Congestion;
  readonly rtt: RttEstimator;
  readonly #options: TcpSenderOptions;
  readonly #timer: LazyTimer;
  readonly #initial: number;
  /** Flags of the SYN: with ACK for the passive side. */
  #synFlags = TCP_SYN;
  #timedSequence: number | undefined;
  #timedAt = 0;
  #timeouts = 0;
  #probing = false;

  constructor(options: TcpSenderOptions) {
    this.#options = options;
    this.#initial = options.initialSequence;
    this.una = options.initialSequence;
    this.next = options.initialSequence;
    this.max = options.initialSequence;
    this.mss = options.mss;
    this.congestion = new Congestion(options.mss);
    this.rtt = new RttEstimator(options.leastRtoMargin);
    this.#timer = new LazyTimer(options.clock, () => this.#timeout());
  }

  get window(): number {
    return this.#window;
  }

  setWindow(bytes: number, sequence: number): void {
    this.#window = bytes;
    this.#windowSequence = sequence;
    if (bytes > this.#largestWindow) this.#largestWindow = bytes;
  }

  /** Whether a segment that acknowledges so much tells of a newer window (tcp_may_update_window). */
  mayUpdateWindow(sequence: number, acknowledgment: number, window: number): boolean {
    if (seqLess(this.una, acknowledgment) || seqLess(this.#windowSequence, sequence)) return true;
    return sequence === this.#windowSequence && (window > this.#window || window === 0);
  }

  /** The handshake is done: its windows are no measure, nor is what it has `counted` for who was asked. */
  begin(window: number, sequence: number, isAsked: boolean): void {
    if (isAsked) {
      this.#largestWindow = 0;
      this.#acknowledgedBytes = 0;
    }
    this.setWindow(window, sequence);
  }

  /** tcp_ack; RFC 5961 §5.2: what is older than any that may still be under way is wrong. */
  judge(acknowledgment: number): 'good' | 'old' | 'wrong' {
    if (seqLess(this.max, acknowledgment)) return 'wrong';
    if (!seqLess(acknowledgment, this.una)) return 'good';
    const span = Math.min(this.#largestWindow, this.#acknowledgedBytes);
    return seqLess(acknowledgment, seqAdd(this.una, -span)) ? 'wrong' : 'old';
  }

  /** What a segment without data is numbered with: nothing beyond the peer's window (tcp_acceptable_seq). */
  acceptableSequence(scale: number): number {
    const beyond = seqDiff(this.next, seqAdd(this.una, this.#window));
    return beyond <= 0 || (scale > 0 && beyond < 1 << scale) ? this.next : seqAdd(this.una, this.#window);
  }

  get inFlight(): number {
    return seqDiff(this.next, this.una);
  }

  get unacknowledged(): number {
    const end =
      this.finAt === undefined ? seqAdd(this.#dataStart(), this.queue.length) : seqAdd(this.finAt, 1);
    return seqDiff(end, this.una);
  }

  get hasUnsent(): boolean {
    return this.unacknowledged > this.inFlight;
  }

  /** Everything queued, the FIN included, has been acknowledged. */
  get allAcknowledged(): boolean {
    return this.una === this.max && this.queue.length === 0;
  }

  get finAcknowledged(): boolean {
    return this.finAt !== undefined && seqLess(this.finAt, this.una);
  }

  /** The remaining time of the retransmission timer, for `ss -o`. */
  get timerRemaining(): number {
    return this.#timer.remaining;
  }

  sendSyn(acknowledges: boolean): void {
    this.#synFlags = acknowledges ? TCP_SYN | TCP_ACK : TCP_SYN;
    this.synSent = true;
    this.next = seqAdd(this.#initial, 1);
    this.max = this.next;
    this.#time(this.#initial);
    this.#options.emit(this.#initial, this.#synFlags, this.queue, 0, 0);
    this.#timer.start(this.rtt.rto);
  }

  /** The peer asks for the SYN again; that is no time-out. */
  repeatSyn(): void {
    this.#timedSequence = undefined;
    this.#retransmitFirst();
    this.#timer.start(this.rtt.rto);
  }

  /** Somebody else answers to our SYN: it is said again soon, if it was not yet. */
  hurrySyn(): void {
    if (this.#timeouts === 0) this.#timer.start(HURRY_MS);
  }

  /** Puts the FIN behind what is queued. */
  finish(): void {
    if (this.finAt !== undefined) return;
    this.finAt = seqAdd(this.#dataStart(), this.queue.length);
    this.push();
  }

  /** A small window is not filled by one segment: half of the largest it ever was (tcp_bound_to_half_wnd). */
  get #segmentSize(): number {
    const largest = this.#largestWindow;
    const bound = largest > 536 ? largest >>> 1 : largest;
    return bound > 0 ? Math.min(this.mss, Math.max(bound, 48)) : this.mss;
  }

  /** Sends what the windows allow. */
  push(): void {
    const limit = Math.min(this.window, this.congestion.window);
    if (this.#probing && this.window > 0) this.#endProbing();
    const most = this.#segmentSize;
    for (;;) {
      const offset = seqDiff(this.next, this.#dataStart());
      if (offset < 0) return;
      const unsent = this.queue.length - offset;
      const room = limit - this.inFlight;
      const finNow = this.finAt !== undefined && seqLessEqual(this.next, this.finAt);
      if (unsent <= 0) {
        if (finNow && room > 0) this.#emitData(offset, 0, true);
        break;
      }
      const size = Math.min(unsent, most);
      if (size > room || (size < most && !finNow && this.#isSmallInFlight)) break;
      if (size < most) this.#smallEnd = seqAdd(this.next, size);
      this.#emitData(offset, size, finNow && size === unsent && size < room);
    }
    this.#armIfNeeded();
  }

  /** An acceptable acknowledgment; returns whether it covered anything new. */
  acknowledge(acknowledgment: number, isDuplicate: boolean): boolean {
    if (!seqLess(this.una, acknowledgment)) {
      // RFC 9293 §3.8.6.1: a peer that answers probes may keep its window closed for ever.
      if (this.#probing) this.#timeouts = 0;
      if (
        isDuplicate &&
        this.inFlight > 0 &&
        this.congestion.duplicate(this.next, this.inFlight) === 'retransmit'
      ) {
        this.#retransmitFirst();
      }
      return false;
    }
    const dataBefore = this.#dataStart();
    const covered = seqDiff(acknowledgment, this.una);
    this.#acknowledgedBytes += covered;
    this.una = acknowledgment;
    const bytes = Math.min(Math.max(0, seqDiff(acknowledgment, dataBefore)), this.queue.length);
    if (bytes > 0) this.queue.drop(bytes);
    if (seqLess(this.next, acknowledgment)) this.next = acknowledgment;
    this.#sampleRtt(acknowledgment);
    this.#timeouts = 0;
    this.#probing = false;
    this.rtt.progress();
    if (this.congestion.acknowledged(covered, acknowledgment, this.inFlight) === 'retransmit')
      this.#retransmitFirst();
    if (this.inFlight > 0) this.#timer.start(this.rtt.rto);
    else this.#timer.stop();
    return true;
  }

  /** An empty segment that the peer has to answer: its sequence number is an old one. */
  probe(): void {
    this.#options.emit(seqAdd(this.una, -1), TCP_ACK, this.queue, 0, 0);
  }

  setMss(mss: number): void {
    this.mss = mss;
    this.congestion.setMss(mss);
  }

  /** A smaller path MTU was found: what is in flight goes again in smaller pieces. */
  shrinkMss(mss: number): void {
    if (mss >= this.mss) return;
    this.mss = mss;
    this.next = this.una;
    this.#timedSequence = undefined;
    this.push();
  }

  dispose(): void {
    this.#timer.dispose();
  }

  /** Nagle's rule, as Minshall has it: one segment that is not full may be under way (tcp_nagle_check). */
  get #isSmallInFlight(): boolean {
    const end = this.#smallEnd;
    return end !== undefined && seqLess(this.una, end) && seqLessEqual(end, this.next);
  }

  /** Where the queue's first byte is: the SYN comes before it. */
  #dataStart(): number {
    return this.una === this.#initial && this.synSent ? seqAdd(this.#initial, 1) : this.una;
  }

  #emitData(offset: number, size: number, fin: boolean): void {
    const sequence = this.next;
    const isLast = offset + size === this.queue.length;
    const flags = TCP_ACK | (size > 0 && isLast ? TCP_PSH : 0) | (fin ? TCP_FIN : 0);
    this.next = seqAdd(sequence, size + (fin ? 1 : 0));
    if (seqLess(this.max, this.next)) {
      this.max = this.next;
      this.#time(sequence);
    }
    this.#options.emit(sequence, flags, this.queue, offset, size);
  }

  #retransmitFirst(): void {
    this.#timedSequence = undefined;
    if (this.una === this.#initial) {
      this.#options.emit(this.#initial, this.#synFlags, this.queue, 0, 0);
      return;
    }
    const size = Math.min(this.queue.length, this.mss, seqDiff(this.max, this.una));
    const fin =
      this.finAt !== undefined && seqAdd(this.una, size) === this.finAt && seqLess(this.finAt, this.max);
    this.#options.emit(
      this.una,
      TCP_ACK | (size > 0 ? TCP_PSH : 0) | (fin ? TCP_FIN : 0),
      this.queue,
      0,
      size,
    );
  }

  #armIfNeeded(): void {
    if (this.#timer.pending) return;
    if (this.inFlight > 0) return this.#timer.start(this.rtt.rto);
    if (!this.hasUnsent) return;
    this.#probing = true;
    this.#timer.start(this.rtt.rto);
  }

  /** What fits of the next segment, else nothing that is new (tcp_write_wakeup). */
  #probeWindow(): void {
    const offset = seqDiff(this.next, this.#dataStart());
    const size = Math.min(this.queue.length - offset, this.window, this.mss);
    if (size > 0) this.#emitData(offset, size, false);
    else this.probe();
  }

  /** Retransmission (RFC 6298 §5), or a probe of a closed window (RFC 9293 §3.8.6.1). */
  #timeout(): void {
    this.#timeouts++;
    if (this.#timeouts > this.#options.retries()) return this.#options.onGiveUp();
    if (this.#timeouts > this.#options.steadyRetries()) this.rtt.backOff();
    if (this.#probing && this.inFlight === 0) {
      this.#probeWindow();
    } else if (this.una === this.#initial) {
      this.#retransmitFirst();
    } else {
      this.congestion.timeout(this.inFlight);
      this.#retransmitFirst();
      this.next = seqAdd(this.una, Math.min(this.queue.length, this.mss, seqDiff(this.max, this.una)));
      if (this.finAt === this.next && seqLess(this.finAt, this.max)) this.next = seqAdd(this.next, 1);
    }
    this.#timer.start(this.rtt.rto);
  }

  /** The window is open: what goes out now is timed as data, not as the next probe would have been. */
  #endProbing(): void {
    this.#probing = false;
    this.#timeouts = 0;
    this.rtt.progress();
    this.#timer.stop();
  }

  #time(sequence: number): void {
    if (this.#timedSequence !== undefined) return;
    this.#timedSequence = sequence;
    this.#timedAt = this.#options.clock.now();
  }

  #sampleRtt(acknowledgment: number): void {
    if (this.#timedSequence === undefined || !seqLess(this.#timedSequence, acknowledgment)) return;
    this.rtt.sample(this.#options.clock.now() - this.#timedAt);
    this.#timedSequence = undefined;
  }
}
