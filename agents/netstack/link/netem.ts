import type { NetClock, NetRng } from '../environment.ts';
import type { Packet } from '../packet.ts';

/** What befalls packets that leave by a device; absent parts befall none. */
export interface NetemOptions {
  /** Packets that wait at most; further ones are dropped. */
  readonly limit: number;
  readonly delayMs?: number;
  /** The delay is drawn evenly from this much below to this much above. */
  readonly jitterMs?: number;
  /** Probabilities from 0 to 1. */
  readonly loss?: number;
  readonly duplicate?: number;
  readonly corrupt?: number;
  /** This share of packets overtakes those that are delayed. */
  readonly reorder?: number;
  /** Only every so many packets may overtake. */
  readonly gap?: number;
  /** Bits per second. */
  readonly rate?: number;
}

interface Waiting {
  readonly packet: Packet;
  readonly due: number;
}

/** A network's faults on a device's way out (net/sched/sch_netem.c). */
export class Netem {
  readonly options: NetemOptions;
  readonly #clock: NetClock;
  readonly #rng: NetRng;
  readonly #send: (packet: Packet) => void;
  /** In the order they leave. */
  #queue: Waiting[] = [];
  #counter = 0;
  #timer: unknown;
  readonly stats = { sent: 0, dropped: 0 };

  constructor(
    options: NetemOptions,
    { clock, rng }: { readonly clock: NetClock; readonly rng: NetRng },
    send: (packet: Packet) => void,
  ) {
    this.options = options;
    this.#clock = clock;
    this.#rng = rng;
    this.#send = send;
  }

  /** Takes a packet; false if it is lost here. */
  enqueue(packet: Packet): boolean {
    const { loss = 0, duplicate = 0, corrupt = 0 } = this.options;
    const isDoubled = this.#happens(duplicate);
    const isLost = this.#happens(loss);
    if (isLost && !isDoubled) return this.#drop();
    if (isDoubled && !isLost) this.#admit(packet.clone());
    if (this.#happens(corrupt)) this.#damage(packet);
    return this.#admit(packet);
  }

  /** What waits is sent no more. */
  close(): void {
    this.#clock.clearTimeout(this.#timer);
    this.#queue = [];
  }

  #admit(packet: Packet): boolean {
    if (this.#queue.length >= this.options.limit) return this.#drop();
    this.#insert({ packet, due: this.#dueTime(packet) });
    this.#arm();
    return true;
  }

  #dueTime(packet: Packet): number {
    const { delayMs = 0, jitterMs = 0, reorder = 0, gap = 1, rate } = this.options;
    const now = this.#clock.now();
    const mayOvertake = reorder > 0 && this.#counter >= gap - 1;
    if (mayOvertake && this.#happens(reorder)) {
      this.#counter = 0;
      return now;
    }
    this.#counter++;
    const delay = Math.max(0, delayMs + jitterMs * (2 * this.#rng.float() - 1));
    if (rate === undefined) return now + delay;
    // A packet begins when the one before it is through.
    const free = Math.max(now, this.#queue.at(-1)?.due ?? now);
    return Math.max(now + delay, free) + (packet.length * 8000) / rate;
  }

  #insert(waiting: Waiting): void {
    let at = this.#queue.length;
    while (at > 0 && this.#queue[at - 1]!.due > waiting.due) at--;
    this.#queue.splice(at, 0, waiting);
  }

  #arm(): void {
    this.#clock.clearTimeout(this.#timer);
    const [first] = this.#queue;
    this.#timer = first && this.#clock.setTimeout(this.#release, Math.max(0, first.due - this.#clock.now()));
  }

  readonly #release = (): void => {
    const now = this.#clock.now();
    while (this.#queue.length > 0 && this.#queue[0]!.due <= now) {
      this.stats.sent++;
      this.#send(this.#queue.shift()!.packet);
    }
    this.#arm();
  };

  /** One bit of it. */
  #damage(packet: Packet): void {
    const at = packet.start + this.#rng.int(packet.length);
    packet.bytes[at] = packet.bytes[at]! ^ (1 << this.#rng.int(8));
    packet.checksumsGood = false;
  }

  #happens(probability: number): boolean {
    return probability > 0 && this.#rng.float() < probability;
  }

  #drop(): false {
    this.stats.dropped++;
    return false;
  }
}
