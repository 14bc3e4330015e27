import { u32 } from '../bytes.ts';
import type { Packet } from '../packet.ts';
import { type MatchDraft, required } from './match-draft.ts';
import { ApplyError, RuleError } from './option-reader.ts';

/** Words of a packet, found and changed step by step, each among some ranges of numbers (libxt_u32). */
export interface U32Match {
  readonly kind: 'u32';
  readonly invert: boolean;
  readonly tests: readonly U32Test[];
}

interface U32Test {
  /** Of the first word, from the beginning of the IP header. */
  readonly offset: number;
  readonly steps: readonly { readonly operator: Operator; readonly number: number }[];
  readonly ranges: readonly { readonly low: number; readonly high: number }[];
}

const OPERATORS = ['&', '<<', '>>', '@'] as const;
type Operator = (typeof OPERATORS)[number];

/** Of tests, and of each test's numbers and ranges (XT_U32_MAXSIZE). */
const MOST = 10;
const MAX_SHIFT = 31;

export function draftU32(): MatchDraft {
  let match: U32Match | undefined;
  return {
    name: 'u32',
    option(option, reader) {
      if (option !== '--u32') return false;
      const text = reader.value(option);
      match = { kind: 'u32', invert: reader.invert, tests: new TestsReader(text).tests() };
      return true;
    },
    finish: () => required(match, 'u32: option "--u32" must be specified\n'),
  };
}

/** Reads `location = ranges && …`; a location is a number, and numbers behind operators. */
class TestsReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  tests(): U32Test[] {
    const tests = [this.#test()];
    while (this.#accept('&&')) {
      if (tests.length >= MOST) throw this.#fault('too many "&&"s', 2);
      tests.push(this.#test());
    }
    if (this.#rest() !== '') throw this.#fault('expected "," or "&&"');
    return tests;
  }

  #test(): U32Test {
    const offset = this.#number();
    const steps: { operator: Operator; number: number }[] = [];
    while (!this.#accept('=')) {
      const operator = OPERATORS.find((each) => this.#accept(each));
      if (operator === undefined) throw this.#noOperator();
      if (steps.length + 1 >= MOST) throw this.#fault('too many operators', 1);
      const number = this.#number();
      if (number > MAX_SHIFT && (operator === '<<' || operator === '>>'))
        throw new ApplyError('u32: shifts by more than 31 bits');
      steps.push({ operator, number });
    }
    return { offset, steps, ranges: this.#ranges() };
  }

  #noOperator(): RuleError {
    const rest = this.#rest();
    if (rest === '') return new RuleError('u32: abrupt end of input after location specifier');
    const [begun] = rest;
    if (begun === '<' || begun === '>') return this.#fault(`a second '${begun}' was expected`, 1);
    return this.#fault('operator expected');
  }

  #ranges(): U32Test['ranges'] {
    const ranges: { low: number; high: number }[] = [];
    do {
      if (ranges.length >= MOST) throw this.#fault('too many ","s', 1);
      const low = this.#number();
      ranges.push({ low, high: this.#accept(':') ? this.#number() : low });
    } while (this.#accept(','));
    return ranges;
  }

  /** Decimal, hexadecimal or, behind a zero, octal, as strtoul reads it. */
  #number(): number {
    const [word = ''] = /^(?:0x[0-9a-f]+|0[0-7]*|[1-9]\d*)/i.exec(this.#rest()) ?? [];
    const value = /^0[0-7]/.test(word) ? Number.parseInt(word, 8) : Number(word);
    if (word === '' || value > 0xffffffff) throw this.#fault('not a number or out of range');
    this.#at += word.length;
    return value;
  }

  #accept(sign: string): boolean {
    const found = this.#rest().startsWith(sign) && !(sign === '&' && this.#rest().startsWith('&&'));
    if (found) this.#at += sign.length;
    return found;
  }

  /** What is left, behind any spaces. */
  #rest(): string {
    while (this.#text[this.#at] === ' ') this.#at++;
    return this.#text.slice(this.#at);
  }

  #fault(what: string, ahead = 0): RuleError {
    return new RuleError(`u32: at char ${this.#at + ahead}: ${what}`);
  }
}

const hex = (value: number): string => `0x${value.toString(16)}`;

export function printU32({ invert, tests }: U32Match): string {
  const print = ({ offset, steps, ranges }: U32Test): string => {
    const path = steps.map(({ operator, number }) => operator + hex(number)).join('');
    const values = ranges.map(({ low, high }) => (low === high ? hex(low) : `${hex(low)}:${hex(high)}`));
    return `${hex(offset)}${path}=${values.join(',')}`;
  };
  return `${invert ? '! ' : ''}--u32 "${tests.map(print).join('&&')}"`;
}

/** u32_mt (net/netfilter/xt_u32.c). */
export function compileU32({ invert, tests }: U32Match): (packet: Packet) => boolean {
  return (packet) => tests.every((test) => holds(test, packet)) !== invert;
}

function holds({ offset, steps, ranges }: U32Test, packet: Packet): boolean {
  const value = wordAt(packet, offset, steps);
  return value !== undefined && ranges.some(({ low, high }) => value >= low && value <= high);
}

/** `@` moves by the value so far, and reads the word there; undefined past the packet's end. */
function wordAt({ bytes, l3, end }: Packet, offset: number, steps: U32Test['steps']): number | undefined {
  let base = l3;
  if (base + offset + 4 > end) return undefined;
  let value = u32(bytes, base + offset);
  for (const { operator, number } of steps) {
    if (operator === '&') value = (value & number) >>> 0;
    else if (operator === '<<') value = (value << number) >>> 0;
    else if (operator === '>>') value >>>= number;
    else {
      base += value;
      if (base + number + 4 > end) return undefined;
      value = u32(bytes, base + number);
    }
  }
  return value;
}
