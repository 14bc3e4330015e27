import type { Mac } from '../mac.ts';
import { MemoMap } from '../memo-map.ts';
import type { BridgePort } from './bridge.ts';

/** br_default_ageing_time. */
const AGEING_MS = 300_000;
/** Addresses one bridge remembers; further ones are not learnt, their frames are flooded. */
const MAX_ENTRIES = 16_384;

export interface FdbEntry {
  readonly mac: Mac;
  /** Undefined: the bridge's own address. */
  port: BridgePort | undefined;
  updatedAt: number;
  readonly permanent: boolean;
}

/** Which port an Ethernet address is behind (net/bridge/br_fdb.c). Old entries are found out when asked for. */
export class BridgeFdb {
  readonly #entries = new MemoMap<Mac, FdbEntry>();
  readonly #onChange: () => void;

  /** `onChange` hears of every entry that moves or goes, not of new ones: no frame depended on those. */
  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  lookup(mac: Mac, now: number): FdbEntry | undefined {
    const entry = this.#entries.get(mac);
    if (entry === undefined || isFresh(entry, now)) return entry;
    this.delete(mac);
    return undefined;
  }

  /** A known address that shows up at another port moves there. Undefined if there is no room. */
  learn(mac: Mac, port: BridgePort, now: number): FdbEntry | undefined {
    const entry = this.#entries.get(mac);
    if (entry === undefined) {
      if (this.#entries.size >= MAX_ENTRIES && !this.#expire(now)) return undefined;
      const learnt = { mac, port, updatedAt: now, permanent: false };
      this.#entries.set(mac, learnt);
      return learnt;
    }
    if (entry.permanent) return entry;
    if (entry.port !== port) this.#onChange();
    entry.port = port;
    entry.updatedAt = now;
    return entry;
  }

  setPermanent(mac: Mac, port: BridgePort | undefined): void {
    this.#entries.set(mac, { mac, port, updatedAt: 0, permanent: true });
    this.#onChange();
  }

  delete(mac: Mac): boolean {
    this.#onChange();
    return this.#entries.delete(mac);
  }

  removePort(port: BridgePort): void {
    for (const entry of this.#entries.values()) if (entry.port === port) this.delete(entry.mac);
  }

  list(now: number): FdbEntry[] {
    this.#expire(now);
    return [...this.#entries.values()];
  }

  #expire(now: number): boolean {
    const before = this.#entries.size;
    for (const entry of this.#entries.values()) {
      if (!isFresh(entry, now)) this.delete(entry.mac);
    }
    return this.#entries.size < before;
  }
}

/** Whether an entry still says where frames go. */
export function isFresh(entry: FdbEntry, now: number): boolean {
  return entry.permanent || now - entry.updatedAt < AGEING_MS;
}
