import type { Service } from '../../openapi/generated/types.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Rng } from '../../platform/rng.ts';

export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/** A port handed out in an admission answer is held this long for its Service to appear. */
const PENDING_MS = 15_000;

/**
 * Which node ports are taken, by which Service (`namespace/name`). Truth is the Services themselves; this is
 * their index plus what was promised a moment ago. One port number serves one Service, whatever the protocol,
 * except that one Service may use a number for several protocols.
 */
export class NodePortLedger {
  readonly #range: PortRange;
  readonly #clock: Clock;
  readonly #rng: Rng;
  readonly #owners = new Map<number, string>();
  readonly #pending = new Map<number, { owner: string; until: number }>();

  constructor(range: PortRange, clock: Clock, rng: Rng) {
    this.#range = range;
    this.#clock = clock;
    this.#rng = rng;
  }

  get range(): PortRange {
    return this.#range;
  }

  observe(owner: string, previous: Service | undefined, service: Service | undefined): void {
    for (const port of nodePortsOf(previous)) if (this.#owners.get(port) === owner) this.#owners.delete(port);
    for (const port of nodePortsOf(service)) {
      if (!this.#owners.has(port)) this.#owners.set(port, owner);
      this.#pending.delete(port);
    }
  }

  inRange(port: number): boolean {
    return port >= this.#range.first && port <= this.#range.last;
  }

  ownerOf(port: number): string | undefined {
    const pending = this.#pending.get(port);
    if (pending && pending.until <= this.#clock.now()) this.#pending.delete(port);
    return this.#owners.get(port) ?? this.#pending.get(port)?.owner;
  }

  /** Promises a port to a Service; false if another one has it. */
  claim(port: number, owner: string): boolean {
    const present = this.ownerOf(port);
    if (present !== undefined && present !== owner) return false;
    this.#pending.set(port, { owner, until: this.#clock.now() + PENDING_MS });
    return true;
  }

  /**
   * A free port by chance: from the upper band, so that the lower stays for those who choose their own
   * (KEP-3668), and from the lower only when the upper is full. Undefined if nothing is free.
   */
  pick(): number | undefined {
    const { first, last } = this.#range;
    const size = last - first + 1;
    const band = size < 32 ? 0 : Math.min(Math.max(16, Math.floor(size / 32)), 128);
    return this.#pickFrom(first + band, size - band) ?? this.#pickFrom(first, band);
  }

  #pickFrom(first: number, size: number): number | undefined {
    if (size <= 0) return undefined;
    const start = this.#rng.int(size);
    for (let step = 0; step < size; step++) {
      const port = first + ((start + step) % size);
      if (this.ownerOf(port) === undefined) return port;
    }
    return undefined;
  }
}

export function nodePortsOf(service: Service | undefined): number[] {
  const ports = (service?.spec?.ports ?? []).map(({ nodePort }) => nodePort ?? 0);
  return [...ports, service?.spec?.healthCheckNodePort ?? 0].filter((port) => port > 0);
}
