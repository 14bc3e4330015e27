import { ADDRESS_WORDS, putAddress, readAddress } from '../address-words.ts';
import type { IpAddress } from '../ip-address.ts';
import { KeyTable } from '../key-table.ts';
import type { Places } from '../netfilter/callers.ts';
import type { DataType, Value } from './data-type.ts';
import type { Counters, ElementSpec, Verdict } from './rule.ts';
import { successor } from './sort-elements.ts';

/** Elements that a set without a `size` may hold; one that packets fill has 65,535 (nft's default). */
const MAX_ELEMENTS = 1 << 20;
const DYNAMIC_SIZE = 65_535;

/** What a set or map was declared as. */
export interface SetSpec {
  readonly key: readonly DataType[];
  /** The parts of the key as they were written, if by `typeof`. */
  readonly keyText: string;
  readonly isTypeof: boolean;
  readonly isMap: boolean;
  readonly data: readonly DataType[] | undefined;
  readonly dataText: string;
  readonly isVerdictMap: boolean;
  readonly flags: readonly SetFlag[];
  readonly size?: number;
  readonly timeoutMs?: number;
  readonly gcIntervalMs?: number;
  readonly counter: boolean;
  readonly autoMerge: boolean;
  readonly policy?: string;
  readonly comment?: string;
}
type Ends = Pick<ElementSpec, 'low' | 'high'>;
export type SetFlag = 'constant' | 'dynamic' | 'interval' | 'timeout';

/** An element in a set. */
export class Element {
  readonly low: readonly Value[];
  readonly high: readonly Value[];
  readonly verdict: Verdict | undefined;
  readonly data: readonly Value[] | undefined;
  readonly comment: string | undefined;
  /** Its own, where it differs from the set's. */
  readonly timeoutMs: number | undefined;
  readonly counters: Counters | undefined;
  /** Milliseconds; past it the element is not there any more. */
  expiresAt = Number.POSITIVE_INFINITY;

  constructor({ low, high, verdict, data, comment, timeoutMs, counters }: ElementSpec) {
    this.low = low;
    this.high = high;
    this.verdict = verdict;
    this.data = data;
    this.comment = comment;
    this.timeoutMs = timeoutMs;
    this.counters = counters;
  }

  get isRange(): boolean {
    return this.low !== this.high;
  }
}

/**
 * A set or map. Exact keys are hashed; ranges of a single value are sorted and searched by halves; ranges inside
 * concatenations are looked through. Elements past their time are never found, and give way when room is short.
 */
export class NftSet {
  readonly name: string;
  readonly handle: number;
  readonly spec: SetSpec;
  /** Rules that refer to it. */
  uses = 0;
  /** Some rule adds elements, or did. */
  isFilledByRules = false;
  /** From where it is asked, or was: see Callers. */
  places: Places = 0;
  /** What is found does not depend on time or on packets seen before. */
  readonly isSteady: boolean;
  readonly #exact: KeyTable<Element>;
  /** By their lower ends, without overlap, if the key is a single value. */
  readonly #ranges: Element[] = [];
  /** All elements are in `ranges`, sorted: those that are single values too. */
  readonly #isSorted: boolean;
  /** Some part of the key takes more than one word. */
  readonly #isWide: boolean;

  constructor(name: string, handle: number, spec: SetSpec) {
    this.name = name;
    this.handle = handle;
    this.spec = spec;
    this.isSteady =
      spec.timeoutMs === undefined && !spec.flags.some((f) => f === 'timeout' || f === 'dynamic');
    this.#isWide = spec.key.some(({ isWide }) => isWide);
    this.#exact = new KeyTable(
      spec.key.reduce((words, { isWide }) => words + (isWide ? ADDRESS_WORDS : 1), 0),
    );
    this.#isSorted = spec.key.length === 1 && spec.flags.includes('interval');
  }

  /** Elements that overlap or touch become one. */
  get mergesRanges(): boolean {
    return this.#isSorted && this.spec.autoMerge;
  }

  get size(): number {
    return this.#exact.size + this.#ranges.length;
  }

  get capacity(): number {
    return this.sizeLimit ?? (this.spec.flags.includes('dynamic') ? DYNAMIC_SIZE : MAX_ELEMENTS);
  }

  /** As listings have it. */
  get sizeLimit(): number | undefined {
    return this.spec.size ?? (this.isFilledByRules ? DYNAMIC_SIZE : undefined);
  }

  /** The element for a key as packets have it, whose words may be signed. */
  lookup(key: ArrayLike<number>, now: number): Element | undefined {
    const found = this.#isSorted
      ? this.#search(this.#isWide ? readAddress(key, 0) : key[0]! >>> 0)
      : (this.#exact.get(key) ?? (this.#ranges.length > 0 ? this.#scan(this.valuesOf(key), now) : undefined));
    return found !== undefined && found.expiresAt > now ? found : undefined;
  }

  /** The very element: of the same ends. */
  find({ low, high }: Ends, now: number): Element | undefined {
    const found = this.#isSorted
      ? this.#search(low[0]!)
      : low === high
        ? this.#exact.get(this.wordsOf(low))
        : this.#scan(low, now);
    if (found === undefined || found.expiresAt <= now) return undefined;
    return same(found.low, low) && same(found.high, high) ? found : undefined;
  }

  /** The elements that cover part of a range, or a value next to one of its ends; of a sorted set. */
  around({ low, high }: Ends): Element[] {
    const found: Element[] = [];
    for (let at = this.#position(successor(high[0]!)); at > 0; at--) {
      const element = this.#ranges[at - 1]!;
      if (successor(element.high[0]!) < low[0]!) break;
      found.push(element);
    }
    return found.reverse();
  }

  /** Whether part of what a range covers is covered already. */
  overlaps({ low, high }: Ends): boolean {
    if (!this.#isSorted) return false;
    const at = this.#position(high[0]!);
    return at > 0 && this.#ranges[at - 1]!.high[0]! >= low[0]!;
  }

  add(element: Element): void {
    if (this.#isSorted) this.#ranges.splice(this.#position(element.low[0]!), 0, element);
    else if (element.isRange) this.#ranges.push(element);
    else this.#exact.set(this.wordsOf(element.low), element);
  }

  remove(element: Element): void {
    if (!this.#isSorted && !element.isRange) return this.#exact.delete(this.wordsOf(element.low));
    const at = this.#ranges.indexOf(element);
    if (at >= 0) this.#ranges.splice(at, 1);
  }

  /** Takes memory of expired elements back; true if there is room for another now. */
  makeRoom(now: number): boolean {
    if (this.size < this.capacity) return true;
    for (const element of this.#all()) if (element.expiresAt <= now) this.remove(element);
    return this.size < this.capacity;
  }

  elements(now: number): Element[] {
    return this.#all().filter(({ expiresAt }) => expiresAt > now);
  }

  /** The values in a packet's key, a value for each part. */
  valuesOf(key: ArrayLike<number>): Value[] {
    let at = 0;
    return this.spec.key.map(({ isWide }) => {
      if (!isWide) return key[at++]! >>> 0;
      at += ADDRESS_WORDS;
      return readAddress(key, at - ADDRESS_WORDS);
    });
  }

  /** The key that a packet with these values has. */
  wordsOf(values: readonly Value[]): ArrayLike<number> {
    if (!this.#isWide) return values as readonly number[];
    const words = new Int32Array(this.spec.key.length * ADDRESS_WORDS);
    let at = 0;
    for (const value of values) {
      if (typeof value === 'bigint') {
        putAddress(words, at, value as IpAddress);
        at += ADDRESS_WORDS;
      } else words[at++] = value;
    }
    return words;
  }

  #all(): Element[] {
    return [...this.#exact.values(), ...this.#ranges];
  }

  /** The index of the first range that begins past `value`. */
  #position(value: Value): number {
    let from = 0;
    let to = this.#ranges.length;
    while (from < to) {
      const middle = (from + to) >>> 1;
      if (this.#ranges[middle]!.low[0]! > value) to = middle;
      else from = middle + 1;
    }
    return from;
  }

  #search(value: Value): Element | undefined {
    const range = this.#ranges[this.#position(value) - 1];
    return range !== undefined && range.high[0]! >= value ? range : undefined;
  }

  #scan(key: readonly Value[], now: number): Element | undefined {
    return this.#ranges.find((each) => each.expiresAt > now && covers(each, key));
  }
}

function covers({ low, high }: Element, key: readonly Value[]): boolean {
  for (let i = 0; i < low.length; i++) {
    const value = key[i]!;
    if (value < low[i]! || value > high[i]!) return false;
  }
  return true;
}

function same(a: readonly Value[], b: readonly Value[]): boolean {
  return a.every((value, index) => value === b[index]);
}
