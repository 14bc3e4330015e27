import type { NetClock } from './environment.ts';
import type { Link } from './link/link.ts';
import { receiveFrame } from './link/receive.ts';
import type { Packet } from './packet.ts';

/** Frames that may wait at once, all namespaces of a clock together (net.core.netdev_max_backlog). */
const BACKLOG = 1 << 15;
/** Frames worked off before timers get a turn, so that a forwarding loop cannot hold the process. */
const BUDGET = 8192;

/**
 * The processor that moves frames between devices, as Linux's per-CPU backlog: a device never calls the next
 * one, it enqueues, so loops cannot exhaust the stack. Namespaces on the same clock share one. Frames sent
 * from outside (a socket call) are worked off in a microtask, so no callback runs inside the call that caused
 * it; frames from a wire are worked off before `receive` returns.
 */
export class Softirq {
  readonly #clock: NetClock;
  readonly #links: (Link | undefined)[] = new Array(BACKLOG);
  readonly #packets: (Packet | undefined)[] = new Array(BACKLOG);
  #head = 0;
  #tail = 0;
  #now = 0;
  #running = false;
  #scheduled = false;

  constructor(clock: NetClock) {
    this.#clock = clock;
  }

  /** Milliseconds; read once for all frames of one run. */
  get now(): number {
    return this.#running ? this.#now : this.#clock.now();
  }

  enqueue(link: Link, packet: Packet): void {
    if (this.#tail - this.#head >= BACKLOG) {
      link.ns.drop(packet, 'CPU_BACKLOG');
      return;
    }
    const slot = this.#tail++ & (BACKLOG - 1);
    this.#links[slot] = link;
    this.#packets[slot] = packet;
    if (!this.#running && !this.#scheduled) this.#schedule();
  }

  /** Takes a frame from outside and works off all that follows from it. */
  receive(link: Link, packet: Packet): void {
    if (this.#running) return this.enqueue(link, packet);
    this.#begin();
    receiveFrame(link, packet);
    this.#drain();
  }

  #schedule(): void {
    this.#scheduled = true;
    void Promise.resolve().then(this.#run);
  }

  readonly #run = (): void => {
    this.#scheduled = false;
    if (this.#running) return;
    this.#begin();
    this.#drain();
  };

  #begin(): void {
    this.#running = true;
    this.#now = this.#clock.now();
  }

  #drain(): void {
    try {
      for (let budget = BUDGET; this.#head !== this.#tail; budget--) {
        if (budget === 0) {
          this.#scheduled = true;
          this.#clock.setTimeout(this.#run, 0);
          return;
        }
        const slot = this.#head++ & (BACKLOG - 1);
        const link = this.#links[slot]!;
        const packet = this.#packets[slot]!;
        this.#links[slot] = undefined;
        this.#packets[slot] = undefined;
        receiveFrame(link, packet);
      }
    } finally {
      this.#running = false;
      if (this.#head !== this.#tail && !this.#scheduled) this.#schedule();
    }
  }
}

const shared = new WeakMap<NetClock, Softirq>();

/** The one Softirq of a clock. */
export function softirqOf(clock: NetClock): Softirq {
  let softirq = shared.get(clock);
  if (!softirq) {
    softirq = new Softirq(clock);
    shared.set(clock, softirq);
  }
  return softirq;
}
