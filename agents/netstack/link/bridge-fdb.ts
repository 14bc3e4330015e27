import type { Mac } from '../mac.ts';
import { MemoMap } from '../memo-map.ts';
import { NetError } from '../net-error.ts';
import type { BridgePort } from './bridge.ts';

/** br_default_ageing_time. */
const AGEING_MS = 300_000;
/** Addresses one bridge remembers; further ones are not learnt, their frames are flooded. */
const MAX_ENTRIES = 16_384;

/** Of the bridge itself, put in by a command, or learnt; only the last grows old. */
export type FdbKind = 'local' | 'static' | 'learnt';

export interface FdbEntry {
  readonly mac: Mac;
  /** Undefined: the bridge device. */
  port: BridgePort | undefined;
  updatedAt: number;
  kind: FdbKind;
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

  /** A known address that shows up at another port moves there, unless it is the bridge's own. Undefined if there is no room. */
  learn(mac: Mac, port: BridgePort, now: number): FdbEntry | undefined {
    const entry = this.#entries.get(mac);
    if (entry === undefined) {
      if (this.#entries.size >= MAX_ENTRIES && !this.#expire(now)) return undefined;
      const learnt: FdbEntry = { mac, port, updatedAt: now, kind: 'learnt' };
      this.#entries.set(mac, learnt);
      return learnt;
    }
    if (entry.kind === 'local') return entry;
    if (entry.port !== port) this.#onChange();
    entry.port = port;
    entry.updatedAt = now;
    return entry;
  }

  /** `bridge fdb add`, or `replace` (fdb_add_entry): EEXIST. */
  set({ mac, port, kind, updatedAt }: FdbEntry, { replace }: { replace: boolean } = { replace: true }): void {
    if (!replace && this.#entries.get(mac) !== undefined) throw new NetError('EEXIST', 'File exists');
    this.#entries.set(mac, { mac, port, kind, updatedAt });
    this.#onChange();
  }

  /** An address of the bridge itself, or of one of its ports. */
  setLocal(mac: Mac, port: BridgePort | undefined): void {
    if (this.#entries.get(mac)?.kind !== 'local') this.set({ mac, port, kind: 'local', updatedAt: 0 });
  }

  delete(mac: Mac): boolean {
    this.#onChange();
    return this.#entries.delete(mac);
  }

  /** `bridge fdb del`: ENOENT if it is not there. */
  deleteAt(mac: Mac, port: BridgePort | undefined): void {
    const entry = this.#entries.get(mac);
    if (entry === undefined || entry.port !== port) throw new NetError('ENOENT', 'No such file or directory');
    this.delete(mac);
  }

  /** Of the addresses of the bridge itself, those remain that another has, too. */
  removePort(
    port: BridgePort,
    otherHolder: (mac: Mac) => { port: BridgePort | undefined } | undefined,
  ): void {
    for (const entry of this.#entries.values()) {
      if (entry.port !== port) continue;
      const other = entry.kind === 'local' ? otherHolder(entry.mac) : undefined;
      if (other === undefined) this.delete(entry.mac);
      else this.set({ ...entry, port: other.port });
    }
  }

  /** Who was behind a port that is down is not known to be there any more. */
  forgetLearntAt(port: BridgePort): void {
    for (const entry of this.#entries.values())
      if (entry.port === port && entry.kind === 'learnt') this.delete(entry.mac);
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
  return entry.kind !== 'learnt' || now - entry.updatedAt < AGEING_MS;
}
