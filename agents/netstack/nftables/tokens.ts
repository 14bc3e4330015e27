import { NftError } from './nft-error.ts';

export interface Token {
  /** A quoted string keeps what was between its quotes. */
  readonly text: string;
  readonly quoted: boolean;
  readonly line: number;
  /** From 1. */
  readonly column: number;
}

/** Ends a command: a line's end or a semicolon. */
export const END = '\n';

const PATTERN =
  /\\\n|[ \t\r]+|#[^\n]*|"([^"\n]*)"|(\n|;)|(!=|==|<=|>=|[{}(),:=<>&|^@!/])|([^\s{}(),:=<>&|^@!;"#/][^\s{}(),:=<>&|^@!;"#]*)/y;

/** Splits a text into nft's words. Names may hold `/`, `.` and `-`; a lone `/` or `.` is a word of its own. */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let line = 1;
  let lineStart = 0;
  PATTERN.lastIndex = 0;
  while (PATTERN.lastIndex < text.length) {
    const at = PATTERN.lastIndex;
    const match = PATTERN.exec(text);
    if (!match) throw new NftError(`syntax error, unexpected character at line ${line}`);
    const [whole, quoted, end, mark, word] = match;
    const column = at - lineStart + 1;
    if (quoted !== undefined) tokens.push({ text: quoted, quoted: true, line, column });
    else if (end !== undefined) tokens.push({ text: END, quoted: false, line, column });
    else if (mark !== undefined || word !== undefined)
      tokens.push({ text: (mark ?? word)!, quoted: false, line, column });
    if (whole.endsWith('\n')) {
      line++;
      lineStart = PATTERN.lastIndex;
    }
  }
  return tokens;
}

/** Walks over tokens; what is missing or unexpected is an NftError. */
export class TokenReader {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  get done(): boolean {
    return this.#at >= this.#tokens.length;
  }

  /** The next token's place, for messages. */
  get here(): { line: number; column: number; length: number } {
    const token = this.#tokens[Math.min(this.#at, this.#tokens.length - 1)];
    return { line: token?.line ?? 1, column: token?.column ?? 1, length: token?.text.trim().length || 1 };
  }

  /** Undefined at the end of the text. */
  peek(ahead = 0): string | undefined {
    return this.#tokens[this.#at + ahead]?.text;
  }

  get isQuoted(): boolean {
    return this.#tokens[this.#at]?.quoted === true;
  }

  /** The next word that does not end the command. */
  word(what: string): string {
    const token = this.#tokens[this.#at];
    if (token === undefined || token.text === END) throw this.unexpected(what);
    this.#at++;
    return token.text;
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
    read();
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
}
