import type { Clock, Timer } from '../../platform/clock.ts';

export interface UdpFlowsOptions<F> {
  readonly clock: Clock;
  readonly idleMs: number;
  /** When there are this many, a new one takes the place of the one that was silent for longest. */
  readonly most: number;
  readonly close: (flow: F) => void;
}

interface Entry<F> {
  readonly flow: F;
  usedAt: number;
}

/** Conversations over UDP, where nobody says goodbye: they end by silence, or when there are too many. */
export class UdpFlows<F> {
  readonly #options: UdpFlowsOptions<F>;
  /** The one that was silent for longest comes first. */
  readonly #entries = new Map<string, Entry<F>>();
  #timer: Timer | undefined;

  constructor(options: UdpFlowsOptions<F>) {
    this.#options = options;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** A flow, which is in use by being asked for. */
  get(key: string): F | undefined {
    const entry = this.#entries.get(key);
    if (!entry) return undefined;
    entry.usedAt = this.#options.clock.now();
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry.flow;
  }

  add(key: string, flow: F): void {
    const { clock, idleMs, most } = this.#options;
    const [oldest] = this.#entries.keys();
    if (oldest !== undefined && this.#entries.size >= most) this.delete(oldest);
    this.#entries.set(key, { flow, usedAt: clock.now() });
    this.#timer ??= clock.setTimeout(() => this.#expire(), idleMs);
  }

  delete(key: string): void {
    const entry = this.#entries.get(key);
    this.#entries.delete(key);
    if (entry) this.#options.close(entry.flow);
  }

  closeAll(): void {
    this.#options.clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const key of [...this.#entries.keys()]) this.delete(key);
  }

  #expire(): void {
    const { clock, idleMs } = this.#options;
    this.#timer = undefined;
    for (const [key, { usedAt }] of this.#entries) {
      const left = usedAt + idleMs - clock.now();
      if (left > 0) {
        this.#timer = clock.setTimeout(() => this.#expire(), left);
        return;
      }
      this.delete(key);
    }
  }
}
