import {
  anyOf,
  anything,
  type CharClass,
  foldingCase,
  negated,
  notNewline,
  PERL,
  POSIX,
  range,
  single,
  unicodeClass,
} from './char-class.ts';

export type Assertion = 'textStart' | 'textEnd' | 'lineStart' | 'lineEnd' | 'wordBoundary' | 'noWordBoundary';

/** A regular expression taken apart. Greediness is gone: whether there is a match does not depend on it. */
export type Expression =
  | { readonly kind: 'char'; readonly matches: CharClass }
  | { readonly kind: 'assert'; readonly assertion: Assertion }
  | { readonly kind: 'sequence'; readonly parts: readonly Expression[] }
  | { readonly kind: 'choice'; readonly parts: readonly Expression[] }
  | { readonly kind: 'repeat'; readonly part: Expression; readonly least: number; readonly most: number };

/** A pattern that is not RE2's; the message is Go's. */
export class PatternError extends Error {
  override readonly name = 'PatternError';
}

/** RE2's own bounds: a counted repetition, also one inside another, stands for at most so many copies. */
const MAX_REPEAT = 1000;
const MAX_DEPTH = 250;

interface Flags {
  readonly ignoreCase: boolean;
  readonly multiLine: boolean;
  readonly dotAll: boolean;
}

/** Reads RE2 syntax (github.com/google/re2/wiki/Syntax), which has no back references and no look-around. */
export function parsePattern(pattern: string): Expression {
  return new PatternParser(pattern).parse();
}

class PatternParser {
  readonly #chars: readonly string[];
  #at = 0;
  #depth = 0;
  #flags: Flags = { ignoreCase: false, multiLine: false, dotAll: false };

  constructor(pattern: string) {
    this.#chars = [...pattern];
  }

  parse(): Expression {
    const expression = this.#choice();
    if (this.#at < this.#chars.length) throw failure('unexpected )', this.#chars.join(''));
    checkRepeats(expression, MAX_REPEAT, this.#chars.join(''));
    return expression;
  }

  #choice(): Expression {
    if (++this.#depth > MAX_DEPTH) throw failure('expression nests too deeply', this.#chars.join(''));
    const flags = this.#flags;
    const parts = [this.#sequence()];
    while (this.#take('|')) parts.push(this.#sequence());
    this.#flags = flags;
    this.#depth--;
    return parts.length === 1 ? parts[0]! : { kind: 'choice', parts };
  }

  #sequence(): Expression {
    const parts: Expression[] = [];
    while (this.#at < this.#chars.length && this.#peek() !== '|' && this.#peek() !== ')') {
      const begin = this.#at;
      const item = this.#item();
      if (item) parts.push(this.#repeated(item, begin));
    }
    return parts.length === 1 ? parts[0]! : { kind: 'sequence', parts };
  }

  #repeated(item: Expression, begin: number): Expression {
    let result = item;
    let isRepeated = false;
    for (;;) {
      const from = this.#at;
      const bounds = this.#bounds();
      if (!bounds) return result;
      if (isRepeated) throw failure('invalid nested repetition operator', this.#text(begin));
      this.#take('?');
      const [least, most] = bounds;
      if (least > MAX_REPEAT || (most !== Number.POSITIVE_INFINITY && most > MAX_REPEAT) || least > most) {
        throw failure('invalid repeat count', this.#text(from));
      }
      result = { kind: 'repeat', part: result, least, most };
      isRepeated = true;
    }
  }

  /** What follows an item: how often it stands; undefined for anything else. */
  #bounds(): readonly [number, number] | undefined {
    if (this.#take('*')) return [0, Number.POSITIVE_INFINITY];
    if (this.#take('+')) return [1, Number.POSITIVE_INFINITY];
    if (this.#take('?')) return [0, 1];
    if (this.#peek() !== '{') return undefined;
    // What is not a count is the characters themselves.
    const match = /^\{(\d{1,6})(,(\d{0,6}))?\}/.exec(this.#chars.slice(this.#at, this.#at + 16).join(''));
    if (!match) return undefined;
    this.#at += match[0].length;
    const least = Number(match[1]);
    if (match[2] === undefined) return [least, least];
    return [least, match[3] === '' ? Number.POSITIVE_INFINITY : Number(match[3])];
  }

  #item(): Expression | undefined {
    const char = this.#next();
    switch (char) {
      case '(':
        return this.#group();
      case '[':
        return this.#one(this.#class());
      case '.':
        return { kind: 'char', matches: this.#flags.dotAll ? anything : notNewline };
      case '^':
        return { kind: 'assert', assertion: this.#flags.multiLine ? 'lineStart' : 'textStart' };
      case '$':
        return { kind: 'assert', assertion: this.#flags.multiLine ? 'lineEnd' : 'textEnd' };
      case '*':
      case '+':
      case '?':
        throw failure('missing argument to repetition operator', char);
      case '\\':
        return this.#escaped();
      default:
        return this.#one(single(codeOf(char)));
    }
  }

  #one(matches: CharClass): Expression {
    return { kind: 'char', matches: this.#flags.ignoreCase ? foldingCase(matches) : matches };
  }

  /** Undefined for flags that only change what follows. */
  #group(): Expression | undefined {
    const begin = this.#at - 1;
    const outer = this.#flags;
    if (this.#take('?')) {
      const rest = this.#chars.slice(this.#at, this.#at + 128).join('');
      const name = /^(?:P?<[A-Za-z_][A-Za-z0-9_]*>)/.exec(rest);
      const flags = /^([imsU]*)(?:-([imsU]+))?([:)])/.exec(rest);
      if (name) this.#at += name[0].length;
      else if (flags) {
        this.#at += flags[0].length;
        this.#flags = withFlags(withFlags(outer, flags[1] ?? '', true), flags[2] ?? '', false);
        if (flags[3] === ')') return undefined;
      } else throw failure('invalid or unsupported Perl syntax', this.#text(begin, this.#at + 1));
    }
    const inner = this.#choice();
    if (!this.#take(')')) throw failure('missing closing )', this.#chars.join(''));
    this.#flags = outer;
    return inner;
  }

  #escaped(): Expression {
    const char = this.#next();
    switch (char) {
      case 'A':
        return { kind: 'assert', assertion: 'textStart' };
      case 'z':
        return { kind: 'assert', assertion: 'textEnd' };
      case 'b':
        return { kind: 'assert', assertion: 'wordBoundary' };
      case 'B':
        return { kind: 'assert', assertion: 'noWordBoundary' };
      case 'Q':
        return this.#literal();
      default:
        return this.#one(this.#escapedClass(char));
    }
  }

  /** `\Q…\E`. */
  #literal(): Expression {
    const parts: Expression[] = [];
    while (this.#at < this.#chars.length) {
      if (this.#peek() === '\\' && this.#chars[this.#at + 1] === 'E') {
        this.#at += 2;
        break;
      }
      parts.push(this.#one(single(codeOf(this.#next()))));
    }
    return { kind: 'sequence', parts };
  }

  #escapedClass(char: string): CharClass {
    const perl = PERL[char.toLowerCase()];
    if (perl && /[dwsDWS]/.test(char)) return char === char.toLowerCase() ? perl : negated(perl);
    if (char === 'p' || char === 'P') return this.#unicode(char === 'P');
    return single(this.#escapedCode(char));
  }

  #unicode(isNegated: boolean): CharClass {
    const begin = this.#at - 2;
    let name = this.#next();
    if (name === '{') {
      name = '';
      while (this.#peek() !== '}') name += this.#next();
      this.#at++;
    }
    const inverse = name.startsWith('^');
    const found = unicodeClass(inverse ? name.slice(1) : name);
    if (!found) throw failure('invalid character class range', this.#text(begin));
    return isNegated !== inverse ? negated(found) : found;
  }

  #escapedCode(char: string): number {
    const control = CONTROLS[char];
    if (control !== undefined) return control;
    if (char === 'x') return this.#hex();
    if (/[0-7]/.test(char)) {
      const digits = /^[0-7]{0,2}/.exec(this.#chars.slice(this.#at, this.#at + 2).join(''))?.[0] ?? '';
      // A lone digit would be a back reference.
      if (char === '0' || digits.length > 0) {
        this.#at += digits.length;
        return Number.parseInt(char + digits, 8);
      }
    }
    if (/[A-Za-z0-9]/.test(char)) throw failure('invalid escape sequence', `\\${char}`);
    return codeOf(char);
  }

  #hex(): number {
    const rest = this.#chars.slice(this.#at, this.#at + 10).join('');
    const match = /^(?:([0-9A-Fa-f]{2})|\{([0-9A-Fa-f]{1,8})\})/.exec(rest);
    const code = match ? Number.parseInt(match[1] ?? match[2] ?? '', 16) : Number.NaN;
    if (!match || code > 0x10ffff) throw failure('invalid escape sequence', '\\x');
    this.#at += match[0].length;
    return code;
  }

  #class(): CharClass {
    const begin = this.#at - 1;
    const isNegated = this.#take('^');
    const classes: CharClass[] = [];
    for (let isFirst = true; isFirst || this.#peek() !== ']'; isFirst = false) {
      if (this.#at >= this.#chars.length) throw failure('missing closing ]', this.#text(begin));
      classes.push(this.#posix() ?? this.#classItem(begin));
    }
    this.#at++;
    const found = this.#flags.ignoreCase ? foldingCase(anyOf(classes)) : anyOf(classes);
    return isNegated ? negated(found) : found;
  }

  /** `[:alpha:]` inside a class. */
  #posix(): CharClass | undefined {
    const match = /^\[:(\^?)([a-z]+):\]/.exec(this.#chars.slice(this.#at, this.#at + 16).join(''));
    if (!match) return undefined;
    this.#at += match[0].length;
    const name = match[2] ?? '';
    const found = Object.hasOwn(POSIX, name) ? POSIX[name] : undefined;
    if (!found) throw failure('invalid character class range', match[0]);
    return match[1] === '^' ? negated(found) : found;
  }

  #classItem(begin: number): CharClass {
    const from = this.#classEnd();
    if (typeof from === 'function') return from;
    if (this.#peek() !== '-' || this.#chars[this.#at + 1] === ']') return single(from);
    this.#at++;
    const to = this.#classEnd();
    if (typeof to === 'function' || to < from) {
      throw failure('invalid character class range', this.#text(begin + 1));
    }
    return range(from, to);
  }

  #classEnd(): number | CharClass {
    const char = this.#next();
    if (char !== '\\') return codeOf(char);
    const escaped = this.#next();
    return /[dwsDWSpP]/.test(escaped) ? this.#escapedClass(escaped) : this.#escapedCode(escaped);
  }

  #peek(): string | undefined {
    return this.#chars[this.#at];
  }

  #next(): string {
    const char = this.#chars[this.#at++];
    if (char === undefined) throw failure('trailing backslash at end of expression', '');
    return char;
  }

  #take(char: string): boolean {
    if (this.#peek() !== char) return false;
    this.#at++;
    return true;
  }

  #text(from: number, to = this.#at): string {
    return this.#chars.slice(from, to).join('');
  }
}

const CONTROLS: Readonly<Record<string, number>> = {
  a: 0x07,
  f: 0x0c,
  n: 0x0a,
  r: 0x0d,
  t: 0x09,
  v: 0x0b,
};

function codeOf(char: string): number {
  return char.codePointAt(0) ?? 0;
}

function withFlags(flags: Flags, names: string, value: boolean): Flags {
  return {
    ignoreCase: names.includes('i') ? value : flags.ignoreCase,
    multiLine: names.includes('m') ? value : flags.multiLine,
    dotAll: names.includes('s') ? value : flags.dotAll,
  };
}

/** `(a{100}){100}` is as large as `a{10000}`. */
function checkRepeats(expression: Expression, left: number, pattern: string): void {
  if (expression.kind === 'repeat') {
    const { part, least, most } = expression;
    const copies = Math.max(1, most === Number.POSITIVE_INFINITY ? least : most);
    if (copies > left) throw failure('invalid repeat count', pattern);
    checkRepeats(part, Math.floor(left / copies), pattern);
  } else if ('parts' in expression) {
    for (const part of expression.parts) checkRepeats(part, left, pattern);
  }
}

function failure(what: string, where: string): PatternError {
  const shown = where.length > 256 ? `${where.slice(0, 256)}…` : where;
  return new PatternError(`error parsing regexp: ${what}${shown === '' ? '' : `: \`${shown}\``}`);
}
