import type { IpVersion } from '../ip-address.ts';

/** A fault in a rule's text, in the words of iptables. */
export class RuleError extends Error {}

/** A rule that reads well but cannot be put in force: a missing chain, a loop, a target in the wrong table. */
export class ApplyError extends RuleError {}

/** Walks over a rule's words; `!` is remembered for the option that follows. */
export class OptionReader {
  readonly #words: readonly string[];
  /** What addresses and ICMP types are. */
  readonly version: IpVersion;
  #at: number;
  #invert = false;
  #isInvertRead = false;

  constructor(words: readonly string[], version: IpVersion, from = 0) {
    this.#words = words;
    this.#at = from;
    this.version = version;
  }

  /** The next word that is not `!`, or undefined at the end. */
  next(): string | undefined {
    this.#invert = false;
    this.#isInvertRead = false;
    while (this.#words[this.#at] === '!') {
      if (this.#invert) throw new RuleError("Multiple `!' flags not allowed");
      this.#invert = true;
      this.#at++;
    }
    return this.#words[this.#at++];
  }

  peek(): string | undefined {
    return this.#words[this.#at];
  }

  /** Whether `!` stood before the option. Who does not ask cannot be inverted. */
  get invert(): boolean {
    this.#isInvertRead = true;
    return this.#invert;
  }

  /** To be called when `option` was read for the match or target `owner`. */
  requireInvertible(owner: string, option: string): void {
    if (this.#invert && !this.#isInvertRead)
      throw new RuleError(`${owner}: option "${option}" cannot be inverted.\n`);
  }

  value(option: string): string {
    const word = this.#words[this.#at++];
    if (word === undefined) throw new RuleError(`option "${option}" requires an argument`);
    return word;
  }

  /** The next word as an optional value: not an option, not `!`. */
  optionalValue(): string | undefined {
    const word = this.peek();
    if (word === undefined || word.startsWith('-') || word === '!') return undefined;
    this.#at++;
    return word;
  }
}

/** As strtoul reads it: hexadecimal behind `0x`, octal behind `0`. */
export function parseInteger(text: string, low: number, high: number, what: string): number {
  const value = /^0[0-7]+$/.test(text)
    ? Number.parseInt(text, 8)
    : /^(0x[0-9a-f]+|0|[1-9]\d*)$/i.test(text)
      ? Number(text)
      : Number.NaN;
  if (!(value >= low && value <= high))
    throw new RuleError(`${what}: Bad value for "${what}" option: "${text}"`);
  return value;
}

/** `value[/mask]`, both up to 32 bits. */
export function parseMasked(text: string, what: string): { value: number; mask: number } {
  const [value, mask] = text.split('/');
  return {
    value: parseInteger(value!, 0, 0xffffffff, what),
    mask: mask === undefined ? 0xffffffff : parseInteger(mask, 0, 0xffffffff, what),
  };
}
