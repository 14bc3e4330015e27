import { maskOf } from '../cidr.ts';
import type { IpVersion } from '../ip-address.ts';
import { KeyTable } from '../key-table.ts';
import { addressWords, type SetEntry, wordsOf } from './set-entry.ts';
import type { SetType } from './set-type.ts';

export interface IpSetOptions {
  /** Only told; the table here grows by itself. */
  readonly hashSize: number;
  /** Further elements are refused. */
  readonly maxElements: number;
  /** Of a bitmap. */
  readonly low: number;
  readonly high: number;
  /** What its addresses are. */
  readonly version: IpVersion;
}

/** One set: its elements are found by hashing, networks once for each prefix length in use. */
export class IpSet {
  readonly type: SetType;
  readonly options: IpSetOptions;
  /** Told by listings; the kernel hashes with it. */
  readonly seed: number;
  #entries: KeyTable<SetEntry>;
  /** How many elements have a network of each prefix length; longest first when looked up. */
  readonly #lengths = new Map<number, number>();
  #inUse: readonly number[] = [];
  /** Where a network's prefix is among the words; -1 for none. */
  readonly #netAt: number;
  readonly #addressWords: number;
  readonly #address: Int32Array;

  constructor(type: SetType, options: IpSetOptions, seed: number) {
    this.type = type;
    this.options = options;
    this.seed = seed;
    this.#entries = new KeyTable(wordsOf(type, options.version));
    const before = type.parts.slice(0, Math.max(0, type.parts.indexOf('net')));
    this.#netAt = type.parts.includes('net') ? wordsOf({ ...type, parts: before }, options.version) : -1;
    this.#addressWords = addressWords(options.version);
    this.#address = new Int32Array(this.#addressWords);
  }

  get size(): number {
    return this.#entries.size;
  }

  get isFull(): boolean {
    return !this.type.isBitmap && this.size >= this.options.maxElements;
  }

  has(entry: SetEntry): boolean {
    return this.#entries.get(entry) !== undefined;
  }

  add(entry: SetEntry): void {
    this.#entries.set(entry, entry);
    this.#count(entry, 1);
  }

  delete(entry: SetEntry): void {
    this.#entries.delete(entry);
    this.#count(entry, -1);
  }

  clear(): void {
    this.#entries = new KeyTable(wordsOf(this.type, this.options.version));
    this.#lengths.clear();
    this.#inUse = [];
  }

  entries(): SetEntry[] {
    const entries = this.#entries.values();
    return this.type.isBitmap ? entries.sort((a, b) => a[0]! - b[0]!) : entries;
  }

  /**
   * Whether a packet's words are in the set. Of a network `key` holds the whole address, and room for a length
   * behind it; both are overwritten.
   */
  matches(key: Int32Array): boolean {
    if (this.#netAt < 0) return this.#entries.get(key) !== undefined;
    const words = this.#addressWords;
    const address = this.#address;
    for (let i = 0; i < words; i++) address[i] = key[this.#netAt + i]!;
    for (const length of this.#inUse) {
      for (let i = 0; i < words; i++) key[this.#netAt + i] = address[i]! & wordMask(length - 32 * i);
      key[this.#netAt + words] = length;
      if (this.#entries.get(key) !== undefined) return true;
    }
    return false;
  }

  #count(entry: SetEntry, by: number): void {
    if (this.#netAt < 0) return;
    const length = entry[this.#netAt + this.#addressWords]!;
    const count = (this.#lengths.get(length) ?? 0) + by;
    if (count > 0) this.#lengths.set(length, count);
    else this.#lengths.delete(length);
    this.#inUse = [...this.#lengths.keys()].sort((a, b) => b - a);
  }
}

/** The mask of one word of an address of which `length` bits are left to keep. */
const wordMask = (length: number): number => maskOf(Math.min(32, Math.max(0, length)));
