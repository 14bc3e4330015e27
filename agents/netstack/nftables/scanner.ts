import { NftError, type Span } from './nft-error.ts';

export type TokenKind = 'word' | 'number' | 'string' | 'symbol' | 'end';

const SPACE = 1;
const LETTER = 2;
const DIGIT = 4;
/** Besides letters and digits, what a name may go on with. */
const IN_WORD = 8;

const CLASS = new Uint8Array(128);
for (const char of ' \t\r') CLASS[char.charCodeAt(0)] = SPACE;
for (let code = 0; code < 26; code++) {
  CLASS[65 + code] = LETTER;
  CLASS[97 + code] = LETTER;
}
for (let code = 48; code < 58; code++) CLASS[code] = DIGIT;
for (const char of '/-.') CLASS[char.charCodeAt(0)] = IN_WORD;
CLASS['_'.charCodeAt(0)] = LETTER;

const NEWLINE = 10;
const QUOTE = 34;
const HASH = 35;
const BACKSLASH = 92;
const COLON = 58;
const ASTERISK = 42;
const TWO_CHARACTERS = new Set(['==', '!=', '<=', '>=', '<<', '>>']);

/** Splits nft's language into tokens, one at a time; `token` is the one that is next to be read. */
export class Scanner {
  readonly text: string;
  kind: TokenKind = 'end';
  token = '';
  start = 0;
  end = 0;
  /** Where the token before ended. */
  previousEnd = 0;

  constructor(text: string) {
    this.text = text;
    this.advance();
  }

  /** The token that was next; the one after it is next now. */
  take(): string {
    const { token } = this;
    this.advance();
    return token;
  }

  advance(): void {
    const { text } = this;
    this.previousEnd = this.end;
    let at = this.end;
    for (;;) {
      const code = text.charCodeAt(at);
      if (code === BACKSLASH && text.charCodeAt(at + 1) === NEWLINE) at += 2;
      else if (code === HASH) at = endOfLine(text, at);
      else if (code < 128 && CLASS[code] === SPACE) at++;
      else break;
    }
    this.start = at;
    if (at >= text.length) {
      this.kind = 'end';
      this.token = '';
      this.end = at;
      return;
    }
    const code = text.charCodeAt(at);
    const kind = code < 128 ? CLASS[code] : 0;
    if ((kind === LETTER || kind === DIGIT || code === COLON) && this.#isIpv6At(at)) return this.#ipv6(at);
    if (kind === LETTER) return this.#read('word', at, LETTER | DIGIT | IN_WORD);
    if (kind === DIGIT) return this.#number(at);
    if (code === QUOTE) return this.#string(at);
    const two = text.slice(at, at + 2);
    this.kind = 'symbol';
    this.token = TWO_CHARACTERS.has(two) ? two : text[at]!;
    this.end = at + this.token.length;
  }

  span(): Span {
    return { start: this.start, end: this.end };
  }

  unexpected(wanted?: string): NftError {
    const found =
      this.kind === 'end'
        ? 'end of file'
        : this.token === '\n'
          ? 'newline'
          : this.kind === 'string'
            ? 'quoted string'
            : this.token;
    const hint = wanted === undefined ? '' : `, expecting ${wanted}`;
    return new NftError(`syntax error, unexpected ${found}${hint}`, this.span());
  }

  #read(kind: TokenKind, from: number, classes: number): void {
    const { text } = this;
    let at = from + 1;
    for (; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code >= 128 || (CLASS[code]! & classes) === 0) break;
    }
    // The names of devices that begin so.
    if (text.charCodeAt(at) === ASTERISK) at++;
    this.kind = kind;
    this.token = text.slice(from, at);
    this.end = at;
  }

  /** Numbers, addresses and times: digits, letters and dots. */
  #number(from: number): void {
    const { text } = this;
    let at = from + 1;
    for (; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code >= 128 || ((CLASS[code]! & (LETTER | DIGIT)) === 0 && code !== 46)) break;
    }
    this.kind = 'number';
    this.token = text.slice(from, at);
    this.end = at;
  }

  /** Two colons with at most four hexadecimal digits before each: nothing else in the language looks so. */
  #isIpv6At(from: number): boolean {
    const first = this.#afterGroup(from);
    return (
      this.text.charCodeAt(first) === COLON && this.text.charCodeAt(this.#afterGroup(first + 1)) === COLON
    );
  }

  #afterGroup(from: number): number {
    let at = from;
    while (at < from + 4 && isHexDigit(this.text.charCodeAt(at))) at++;
    return at;
  }

  #ipv6(from: number): void {
    const { text } = this;
    let at = from;
    while (isHexDigit(text.charCodeAt(at)) || text.charCodeAt(at) === COLON || text.charCodeAt(at) === 46)
      at++;
    this.kind = 'number';
    this.token = text.slice(from, at);
    this.end = at;
  }

  #string(from: number): void {
    const close = this.text.indexOf('"', from + 1);
    const newline = endOfLine(this.text, from);
    if (close < 0 || close > newline) {
      throw new NftError('syntax error, unexpected junk', { start: from, end: from + 1 });
    }
    this.kind = 'string';
    this.token = this.text.slice(from + 1, close);
    this.end = close + 1;
  }
}

function isHexDigit(code: number): boolean {
  return (code >= 48 && code <= 57) || ((code | 32) >= 97 && (code | 32) <= 102);
}

function endOfLine(text: string, from: number): number {
  const at = text.indexOf('\n', from);
  return at < 0 ? text.length : at;
}
