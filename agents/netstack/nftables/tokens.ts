import { NftError } from './nft-error.ts';

/** Ends a command: a line's end or a semicolon. */
export const END = '\n';

/** Characters that end a word; those of `MARKS` are words of their own, alone or as one of `PAIRS`. */
const MARKS = '{}(),:=<>&|^@!';
const PAIRS: ReadonlySet<string> = new Set(['!=', '==', '<=', '>=']);
const ENDS_WORD = new Uint8Array(128);
for (const character of `${MARKS} \t\r\n;"#\\`) ENDS_WORD[character.charCodeAt(0)] = 1;
const IS_MARK = new Uint8Array(128);
for (const character of MARKS) IS_MARK[character.charCodeAt(0)] = 1;

const endsWord = (code: number): boolean => code < 128 && ENDS_WORD[code] === 1;

/**
 * Walks over a text's tokens, of which only the line at hand is kept. Names may hold `/`, `.` and `-`; a lone `/`
 * or `.` is a word of its own. What is missing or unexpected is an NftError.
 */
export class TokenReader {
  readonly #text: string;
  /** Where the next line begins. */
  #next = 0;
  #line = 0;
  /** What is read and not yet forgotten, token by token: its text, where it stands, whether it was quoted. */
  #texts: string[] = [];
  #lines: number[] = [];
  #columns: number[] = [];
  #quoted: boolean[] = [];
  #at = 0;
  /** While it is above 0 nothing read is forgotten. */
  #held = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get done(): boolean {
    return this.peek() === undefined;
  }

  /** The place of the next token, or of the last one at the end, for messages. */
  get here(): { line: number; column: number; length: number } {
    const at = Math.min(this.#at, this.#texts.length - 1);
    const length = this.#texts[at]?.trim().length || 1;
    return { line: this.#lines[at] ?? 1, column: this.#columns[at] ?? 1, length };
  }

  /** Undefined at the end of the text. */
  peek(ahead = 0): string | undefined {
    while (this.#texts.length <= this.#at + ahead) if (!this.#readLine()) return undefined;
    return this.#texts[this.#at + ahead];
  }

  get isQuoted(): boolean {
    return this.peek() !== undefined && this.#quoted[this.#at]!;
  }

  /** The next word that does not end the command. */
  word(what: string): string {
    const text = this.peek();
    if (text === undefined || text === END) throw this.unexpected(what);
    this.#at++;
    return text;
  }

  /** Takes the next word if it is `text`. */
  take(text: string): boolean {
    if (this.peek() !== text || this.isQuoted) return false;
    this.#at++;
    return true;
  }

  expect(text: string): void {
    if (!this.take(text)) throw this.unexpected(text === END ? 'newline' : text);
  }

  /** Past line ends and semicolons. */
  skipEnds(): void {
    while (this.peek() === END) this.#at++;
  }

  /** Runs `read` and comes back to where it began. */
  ahead(read: () => void): void {
    const at = this.#at;
    this.#held++;
    read();
    this.#held--;
    this.#at = at;
  }

  /** Past a block's end, with the blocks in it; its opening brace has been taken. */
  skipBlock(): void {
    for (let depth = 1; depth > 0; this.#at++) {
      if (this.done) throw this.unexpected('}');
      if (this.isQuoted) continue;
      if (this.peek() === '{') depth++;
      if (this.peek() === '}') depth--;
    }
  }

  /** Whether the command is over here: its line ends, or its block does. */
  get atEnd(): boolean {
    const text = this.peek();
    return text === undefined || text === END || (text === '}' && !this.isQuoted);
  }

  unexpected(expected: string): NftError {
    const text = this.peek();
    const found = text === undefined ? 'end of file' : text === END ? 'newline' : text;
    return new NftError(`syntax error, unexpected ${found}, expecting ${expected}`);
  }

  /** Reads the tokens of one more line, with those that a backslash joins to it; false at the end. */
  #readLine(): boolean {
    const text = this.#text;
    if (this.#next >= text.length) return false;
    // The line's last token stays, for messages about what is missing behind it.
    if (this.#held === 0 && this.#at === this.#texts.length) this.#forget();
    this.#line++;
    let lineStart = this.#next;
    let at = this.#next;
    while (at < text.length) {
      const code = text.charCodeAt(at);
      if (code === 10) break;
      if (code === 32 || code === 9 || code === 13) at++;
      else if (code === 35) at = endOfLine(text, at);
      else if (code === 92 && text.charCodeAt(at + 1) === 10) {
        at += 2;
        this.#line++;
        lineStart = at;
      } else at = this.#readToken(at, at - lineStart + 1);
    }
    if (at < text.length) this.#push(END, at - lineStart + 1, false);
    this.#next = at + 1;
    return true;
  }

  /** Where the token ends. */
  #readToken(from: number, column: number): number {
    const text = this.#text;
    const code = text.charCodeAt(from);
    if (code === 34) {
      const end = text.indexOf('"', from + 1);
      if (end < 0 || end > endOfLine(text, from))
        throw new NftError(`syntax error, unterminated string at line ${this.#line}`);
      this.#push(text.slice(from + 1, end), column, true);
      return end + 1;
    }
    let end = from + 1;
    if (code === 59) this.#push(END, column, false);
    else if (code < 128 && IS_MARK[code] === 1) {
      if (PAIRS.has(text.slice(from, from + 2))) end++;
      this.#push(text.slice(from, end), column, false);
    } else if (code === 92) {
      throw new NftError(`syntax error, unexpected backslash at line ${this.#line}`);
    } else {
      while (end < text.length && !endsWord(text.charCodeAt(end))) end++;
      this.#push(text.slice(from, end), column, false);
    }
    return end;
  }

  #push(text: string, column: number, quoted: boolean): void {
    this.#texts.push(text);
    this.#lines.push(this.#line);
    this.#columns.push(column);
    this.#quoted.push(quoted);
  }

  #forget(): void {
    this.#texts.length = this.#lines.length = this.#columns.length = this.#quoted.length = 0;
    this.#at = 0;
  }
}

function endOfLine(text: string, from: number): number {
  const end = text.indexOf('\n', from);
  return end < 0 ? text.length : end;
}
