import type { Endpoint } from '../endpoint.ts';
import { TCP_ACK, TCP_FIN, TCP_PSH, TCP_RST, TCP_SYN, type TcpHeader } from '../header/tcp-header.ts';
import type { IcmpFault } from '../ip/icmp-fault.ts';
import { isAcceptable } from './acceptable.ts';
import { AckSchedule } from './ack-schedule.ts';
import { Keepalive } from './keepalive.ts';
import { LazyTimer } from './lazy-timer.ts';
import { decideRequest } from './request.ts';
import { seqAdd, seqDiff, seqLess, seqLessEqual } from './sequence.ts';
import { TcpReceiver } from './tcp-receiver.ts';
import { TcpSender } from './tcp-sender.ts';
import type { TcpStack } from './tcp-stack.ts';
import { decideFinWait2, decideTimeWait, type LateDecision } from './time-wait.ts';

/** RFC 9293 §3.3.2, without LISTEN. */
export type TcpState =
  | 'SYN_SENT'
  | 'SYN_RCVD'
  | 'ESTABLISHED'
  | 'FIN_WAIT_1'
  | 'FIN_WAIT_2'
  | 'CLOSE_WAIT'
  | 'CLOSING'
  | 'LAST_ACK'
  | 'TIME_WAIT'
  | 'CLOSED';

/** How much `write` takes before it answers false. */
const SEND_BUFFER = 1 << 20;
const TIME_WAIT_MS = 60_000;
/** What a peer may tell at least (net.ipv4.tcp_min_snd_mss). */
const LEAST_MSS = 48;
export const WINDOW_SCALE = 7;

export interface TcpSocketError {
  readonly code: string;
}

/**
 * One end of a TCP connection. Assign the callbacks before the next turn; none is ever called inside the call
 * that made the socket. `onData` owns its chunk. After the peer's FIN comes `onEnd`; after both directions are
 * done, or a fault, exactly one `onClose`.
 */
export class TcpSocket {
  readonly local: Endpoint;
  readonly remote: Endpoint;
  state: TcpState = 'CLOSED';
  onConnect: () => void = () => {};
  onData: (chunk: Uint8Array) => void = () => {};
  onEnd: () => void = () => {};
  /** What `write` took has been acknowledged, after it had answered false. */
  onDrain: () => void = () => {};
  onClose: (error?: TcpSocketError) => void = () => {};
  bytesSent = 0;
  bytesReceived = 0;
  readonly sender: TcpSender;
  readonly receiver = new TcpReceiver();
  readonly #stack: TcpStack;
  readonly #ackTimer: LazyTimer;
  readonly #stateTimer: LazyTimer;
  #sendScale = 0;
  #receiveScale = 0;
  readonly #acks = new AckSchedule();
  /** What the last segment of ours acknowledged, and how far the window went that it told. */
  #acknowledgedTo = 0;
  #advertisedEdge = 0;
  #paused = false;
  #ended = false;
  #closed = false;
  #endDelivered = false;
  /** Both directions are done, but the reader has not taken all yet. */
  #closeIsDue = false;
  #failure: TcpSocketError | undefined;
  /** The owner has gone: further data is answered with a reset. */
  #orphaned = false;
  #wantsDrain = false;
  #established: (() => void) | undefined;
  /** A SYN came, and no more. */
  #isRequest = false;
  #keepalive: Keepalive | undefined;

  /** Made by TcpStack only. */
  constructor(stack: TcpStack, local: Endpoint, remote: Endpoint, initialSequence?: number) {
    this.#stack = stack;
    this.local = local;
    this.remote = remote;
    const { clock } = stack.ns;
    this.sender = new TcpSender({
      clock,
      initialSequence: initialSequence ?? stack.initialSequence(),
      mss: stack.mssTowards(remote.address, local.address),
      emit: (sequence, flags, queue, offset, length) => {
        const sent = stack.emit(this, this.#header(sequence, flags), queue, offset, length);
        if (length > 0) this.#acks.sent(stack.ns.softirq.now);
        if (flags & TCP_ACK) this.#acknowledged();
        if (sent === 'EMSGSIZE') stack.later(() => this.#shrink());
        else if (sent !== 'sent' && this.state === 'SYN_SENT') this.#failLater(sent);
      },
      leastRtoMargin: () => stack.ns.sysctl.number('net.ipv4.tcp_rto_min_us') / 1000,
      retries: () => this.#retries(),
      steadyRetries: () => (this.state === 'SYN_SENT' ? this.#linearRetries() : 0),
      onGiveUp: () => this.#fail('ETIMEDOUT'),
    });
    this.#ackTimer = new LazyTimer(clock, () => this.#sendLateAck());
    this.#stateTimer = new LazyTimer(clock, () => this.#finished());
  }

  /** Queues data; false means: wait for onDrain before writing more. What is written is never refused. */
  write(chunk: Uint8Array): boolean {
    if (this.#ended || this.#closed || this.#failure !== undefined) return false;
    this.sender.queue.append(chunk);
    this.bytesSent += chunk.length;
    if (this.#canSend()) this.sender.push();
    const room = this.sender.queue.length < SEND_BUFFER;
    if (!room) this.#wantsDrain = true;
    return room;
  }

  /** Sends FIN after what is queued; the other direction stays open. */
  end(): void {
    if (this.#ended || this.#closed) return;
    this.#ended = true;
    if (this.state === 'SYN_SENT') return this.destroy();
    if (this.state === 'ESTABLISHED' || this.state === 'SYN_RCVD') this.#sendFin('FIN_WAIT_1');
    else if (this.state === 'CLOSE_WAIT') this.#sendFin('LAST_ACK');
  }

  /** Stops onData; the receive window closes as the buffer fills. */
  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#stack.later(() => this.#drainReceived());
  }

  /** Gives up both directions as close(2) does: FIN if all was read, else RST. No callback but onClose follows. */
  destroy(): void {
    if (this.#closed) return;
    if (this.state === 'SYN_SENT' || this.receiver.pendingBytes > 0) return this.reset();
    this.#orphaned = true;
    this.end();
    if (this.state === 'FIN_WAIT_2') this.#armFinWait();
    if (this.#closeIsDue) this.#stack.later(() => this.#notifyClosed());
  }

  /** Aborts with RST. */
  reset(): void {
    if (this.#closed) return;
    this.#orphaned = true;
    if (this.#isOpen()) this.#sendReset();
    if (this.state !== 'TIME_WAIT') this.#release();
    this.#stack.later(() => this.#notifyClosed());
  }

  /** SO_KEEPALIVE: a peer that stays silent is probed, and the connection ends with ETIMEDOUT if it is gone. */
  setKeepAlive(enabled: boolean): void {
    if (!enabled || this.#closed || this.state === 'CLOSED') {
      this.#keepalive?.dispose();
      this.#keepalive = undefined;
      return;
    }
    const { clock, sysctl } = this.#stack.ns;
    const seconds = (name: string): number => sysctl.number(`net.ipv4.tcp_keepalive_${name}`) * 1000;
    this.#keepalive ??= new Keepalive({
      clock,
      settings: () => ({
        idle: seconds('time'),
        interval: seconds('intvl'),
        probes: sysctl.number('net.ipv4.tcp_keepalive_probes'),
      }),
      isBusy: () => !this.#canSend() || !this.sender.allAcknowledged,
      probe: () => this.sender.probe(),
      onGiveUp: () => this.#giveUpOnPeer(),
    });
  }

  #giveUpOnPeer(): void {
    this.#sendReset();
    this.#fail('ETIMEDOUT');
  }

  /** What ended the connection; a reader that pauses hears of it when it has taken all that came. */
  get failure(): TcpSocketError | undefined {
    return this.#failure;
  }

  get writableLength(): number {
    return this.sender.queue.length;
  }

  /** Sequence numbers that the reader has not taken yet: bytes, and the end. */
  get unread(): number {
    if (this.state === 'TIME_WAIT') return 0;
    return this.receiver.pendingBytes + (this.receiver.isFinished && !this.#endDelivered ? 1 : 0);
  }

  /** Sequence numbers, sent or not, that the peer has not acknowledged: a SYN and a FIN have one each. */
  get unacknowledged(): number {
    return this.#isRequest || this.state === 'TIME_WAIT' ? 0 : this.sender.unacknowledged;
  }

  get paused(): boolean {
    return this.#paused;
  }

  /** For TcpStack: the active open. */
  connect(): void {
    this.state = 'SYN_SENT';
    this.#receiveScale = WINDOW_SCALE;
    this.sender.sendSyn(false);
  }

  /** For TcpStack: the passive open by `syn`; `established` runs when the handshake is done. */
  acceptFrom(syn: TcpHeader, established: () => void): void {
    this.state = 'SYN_RCVD';
    this.#isRequest = true;
    this.#established = established;
    this.#learnFromSyn(syn);
    this.sender.setWindow(syn.window, syn.sequence);
    this.sender.sendSyn(true);
  }

  /** For TcpStack: a local end, an address or the namespace went away. */
  abort(code: string): void {
    this.receiver.forgetPending();
    this.#fail(code);
  }

  /** For TcpStack: an ICMP error about a segment of ours. */
  fault(sequence: number, fault: IcmpFault): void {
    const plausible = seqLessEqual(this.sender.una, sequence) && seqLessEqual(sequence, this.sender.max);
    if (!plausible || this.#closed) return;
    if (fault.errno === 'EMSGSIZE') {
      this.#stack.ns
        .ipFor(this.remote.address)
        .learnMtu(this.remote.address, fault.mtu, { source: this.local.address });
      return this.#shrink();
    }
    if (this.state !== 'SYN_SENT' && this.state !== 'SYN_RCVD') return;
    this.#fail(fault.errno);
  }

  /** To what is known of the path by now. */
  #shrink(): void {
    this.sender.shrinkMss(this.#stack.mssTowards(this.remote.address, this.local.address));
  }

  /** For TcpStack: a segment for this connection whose checksum is right (tcp_rcv_state_process; RFC 9293 §3.10.7). */
  receive(segment: TcpHeader, payload: Uint8Array): void {
    this.#keepalive?.heard();
    if (this.state === 'SYN_SENT') return this.#receiveInSynSent(segment);
    const length = numbered(segment, payload.length);
    if (this.state === 'TIME_WAIT')
      return this.#receiveLate(decideTimeWait(this.receiver.next, segment, length), segment, payload.length);
    if (this.state === 'FIN_WAIT_2' && this.#orphaned) {
      const decided = decideFinWait2(this.receiver.next, this.receiver.window, segment, length);
      return this.#receiveLate(decided, segment, payload.length);
    }
    if (this.#isRequest && !this.#meetsRequest(segment, payload.length)) return;
    if ((segment.flags & (TCP_ACK | TCP_RST | TCP_SYN)) === 0 || !this.#isMeant(segment, length)) return;
    if (!this.#receiveAck(segment, payload.length)) return;
    this.#receiveData(segment, payload);
    if (this.#closed || this.state === 'CLOSED') return;
    if (this.#canSend()) this.sender.push();
    this.#answer();
    this.#tellOfRoom();
  }

  #tellOfRoom(): void {
    if (!this.#wantsDrain || this.sender.queue.length >= SEND_BUFFER / 2) return;
    this.#wantsDrain = false;
    this.onDrain();
  }

  /** Whether a request goes on to be a connection. */
  #meetsRequest(segment: TcpHeader, size: number): boolean {
    const { next, window } = this.receiver;
    const request = { next, window, ownNext: this.sender.next };
    switch (decideRequest(request, segment, numbered(segment, size))) {
      case 'establish':
        return true;
      case 'answer again':
        this.sender.repeatSyn();
        break;
      case 'acknowledge':
        this.#sendAck(this.sender.next);
        break;
      case 'refuse':
        this.#stack.refuse(this, segment, size);
        break;
      case 'refuse and forget':
        this.#stack.refuse(this, segment, size);
        this.#finished();
        break;
      case 'forget':
        this.#finished();
        break;
      case 'ignore':
    }
    return false;
  }

  #receiveLate(decided: LateDecision, segment: TcpHeader, size: number): void {
    if (decided === 'refuse and close') this.#stack.refuse(this, segment, size);
    if (decided === 'close' || decided === 'refuse and close') return this.#finished();
    if (decided === 'acknowledge and wait anew' && this.state === 'FIN_WAIT_2') {
      this.receiver.next = seqAdd(this.receiver.next, 1);
      this.#enterTimeWait();
    }
    if (decided === 'acknowledge and wait anew' || decided === 'wait anew')
      this.#stateTimer.start(TIME_WAIT_MS);
    if (decided.startsWith('acknowledge') || decided === 'reopen') this.#sendAck();
  }

  /** tcp_validate_incoming; RFC 5961 §3.2, §4.2: what only might be meant is challenged. */
  #isMeant(segment: TcpHeader, length: number): boolean {
    const { flags, sequence } = segment;
    const { next } = this.receiver;
    const end = seqAdd(sequence, length);
    const isFin = (flags & TCP_FIN) !== 0;
    const isInside = isAcceptable(sequence, end, isFin, this.#acknowledgedTo, this.#advertisedEdge);
    if (flags & TCP_RST) {
      if ((isInside && sequence === next) || this.#isResetAfterFin(sequence)) this.#receiveReset();
      else if (isInside) this.#sendAck();
      return false;
    }
    if (isInside && ((flags & TCP_SYN) === 0 || this.#crosses(segment, length))) return true;
    if (!isInside && (flags & TCP_SYN) === 0 && length > 0 && seqLess(sequence, next))
      this.#acks.hurry(this.receiver.window);
    this.#sendAck();
    return false;
  }

  /** A peer that counts its FIN as unsent (tcp_reset_check). */
  #isResetAfterFin(sequence: number): boolean {
    const isAfterFin = this.state === 'CLOSE_WAIT' || this.state === 'LAST_ACK' || this.state === 'CLOSING';
    return isAfterFin && sequence === seqAdd(this.receiver.next, -1);
  }

  /** The answer to our SYN of who sent one at the same time. */
  #crosses({ flags, sequence, acknowledgment }: TcpHeader, length: number): boolean {
    const isAnswer = (flags & TCP_ACK) !== 0 && length === 1 && acknowledgment === this.sender.next;
    return this.state === 'SYN_RCVD' && isAnswer && seqAdd(sequence, 1) === this.receiver.next;
  }

  /** Whether a SYN opens the connection anew that waits for old segments (RFC 9293 §3.10.7.4, MAY-2). */
  mayBeReopenedBy(segment: TcpHeader, length: number): boolean {
    return this.state === 'TIME_WAIT' && decideTimeWait(this.receiver.next, segment, length) === 'reopen';
  }

  /** What its successor numbers its own SYN with. */
  get successorSequence(): number {
    return seqAdd(this.sender.max, 65_537);
  }

  #receiveInSynSent(segment: TcpHeader): void {
    const { flags, acknowledgment } = segment;
    const acks = (flags & TCP_ACK) !== 0;
    if (acks && acknowledgment !== this.sender.next) {
      this.sender.hurrySyn();
      return this.#stack.refuse(this, segment, 0);
    }
    if (flags & TCP_RST) {
      if (acks) this.#fail('ECONNREFUSED');
      return;
    }
    if ((flags & TCP_SYN) === 0) return;
    this.#learnFromSyn(segment);
    if (!acks) return this.#simultaneousOpen(segment);
    this.sender.acknowledge(acknowledgment, false);
    this.sender.setWindow(segment.window, segment.sequence);
    this.state = 'ESTABLISHED';
    // What waited to be written says as much.
    if (this.sender.queue.length > 0) this.sender.push();
    else this.#sendAck();
    this.onConnect();
    if (!this.#closed) this.sender.push();
  }

  #simultaneousOpen(segment: TcpHeader): void {
    this.state = 'SYN_RCVD';
    this.#established = () => this.onConnect();
    this.sender.setWindow(segment.window, segment.sequence);
    this.sender.sendSyn(true);
  }

  #learnFromSyn(syn: TcpHeader): void {
    this.receiver.next = seqAdd(syn.sequence, 1);
    const told = Math.max(syn.mss || this.#stack.defaultMss(this.remote.address), LEAST_MSS);
    this.sender.setMss(Math.min(this.sender.mss, told));
    this.#sendScale = syn.windowScale ?? 0;
    this.#receiveScale = syn.windowScale === undefined ? 0 : WINDOW_SCALE;
  }

  #receiveReset(): void {
    if (this.state === 'SYN_RCVD' && this.#isRequest) return this.#finished();
    this.#fail(this.state === 'CLOSE_WAIT' ? 'EPIPE' : 'ECONNRESET');
  }

  /** False if the segment is to be ignored from here on (tcp_ack, and step 5 of tcp_rcv_state_process). */
  #receiveAck(segment: TcpHeader, size: number): boolean {
    const { acknowledgment, flags } = segment;
    const { sender } = this;
    const kind = sender.judge(acknowledgment);
    if (this.state === 'SYN_RCVD') {
      if (kind !== 'good') {
        this.#stack.refuse(this, segment, size);
        return false;
      }
      this.#becomeEstablished(segment);
      return !this.#closed;
    }
    if (kind === 'wrong') this.#sendAck();
    if (kind !== 'good') return kind === 'old';
    const window = segment.window << this.#sendScale;
    const isEmpty = size === 0 && (flags & TCP_FIN) === 0;
    const duplicate = isEmpty && acknowledgment === sender.una && window === sender.window;
    const mayUpdate = sender.mayUpdateWindow(segment.sequence, acknowledgment, window);
    sender.acknowledge(acknowledgment, duplicate);
    if (mayUpdate) sender.setWindow(window, segment.sequence);
    return this.#afterAck(segment, size);
  }

  #becomeEstablished(segment: TcpHeader): void {
    this.sender.acknowledge(segment.acknowledgment, false);
    this.sender.begin(segment.window << this.#sendScale, segment.sequence, this.#isRequest);
    this.state = 'ESTABLISHED';
    this.#isRequest = false;
    const established = this.#established;
    this.#established = undefined;
    established?.();
    if (this.#ended && this.state === 'ESTABLISHED') this.#sendFin('FIN_WAIT_1');
  }

  /** False if that was the last of the connection. */
  #afterAck(segment: TcpHeader, size: number): boolean {
    if (!this.sender.finAcknowledged) return true;
    if (this.state === 'FIN_WAIT_1') return this.#enterFinWait2(segment, size);
    if (this.state === 'CLOSING') this.#enterTimeWait();
    else if (this.state === 'LAST_ACK') this.#finished();
    else return true;
    return false;
  }

  /** Whose owner has gone takes no more data. */
  #enterFinWait2(segment: TcpHeader, size: number): boolean {
    this.state = 'FIN_WAIT_2';
    if (!this.#orphaned) return true;
    if (this.#isBeyond(segment, size)) {
      this.#stack.refuse(this, segment, size);
      this.#finished();
      return false;
    }
    this.#armFinWait();
    return (segment.flags & TCP_FIN) !== 0;
  }

  /** Whether it brings data that has not come yet. */
  #isBeyond({ sequence, flags }: TcpHeader, size: number): boolean {
    const isEmpty = size === 0 && (flags & TCP_FIN) === 0;
    return !isEmpty && seqLess(this.receiver.next, seqAdd(sequence, size));
  }

  /** Steps 6 and 7 of tcp_rcv_state_process. */
  #receiveData(segment: TcpHeader, payload: Uint8Array): void {
    const { receiver, state } = this;
    const isAfterFin = state === 'CLOSE_WAIT' || state === 'CLOSING' || state === 'LAST_ACK';
    if (isAfterFin && !seqLess(segment.sequence, receiver.next)) return;
    const isShut = this.#orphaned || this.receiver.isFinished;
    if (state !== 'ESTABLISHED' && isShut && this.#isBeyond(segment, payload.length)) {
      this.#stack.refuse(this, segment, payload.length);
      return this.#receiveReset();
    }
    this.#queueData(segment, payload);
  }

  /** tcp_data_queue. */
  #queueData({ sequence, flags }: TcpHeader, payload: Uint8Array): void {
    const { receiver } = this;
    const fin = (flags & TCP_FIN) !== 0;
    const end = seqAdd(sequence, payload.length + (fin ? 1 : 0));
    if (sequence === end) return;
    const isOld = seqLessEqual(end, receiver.next);
    const isClosed = this.#advertisedEdge === receiver.next && !(fin && payload.length === 0);
    const isEarly = seqLess(receiver.next, sequence);
    if (isOld || isClosed || (isEarly && seqLessEqual(this.#advertisedEdge, sequence))) {
      this.#acks.hurry(receiver.window);
      this.#acks.isScheduled = true;
      return;
    }
    if (isEarly) this.#acks.isScheduled = this.#acks.isUrgent = true;
    const hadGap = receiver.hasGap;
    const { softirq } = this.#stack.ns;
    if (!isEarly && payload.length > 0)
      this.#acks.received(
        payload.length,
        (flags & TCP_PSH) !== 0,
        receiver.window,
        softirq.now,
        this.sender.rtt.rto,
      );
    if (fin && !isEarly) receiver.forgetEarly();
    if (fin) receiver.endAt(seqAdd(sequence, payload.length), isEarly);
    for (const piece of receiver.take(sequence, payload)) this.#deliver(piece);
    if (hadGap && !receiver.hasGap) this.#acks.isUrgent = true;
    if (!this.#closed && receiver.isAtEnd) this.#receiveFin();
  }

  #deliver(piece: Uint8Array): void {
    this.bytesReceived += piece.length;
    if (this.#paused || this.receiver.pendingBytes > 0) this.receiver.keep(piece);
    else this.onData(piece);
  }

  /** tcp_fin. */
  #receiveFin(): void {
    if (!this.#mayReceive()) return;
    this.receiver.finish();
    if (this.state === 'ESTABLISHED') {
      this.state = 'CLOSE_WAIT';
      this.#acks.expectAnswer();
    } else {
      this.#sendAck();
      if (this.state === 'FIN_WAIT_1') this.state = 'CLOSING';
      else {
        this.#deliverEnd();
        return this.#enterTimeWait();
      }
    }
    this.#deliverEnd();
  }

  #deliverEnd(): void {
    if (this.#endDelivered || this.#paused || this.receiver.pendingBytes > 0) return;
    if (this.#orphaned) return;
    this.#endDelivered = true;
    this.onEnd();
  }

  /** Whether a peer would wait for more (tcp_need_reset), or believes that all has been read (tcp_close). */
  #isOpen(): boolean {
    if (this.state === 'CLOSING' || this.state === 'LAST_ACK')
      return this.sender.hasUnsent || this.receiver.pendingBytes > 0;
    return this.state !== 'SYN_SENT' && this.state !== 'TIME_WAIT' && this.state !== 'CLOSED';
  }

  #mayReceive(): boolean {
    return this.state === 'ESTABLISHED' || this.state === 'FIN_WAIT_1' || this.state === 'FIN_WAIT_2';
  }

  #canSend(): boolean {
    return (
      this.state !== 'SYN_SENT' &&
      this.state !== 'SYN_RCVD' &&
      this.state !== 'CLOSED' &&
      this.state !== 'TIME_WAIT'
    );
  }

  #answer(): void {
    if (!this.#acks.isScheduled) return;
    const { next, hasGap } = this.receiver;
    const isDue = hasGap || this.#acks.isDue(seqDiff(next, this.#acknowledgedTo));
    if (isDue || (this.#isRead && this.#acks.isDueByReading())) return this.#sendAck();
    if (!this.#ackTimer.pending) this.#ackTimer.start(this.#acks.delay(this.sender.rtt.smoothed));
  }

  /** The owner has taken all there was. */
  get #isRead(): boolean {
    return !this.#paused && this.receiver.pendingBytes === 0;
  }

  #sendLateAck(): void {
    if (!this.#acks.isScheduled) return;
    this.#acks.missed(this.sender.rtt.rto);
    this.#sendAck();
  }

  #sendAck(sequence = this.sender.acceptableSequence(this.#receiveScale)): void {
    if (this.state === 'CLOSED') return;
    this.#stack.emit(this, this.#header(sequence, TCP_ACK), this.sender.queue, 0, 0);
    this.#acknowledged();
  }

  #sendReset(): void {
    const sequence = this.sender.acceptableSequence(this.#receiveScale);
    const header = this.#header(sequence, TCP_RST | TCP_ACK);
    this.#stack.emit(this, header, this.sender.queue, 0, 0);
  }

  #acknowledged(): void {
    this.#acks.acknowledged();
    this.#ackTimer.stop();
    this.#acknowledgedTo = this.receiver.next;
    this.#advertisedEdge = this.#edge();
  }

  #edge(): number {
    return seqAdd(this.receiver.next, this.receiver.window);
  }

  #header(sequence: number, flags: number): TcpHeader {
    const syn = (flags & TCP_SYN) !== 0;
    const { window } = this.receiver;
    return {
      sourcePort: this.local.port,
      destinationPort: this.remote.port,
      sequence,
      acknowledgment: flags & TCP_ACK ? this.receiver.next : 0,
      flags,
      window: Math.min(syn ? window : window >>> this.#receiveScale, 0xffff),
      ...(syn ? { mss: this.#stack.mssTowards(this.remote.address, this.local.address) } : {}),
      ...(syn && this.#offersScale ? { windowScale: WINDOW_SCALE } : {}),
    };
  }

  /** Who opened says so again whatever the peer's SYN said. */
  get #offersScale(): boolean {
    return !this.#isRequest || this.#receiveScale > 0;
  }

  #sendFin(next: TcpState): void {
    if (this.state === 'SYN_RCVD' && !this.#orphaned) return;
    this.state = next;
    this.sender.finish();
  }

  /** After a pause: hands out what waited, and tells the peer if the window opened enough to matter. */
  #drainReceived(): void {
    while (!this.#paused && !this.#orphaned && !this.#closed) {
      const piece = this.receiver.shift();
      if (!piece) break;
      this.onData(piece);
    }
    if (this.receiver.isFinished) this.#deliverEnd();
    if (this.#closeIsDue) this.#notifyClosed(this.#failure);
    if (this.#closed || !this.#mayReceive()) return;
    if (this.#isRead && this.#acks.isDueByReading()) return this.#sendAck();
    const told = seqDiff(this.#advertisedEdge, this.receiver.next);
    if (2 * told <= this.receiver.window) this.#sendAck();
  }

  #retries(): number {
    const { sysctl } = this.#stack.ns;
    if (this.state === 'SYN_SENT') return sysctl.number('net.ipv4.tcp_syn_retries') + this.#linearRetries();
    return sysctl.number(this.state === 'SYN_RCVD' ? 'net.ipv4.tcp_synack_retries' : 'net.ipv4.tcp_retries2');
  }

  /** SYNs that come again after the same time each, before the time grows. */
  #linearRetries(): number {
    return this.#stack.ns.sysctl.number('net.ipv4.tcp_syn_linear_timeouts');
  }

  #armFinWait(): void {
    this.#stateTimer.start(this.#stack.ns.sysctl.number('net.ipv4.tcp_fin_timeout') * 1000);
  }

  /** The owner is told now; the connection's name stays taken for a minute (RFC 9293 §3.6.1). */
  #enterTimeWait(): void {
    this.sender.dispose();
    this.#ackTimer.dispose();
    this.#keepalive?.dispose();
    if (!this.#stack.enterTimeWait(this)) return this.#finished();
    this.state = 'TIME_WAIT';
    this.#stateTimer.start(TIME_WAIT_MS);
    this.#notifyClosed();
  }

  #failLater(code: string): void {
    this.#stack.later(() => this.#fail(code));
  }

  #fail(code: string): void {
    if (this.state === 'CLOSED') return;
    this.#finished({ code });
  }

  #finished(error?: TcpSocketError): void {
    if (this.state === 'CLOSED') return;
    this.#failure = error;
    this.#release();
    this.#notifyClosed(error);
  }

  #release(): void {
    this.state = 'CLOSED';
    this.sender.dispose();
    this.#ackTimer.dispose();
    this.#stateTimer.dispose();
    this.#keepalive?.dispose();
    this.#stack.release(this);
  }

  /** A reader that pauses gets what came first, and in good order its end. */
  #notifyClosed(error?: TcpSocketError): void {
    if (this.#closed) return;
    const isEndDue = !error && !this.#endDelivered && this.receiver.isFinished;
    this.#closeIsDue = !this.#orphaned && (isEndDue || this.receiver.pendingBytes > 0);
    if (this.#closeIsDue) {
      return;
    }
    this.#closed = true;
    this.onClose(error);
  }
}

/** How many sequence numbers a segment takes. */
function numbered({ flags }: TcpHeader, size: number): number {
  return size + (flags & TCP_SYN ? 1 : 0) + (flags & TCP_FIN ? 1 : 0);
}
