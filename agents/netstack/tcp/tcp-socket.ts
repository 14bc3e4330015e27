import type { Endpoint } from '../endpoint.ts';
import { TCP_ACK, TCP_FIN, TCP_RST, TCP_SYN, type TcpHeader } from '../header/tcp-header.ts';
import type { IcmpFault } from '../ip/icmp-fault.ts';
import { Keepalive } from './keepalive.ts';
import { LazyTimer } from './lazy-timer.ts';
import { seqAdd, seqDiff, seqLess, seqLessEqual } from './sequence.ts';
import { RECEIVE_BUFFER, TcpReceiver } from './tcp-receiver.ts';
import { TcpSender } from './tcp-sender.ts';
import type { TcpStack } from './tcp-stack.ts';

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
const DELAYED_ACK_MS = 40;
const TIME_WAIT_MS = 60_000;
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
  #unacknowledgedSegments = 0;
  #ackNow = false;
  #advertisedEdge = 0;
  #paused = false;
  #ended = false;
  #closed = false;
  #endDelivered = false;
  /** Both directions are done, but the reader has not taken all yet. */
  #closeIsDue = false;
  /** The owner has gone: further data is answered with a reset. */
  #orphaned = false;
  #wantsDrain = false;
  #established: (() => void) | undefined;
  #keepalive: Keepalive | undefined;

  /** Made by TcpStack only. */
  constructor(stack: TcpStack, local: Endpoint, remote: Endpoint) {
    this.#stack = stack;
    this.local = local;
    this.remote = remote;
    const { clock } = stack.ns;
    this.sender = new TcpSender({
      clock,
      initialSequence: stack.initialSequence(),
      mss: stack.mssTowards(remote.address, local.address),
      emit: (sequence, flags, queue, offset, length) => {
        const sent = stack.emit(this, this.#header(sequence, flags), queue, offset, length);
        if (flags & TCP_ACK) this.#acknowledged();
        if (sent === 'EMSGSIZE') stack.later(() => this.#shrink());
        else if (sent !== 'sent' && this.state === 'SYN_SENT') this.#failLater(sent);
      },
      retries: () => this.#retries(),
      onGiveUp: () => this.#fail('ETIMEDOUT'),
    });
    this.#ackTimer = new LazyTimer(clock, () => this.#sendAck());
    this.#stateTimer = new LazyTimer(clock, () => this.#finished());
  }

  /** Queues data; false means: wait for onDrain before writing more. What is written is never refused. */
  write(chunk: Uint8Array): boolean {
    if (this.#ended || this.#closed) return false;
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
    if (this.#isOpen()) this.#stack.sendReset(this, this.sender.next, this.receiver.next);
    this.#release();
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
    this.#stack.sendReset(this, this.sender.next, this.receiver.next);
    this.#fail('ETIMEDOUT');
  }

  get writableLength(): number {
    return this.sender.queue.length;
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
    this.#established = established;
    this.#learnFromSyn(syn);
    this.sender.window = syn.window;
    this.sender.sendSyn(true);
  }

  /** For TcpStack: a local end, an address or the namespace went away. */
  abort(code: string): void {
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

  /** For TcpStack: a segment for this connection whose checksum is right (RFC 9293 §3.10.7). */
  receive(segment: TcpHeader, payload: Uint8Array): void {
    this.#keepalive?.heard();
    if (this.state === 'SYN_SENT') return this.#receiveInSynSent(segment);
    const { flags, sequence } = segment;
    const length = payload.length + (flags & TCP_FIN ? 1 : 0) + (flags & TCP_SYN ? 1 : 0);
    if (!this.receiver.accepts(sequence, length)) return this.#unacceptable(segment, payload.length);
    if (flags & TCP_RST) return this.#receiveReset(sequence);
    if (flags & TCP_SYN) return this.#receiveSyn(segment);
    if ((flags & TCP_ACK) === 0 || !this.#receiveAck(segment, payload.length)) return;
    this.#receiveData(segment, payload);
    this.#closed || this.#answer();
  }

  /** A SYN in TIME_WAIT may open the same connection anew (RFC 9293 §3.10.7.4, MAY-2). */
  mayBeReopenedBy(segment: TcpHeader): boolean {
    const isSyn = (segment.flags & (TCP_SYN | TCP_ACK | TCP_RST)) === TCP_SYN;
    return this.state === 'TIME_WAIT' && isSyn && seqLess(this.receiver.next, segment.sequence);
  }

  #receiveInSynSent(segment: TcpHeader): void {
    const { flags, acknowledgment } = segment;
    const acks = (flags & TCP_ACK) !== 0;
    if (acks && acknowledgment !== this.sender.next) {
      if ((flags & TCP_RST) === 0) this.#stack.sendReset(this, acknowledgment, 0, true);
      return;
    }
    if (flags & TCP_RST) {
      if (acks) this.#fail('ECONNREFUSED');
      return;
    }
    if ((flags & TCP_SYN) === 0) return;
    this.#learnFromSyn(segment);
    if (!acks) return this.#simultaneousOpen(segment);
    this.sender.acknowledge(acknowledgment, false);
    this.#updateWindow(segment, 0);
    this.state = 'ESTABLISHED';
    this.onConnect();
    if (this.#closed) return;
    this.sender.push();
    if (this.#advertisedEdge !== this.#edge()) this.#sendAck();
  }

  #simultaneousOpen(segment: TcpHeader): void {
    this.state = 'SYN_RCVD';
    this.#established = () => this.onConnect();
    this.sender.window = segment.window;
    this.sender.sendSyn(true);
  }

  #learnFromSyn(syn: TcpHeader): void {
    this.receiver.next = seqAdd(syn.sequence, 1);
    this.sender.setMss(Math.min(this.sender.mss, syn.mss ?? 536));
    this.#sendScale = syn.windowScale ?? 0;
    this.#receiveScale = syn.windowScale === undefined ? 0 : WINDOW_SCALE;
  }

  #unacceptable(segment: TcpHeader, length: number): void {
    if (segment.flags & TCP_RST) return;
    if (this.state === 'TIME_WAIT') this.#stateTimer.start(TIME_WAIT_MS);
    if (this.#orphaned && length > 0 && this.receiver.finAt === undefined) return this.reset();
    if (this.state !== 'SYN_RCVD' && segment.flags & TCP_ACK && this.#ackIsSane(segment)) {
      this.sender.acknowledge(segment.acknowledgment, false);
      this.#updateWindow(segment, length);
      this.#afterAck();
    }
    this.#sendAck();
  }

  /** RFC 5961 §3.2: only the exact next sequence number resets, others are challenged. */
  #receiveReset(sequence: number): void {
    if (sequence !== this.receiver.next) return this.#sendAck();
    if (this.state === 'SYN_RCVD') return this.#finished();
    if (this.state === 'TIME_WAIT') return this.#finished();
    this.#fail(this.state === 'CLOSE_WAIT' || this.state === 'LAST_ACK' ? 'EPIPE' : 'ECONNRESET');
  }

  /** RFC 5961 §4.2; in SYN_RCVD a repeated SYN gets the SYN-ACK again. */
  #receiveSyn(segment: TcpHeader): void {
    if (this.state !== 'SYN_RCVD' || segment.flags & TCP_ACK) return this.#sendAck();
  }

  #ackIsSane({ acknowledgment }: TcpHeader): boolean {
    return seqLessEqual(this.sender.una, acknowledgment) && seqLessEqual(acknowledgment, this.sender.max);
  }

  /** False if the segment is to be ignored from here on. */
  #receiveAck(segment: TcpHeader, length: number): boolean {
    const { acknowledgment } = segment;
    if (this.state === 'SYN_RCVD') {
      if (!this.#ackIsSane(segment) || acknowledgment === this.sender.una) {
        this.#stack.sendReset(this, acknowledgment, 0, true);
        return false;
      }
      this.#becomeEstablished(segment);
      if (this.#closed) return false;
    }
    if (!seqLessEqual(acknowledgment, this.sender.max) || this.sender.isAncient(acknowledgment)) {
      this.#sendAck();
      return false;
    }
    const window = segment.window << this.#sendScale;
    const duplicate =
      length === 0 &&
      acknowledgment === this.sender.una &&
      window === this.sender.window &&
      (segment.flags & TCP_FIN) === 0;
    this.sender.acknowledge(acknowledgment, duplicate);
    this.#updateWindow(segment, length);
    this.#afterAck();
    return !this.#closed;
  }

  #becomeEstablished(segment: TcpHeader): void {
    this.sender.acknowledge(segment.acknowledgment, false);
    this.sender.windowSequence = seqAdd(segment.sequence, -1);
    this.#updateWindow(segment, 0);
    this.state = this.#ended ? 'FIN_WAIT_1' : 'ESTABLISHED';
    const established = this.#established;
    this.#established = undefined;
    established?.();
  }

  /** RFC 9293 §3.10.7.4: only newer segments change the window. */
  #updateWindow(segment: TcpHeader, _length: number): void {
    const { sender } = this;
    const newer =
      seqLess(sender.windowSequence, segment.sequence) ||
      (sender.windowSequence === segment.sequence && seqLessEqual(sender.windowAck, segment.acknowledgment));
    if (!newer && segment.flags !== (TCP_SYN | TCP_ACK)) return;
    sender.window = segment.flags & TCP_SYN ? segment.window : segment.window << this.#sendScale;
    sender.windowSequence = segment.sequence;
    sender.windowAck = segment.acknowledgment;
  }

  #afterAck(): void {
    if (this.#canSend()) this.sender.push();
    if (this.#wantsDrain && this.sender.queue.length < SEND_BUFFER / 2) {
      this.#wantsDrain = false;
      this.onDrain();
    }
    if (!this.sender.finAcknowledged) return;
    if (this.state === 'FIN_WAIT_1') {
      this.state = 'FIN_WAIT_2';
      if (this.#orphaned) this.#armFinWait();
    } else if (this.state === 'CLOSING') this.#enterTimeWait();
    else if (this.state === 'LAST_ACK') this.#finished();
  }

  #receiveData({ sequence, flags }: TcpHeader, payload: Uint8Array): void {
    const { receiver } = this;
    if (payload.length > 0 && this.#mayReceive()) {
      if (this.#orphaned) return this.reset();
      const expected = receiver.next;
      for (const piece of receiver.take(sequence, payload)) this.#deliver(piece);
      this.#unacknowledgedSegments++;
      if (sequence !== expected || receiver.hasGap) this.#ackNow = true;
    }
    if (flags & TCP_FIN) receiver.finAt ??= seqAdd(sequence, payload.length);
    if (!this.#closed && receiver.finAt === receiver.next) this.#receiveFin();
  }

  #deliver(piece: Uint8Array): void {
    this.bytesReceived += piece.length;
    if (this.#paused || this.receiver.pendingBytes > 0) this.receiver.keep(piece);
    else this.onData(piece);
  }

  #receiveFin(): void {
    if (!this.#mayReceive()) return;
    this.receiver.next = seqAdd(this.receiver.next, 1);
    this.#ackNow = true;
    if (this.state === 'ESTABLISHED') this.state = 'CLOSE_WAIT';
    else if (this.state === 'FIN_WAIT_1') this.state = 'CLOSING';
    else {
      this.#deliverEnd();
      this.#sendAck();
      return this.#enterTimeWait();
    }
    this.#deliverEnd();
  }

  #deliverEnd(): void {
    if (this.#endDelivered || this.#paused || this.receiver.pendingBytes > 0) return;
    this.#endDelivered = true;
    if (!this.#orphaned) this.onEnd();
  }

  #finReceived(): boolean {
    const { finAt, next } = this.receiver;
    return finAt !== undefined && seqLess(finAt, next);
  }

  #isOpen(): boolean {
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

  /** Acknowledges at once what must be, the rest after 40 ms or with the next data (RFC 9293 §3.8.6.3). */
  #answer(): void {
    if (this.#ackNow || this.#unacknowledgedSegments >= 2) return this.#sendAck();
    if (this.#unacknowledgedSegments > 0 && !this.#ackTimer.pending) this.#ackTimer.start(DELAYED_ACK_MS);
  }

  #sendAck(): void {
    if (this.state === 'CLOSED') return;
    this.#stack.emit(this, this.#header(this.sender.next, TCP_ACK), this.sender.queue, 0, 0);
    this.#acknowledged();
  }

  #acknowledged(): void {
    this.#ackNow = false;
    this.#unacknowledgedSegments = 0;
    this.#ackTimer.stop();
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
      ...(syn && this.#receiveScale > 0 ? { windowScale: this.#receiveScale } : {}),
    };
  }

  #sendFin(next: TcpState): void {
    if (this.state !== 'SYN_RCVD') this.state = next;
    this.sender.finish();
  }

  /** After a pause: hands out what waited, and tells the peer if the window opened enough to matter. */
  #drainReceived(): void {
    while (!this.#paused && !this.#orphaned && !this.#closed) {
      const piece = this.receiver.shift();
      if (!piece) break;
      this.onData(piece);
    }
    if (this.#finReceived()) this.#deliverEnd();
    if (this.#closeIsDue) this.#notifyClosed();
    if (this.#closed || !this.#mayReceive()) return;
    const opened = seqDiff(this.#edge(), this.#advertisedEdge);
    if (opened >= Math.min(RECEIVE_BUFFER / 2, 2 * this.sender.mss)) this.#sendAck();
  }

  #retries(): number {
    const { sysctl } = this.#stack.ns;
    if (this.state === 'SYN_SENT') return sysctl.number('net.ipv4.tcp_syn_retries');
    return sysctl.number(this.state === 'SYN_RCVD' ? 'net.ipv4.tcp_synack_retries' : 'net.ipv4.tcp_retries2');
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

  /** In good order, a reader that pauses gets what came, and its end, first. */
  #notifyClosed(error?: TcpSocketError): void {
    if (this.#closed) return;
    this.#closeIsDue = !error && !this.#orphaned && !this.#endDelivered && this.#finReceived();
    if (this.#closeIsDue) return;
    this.#closed = true;
    this.onClose(error);
  }
}
