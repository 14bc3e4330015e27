const FIRST_SLOTS = 8;

/**
 * A hash table whose keys are a fixed number of 32-bit words: a look-up costs the same for ten entries as for
 * a hundred thousand, and needs no memory. Linear probing; a removal moves what follows it back.
 */
export class KeyTable<Value extends object> {
  readonly #words: number;
  #keys: Int32Array;
  #values: (Value | undefined)[];
  #size = 0;

  constructor(words: number) {
    this.#words = words;
    this.#keys = new Int32Array(FIRST_SLOTS * words);
    this.#values = new Array(FIRST_SLOTS).fill(undefined);
  }

  get size(): number {
    return this.#size;
  }

  get(key: ArrayLike<number>): Value | undefined {
    return this.#values[this.#find(key)];
  }

  set(key: ArrayLike<number>, value: Value): void {
    if ((this.#size + 1) * 2 > this.#values.length) this.#grow();
    const slot = this.#find(key);
    if (this.#values[slot] === undefined) this.#size++;
    this.#values[slot] = value;
    for (let i = 0; i < this.#words; i++) this.#keys[slot * this.#words + i] = key[i]!;
  }

  delete(key: ArrayLike<number>): void {
    const mask = this.#values.length - 1;
    let hole = this.#find(key);
    if (this.#values[hole] === undefined) return;
    this.#values[hole] = undefined;
    this.#size--;
    for (let slot = (hole + 1) & mask; this.#values[slot] !== undefined; slot = (slot + 1) & mask) {
      const home = this.#hashAt(slot) & mask;
      if (((slot - home) & mask) < ((slot - hole) & mask)) continue;
      this.#move(slot, hole);
      hole = slot;
    }
  }

  values(): Value[] {
    return this.#values.filter((value) => value !== undefined);
  }

  #move(from: number, to: number): void {
    const words = this.#words;
    this.#keys.copyWithin(to * words, from * words, (from + 1) * words);
    this.#values[to] = this.#values[from];
    this.#values[from] = undefined;
  }

  /** The slot of a key, or the empty one where it would go. */
  #find(key: ArrayLike<number>): number {
    const keys = this.#keys;
    const words = this.#words;
    const mask = this.#values.length - 1;
    let hash = 0;
    for (let i = 0; i < words; i++) hash = mix(hash, key[i]!);
    for (let slot = finish(hash) & mask; ; slot = (slot + 1) & mask) {
      if (this.#values[slot] === undefined) return slot;
      let i = 0;
      while (i < words && keys[slot * words + i] === (key[i]! | 0)) i++;
      if (i === words) return slot;
    }
  }

  #hashAt(slot: number): number {
    let hash = 0;
    for (let i = 0; i < this.#words; i++) hash = mix(hash, this.#keys[slot * this.#words + i]!);
    return finish(hash);
  }

  #grow(): void {
    const keys = this.#keys;
    const values = this.#values;
    const words = this.#words;
    const slots = values.length * 2;
    this.#keys = new Int32Array(slots * words);
    this.#values = new Array(slots).fill(undefined);
    for (let slot = 0; slot < values.length; slot++) {
      const value = values[slot];
      if (value === undefined) continue;
      const to = this.#find(keys.subarray(slot * words, (slot + 1) * words));
      this.#values[to] = value;
      for (let i = 0; i < words; i++) this.#keys[to * words + i] = keys[slot * words + i]!;
    }
  }
}

/** The rounds of murmur3. */
function mix(hash: number, word: number): number {
  const scrambled = Math.imul(word, 0xcc9e2d51);
  const mixed = hash ^ Math.imul((scrambled << 15) | (scrambled >>> 17), 0x1b873593);
  return (Math.imul((mixed << 13) | (mixed >>> 19), 5) + 0xe6546b64) | 0;
}

function finish(hash: number): number {
  let h = hash ^ (hash >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return h ^ (h >>> 16);
}
