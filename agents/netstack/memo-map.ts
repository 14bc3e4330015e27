const SLOTS = 64;

/**
 * A Map by number that remembers the last answer for each of a few slots: a look-up of what was asked for
 * before costs no hashing, which for numbers past 2^31 is dear. Absent keys are not remembered.
 */
export class MemoMap<Key extends number, Value> {
  readonly #map = new Map<Key, Value>();
  readonly #keys = new Float64Array(SLOTS).fill(-1);
  readonly #values: (Value | undefined)[] = new Array(SLOTS).fill(undefined);

  get size(): number {
    return this.#map.size;
  }

  get(key: Key): Value | undefined {
    const slot = slotOf(key);
    if (this.#keys[slot] === key) return this.#values[slot];
    const value = this.#map.get(key);
    if (value !== undefined) this.#remember(slot, key, value);
    return value;
  }

  set(key: Key, value: Value): void {
    this.#map.set(key, value);
    this.#remember(slotOf(key), key, value);
  }

  delete(key: Key): boolean {
    const slot = slotOf(key);
    if (this.#keys[slot] === key) {
      this.#keys[slot] = -1;
      this.#values[slot] = undefined;
    }
    return this.#map.delete(key);
  }

  values(): MapIterator<Value> {
    return this.#map.values();
  }

  #remember(slot: number, key: Key, value: Value): void {
    this.#keys[slot] = key;
    this.#values[slot] = value;
  }
}

function slotOf(key: number): number {
  return (key ^ (key >>> 8)) & (SLOTS - 1);
}
