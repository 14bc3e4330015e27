import { maskOf } from '../cidr.ts';
import { KeyTable } from '../key-table.ts';
import type { SetElement, SetEntry } from './set-element.ts';
import type { IpSetOptions } from './set-options.ts';
import { addressWords, type SetType, wordsOf } from './set-type.ts';

/** A part that is a network: where it begins among the words, and the lengths that elements have of it. */
interface NetPart {
  readonly at: number;
  /** How many elements have each length. */
  readonly counts: Map<number, number>;
  /** The longest first. */
  lengths: readonly number[];
  /** The address that is being looked up. */
  readonly address: Int32Array;
}

/** One set: its elements are found by hashing, networks once for each prefix length in use. */
export class IpSet {
  readonly type: SetType;
  readonly options: IpSetOptions;
  /** Told by listings; the kernel hashes with it. */
  readonly seed: number;
  #elements: KeyTable<SetElement>;
  #nets: readonly NetPart[] = [];
  readonly #addressWords: number;
  /** Of hash:net,iface: how many devices each network has elements for. */
  readonly #networks: KeyTable<{ devices: number }> | undefined;

  constructor(type: SetType, options: IpSetOptions, seed: number) {
    this.type = type;
    this.options = options;
    this.seed = seed;
    this.#addressWords = addressWords(options.version);
    this.#elements = this.#emptied();
    if (type.parts[1] === 'iface') this.#networks = new KeyTable(this.#addressWords + 1);
  }

  /** Whether its answers change by rules and commands alone, not by time. */
  get isSteady(): boolean {
    return this.options.timeout === undefined;
  }

  /** The bits of an address's word that elements keep. */
  netmaskWord(word: number): number {
    const { netmask } = this.options;
    return netmask === undefined ? -1 : wordMask(netmask - 32 * word) | 0;
  }

  /** Of a bitmap: whether it has a place for a value. */
  isInRange(value: number): boolean {
    return value >= this.options.low && value <= this.options.high;
  }

  get isFull(): boolean {
    return !this.type.isBitmap && this.#elements.size >= this.options.maxElements;
  }

  get(entry: SetEntry, now: number): SetElement | undefined {
    const element = this.#elements.get(entry);
    return element !== undefined && element.expiresAt > now ? element : undefined;
  }

  /** In place of what has the same key. */
  set(element: SetElement): void {
    this.delete(element.entry);
    this.#elements.set(element.entry, element);
    this.#count(element.entry, 1);
  }

  delete(entry: SetEntry): void {
    if (this.#elements.get(entry) === undefined) return;
    this.#elements.delete(entry);
    this.#count(entry, -1);
  }

  clear(): void {
    for (const { entry } of this.#elements.values()) this.#countDevices(entry, -1);
    this.#elements = this.#emptied();
  }

  /** Takes back what has expired. */
  collect(now: number): void {
    if (this.isSteady) return;
    for (const { entry, expiresAt } of this.#elements.values()) if (expiresAt <= now) this.delete(entry);
  }

  /** Bitmaps in their order, others in none. */
  elements(now: number): SetElement[] {
    const elements = this.#elements.values().filter(({ expiresAt }) => expiresAt > now);
    return this.type.isBitmap ? elements.sort((a, b) => a.entry[0]! - b.entry[0]!) : elements;
  }

  /**
   * The element that a packet's words are in, of the longest networks. Of a network `key` holds the whole address, and
   * room for a length behind it; both are overwritten.
   */
  find(key: Int32Array, now: number): SetElement | undefined {
    for (const { at, address } of this.#nets)
      for (let i = 0; i < this.#addressWords; i++) address[i] = key[at + i]!;
    const found = this.#findFrom(0, key, now);
    return found !== undefined && found.expiresAt > now ? found : undefined;
  }

  #findFrom(index: number, key: Int32Array, now: number): SetElement | undefined {
    const net = this.#nets[index];
    if (net === undefined) return this.#elements.get(key);
    const words = this.#addressWords;
    for (const length of net.lengths) {
      for (let i = 0; i < words; i++) key[net.at + i] = net.address[i]! & wordMask(length - 32 * i);
      key[net.at + words] = length;
      const found = this.#findFrom(index + 1, key, now);
      if (found !== undefined && found.expiresAt > now) return found;
      // A network that is there for another device ends the search (hash_netiface4_data_equal, multi).
      if (this.#networks?.get(key) !== undefined) return undefined;
    }
    return undefined;
  }

  #emptied(): KeyTable<SetElement> {
    const { parts } = this.type;
    const { version } = this.options;
    const beginOf = (index: number): number => wordsOf({ parts: parts.slice(0, index) }, version);
    this.#nets = parts.flatMap((part, index) =>
      part === 'net'
        ? [
            {
              at: beginOf(index),
              counts: new Map(),
              lengths: [],
              address: new Int32Array(this.#addressWords),
            },
          ]
        : [],
    );
    return new KeyTable(wordsOf(this.type, version));
  }

  #count(entry: SetEntry, by: 1 | -1): void {
    this.#countDevices(entry, by);
    for (const net of this.#nets) {
      const length = entry[net.at + this.#addressWords]!;
      const count = (net.counts.get(length) ?? 0) + by;
      if (count > 0) net.counts.set(length, count);
      else net.counts.delete(length);
      if (count === 0 || count === by) net.lengths = [...net.counts.keys()].sort((a, b) => b - a);
    }
  }

  #countDevices(entry: SetEntry, by: 1 | -1): void {
    if (this.#networks === undefined) return;
    const network = this.#networks.get(entry) ?? { devices: 0 };
    network.devices += by;
    if (network.devices === 0) this.#networks.delete(entry);
    else this.#networks.set(entry, network);
  }
}

/** The mask of one word of an address of which `length` bits are left to keep. */
const wordMask = (length: number): number => maskOf(Math.min(32, Math.max(0, length)));
