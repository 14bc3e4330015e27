import type { DataType, Value } from './data-type.ts';
import type { NftChain } from './nft-chain.ts';
import type { Verdict } from './verdict.ts';

/** One part of a key: a value, or all from `low` to `high`. */
export type KeyPart = Value | { readonly low: number; readonly high: number };

export interface SetElement {
  readonly key: readonly KeyPart[];
  readonly comment?: string;
  /** Milliseconds after which it goes; undefined for never. */
  readonly timeout?: number;
  expiresAt?: number;
  /** Where a verdict map leads. */
  readonly verdict?: Verdict;
  /** What another map gives. */
  readonly data?: readonly Value[];
}

export interface SetDeclaration {
  readonly name: string;
  readonly keyTypes: readonly DataType[];
  /** What the keys lead to; undefined for a set. */
  readonly dataTypes?: readonly DataType[] | 'verdict';
  readonly flags: readonly string[];
  /** Milliseconds that an element lives unless it says otherwise. */
  readonly timeout?: number;
  readonly size?: number;
  readonly comment?: string;
}

/**
 * A set or map. Keys without ranges are found in constant time however many there are; ranges by bisection, and
 * ranges inside concatenations one by one.
 */
export class NftSet {
  readonly declaration: SetDeclaration;
  readonly handle: number;
  /** The chain of each rule that refers to it. */
  readonly users: NftChain[] = [];
  readonly #exact = new Map<Value, SetElement>();
  /** Sorted by their low end when `#sorted`. */
  readonly #ranges: SetElement[] = [];
  #sorted = true;

  constructor(declaration: SetDeclaration, handle: number) {
    this.declaration = declaration;
    this.handle = handle;
  }

  get isAnonymous(): boolean {
    return this.declaration.name === '';
  }

  /** Whether an answer may change from one packet to the next without a transaction. */
  get isDynamic(): boolean {
    const { flags, timeout } = this.declaration;
    return timeout !== undefined || flags.includes('dynamic') || flags.includes('timeout');
  }

  get size(): number {
    return this.#exact.size + this.#ranges.length;
  }

  get isFull(): boolean {
    return this.size >= (this.declaration.size ?? Number.POSITIVE_INFINITY);
  }

  /** The element that a packet's values fall on. */
  find(values: readonly Value[], now: number): SetElement | undefined {
    const element =
      this.#exact.get(packKey(values)) ?? (this.#ranges.length > 0 ? this.#inRange(values) : undefined);
    if (element?.expiresAt === undefined || element.expiresAt > now) return element;
    this.remove(element.key);
    return undefined;
  }

  /** The element of exactly that key. */
  get(key: readonly KeyPart[]): SetElement | undefined {
    if (isExact(key)) return this.#exact.get(packKey(key));
    const text = JSON.stringify(key);
    return this.#ranges.find((element) => JSON.stringify(element.key) === text);
  }

  add(element: SetElement): void {
    if (isExact(element.key)) {
      this.#exact.set(packKey(element.key), element);
      return;
    }
    this.#ranges.push(element);
    this.#sorted = false;
  }

  remove(key: readonly KeyPart[]): void {
    if (isExact(key)) {
      this.#exact.delete(packKey(key));
      return;
    }
    const element = this.get(key);
    if (element) this.#ranges.splice(this.#ranges.indexOf(element), 1);
  }

  clear(): void {
    this.#exact.clear();
    this.#ranges.length = 0;
  }

  /** Those of intervals in order, others as they came; without what has expired. */
  elements(now: number): SetElement[] {
    const all = [...this.#exact.values(), ...this.#ranges];
    for (const { key, expiresAt } of all) if (expiresAt !== undefined && expiresAt <= now) this.remove(key);
    const live = all.filter(({ expiresAt }) => expiresAt === undefined || expiresAt > now);
    const isInterval = this.#ranges.length > 0 && this.declaration.keyTypes.length === 1;
    return isInterval ? live.sort((a, b) => lowOf(a.key[0]!) - lowOf(b.key[0]!)) : live;
  }

  #inRange(values: readonly Value[]): SetElement | undefined {
    if (values.length > 1)
      return this.#ranges.find(({ key }) => key.every((part, i) => holds(part, values[i]!)));
    const value = values[0]!;
    if (typeof value === 'string') return undefined;
    if (!this.#sorted) {
      this.#ranges.sort((a, b) => lowOf(a.key[0]!) - lowOf(b.key[0]!));
      this.#sorted = true;
    }
    let low = 0;
    let high = this.#ranges.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (lowOf(this.#ranges[middle]!.key[0]!) <= value) low = middle + 1;
      else high = middle;
    }
    const element = this.#ranges[low - 1];
    return element && holds(element.key[0]!, value) ? element : undefined;
  }
}

function isExact(key: readonly KeyPart[]): key is readonly Value[] {
  return key.every((part) => typeof part !== 'object');
}

/** One Map key for the parts of a concatenation. */
function packKey(values: readonly Value[]): Value {
  return values.length === 1 ? values[0]! : values.join(' ');
}

function lowOf(part: KeyPart): number {
  return typeof part === 'object' ? part.low : Number(part);
}

export function holds(part: KeyPart, value: Value): boolean {
  if (typeof part !== 'object') return part === value;
  return typeof value === 'number' && value >= part.low && value <= part.high;
}
