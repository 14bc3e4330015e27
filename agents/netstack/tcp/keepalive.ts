import type { NetClock } from '../environment.ts';
import { LazyTimer } from './lazy-timer.ts';

/** In milliseconds, but for the number of probes. */
export interface KeepaliveSettings {
  /** Silence before the first probe, and between probes. */
  readonly idle: number;
  readonly interval: number;
  /** Probes without an answer after which the peer counts as gone. */
  readonly probes: number;
}

export interface KeepaliveOptions {
  readonly clock: NetClock;
  /** Asked anew at each turn. */
  settings(): KeepaliveSettings;
  /** Something is in flight or waits to be sent: the retransmission timer asks for an answer already. */
  isBusy(): boolean;
  probe(): void;
  onGiveUp(): void;
}

/** Asks a silent peer whether it is still there (RFC 9293 §3.8.4; tcp_keepalive_timer, net/ipv4/tcp_timer.c). */
export class Keepalive {
  readonly #options: KeepaliveOptions;
  readonly #timer: LazyTimer;
  #heardAt: number;
  #unanswered = 0;

  constructor(options: KeepaliveOptions) {
    this.#options = options;
    this.#timer = new LazyTimer(options.clock, () => this.#turn());
    this.#heardAt = options.clock.now();
    this.#timer.start(options.settings().idle);
  }

  /** The peer said something. */
  heard(): void {
    this.#heardAt = this.#options.clock.now();
    this.#unanswered = 0;
  }

  dispose(): void {
    this.#timer.dispose();
  }

  #turn(): void {
    const { clock, settings, isBusy, probe, onGiveUp } = this.#options;
    const { idle, interval, probes } = settings();
    const silence = clock.now() - this.#heardAt;
    if (isBusy()) return this.#timer.start(idle);
    if (silence < idle) return this.#timer.start(idle - silence);
    if (this.#unanswered >= probes) return onGiveUp();
    this.#unanswered++;
    probe();
    this.#timer.start(interval);
  }
}
