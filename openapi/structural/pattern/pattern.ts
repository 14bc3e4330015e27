import type { Budget } from '../budget.ts';
import { type CharClass, PERL } from './char-class.ts';
import { type Assertion, type Expression, PatternError, parsePattern } from './parse-pattern.ts';

/** One step of a compiled pattern; numbers are places in the program. */
type Instruction =
  | { readonly kind: 'char'; readonly matches: CharClass }
  | { readonly kind: 'assert'; readonly assertion: Assertion }
  | { readonly kind: 'fork'; readonly to: number[] }
  | { readonly kind: 'match' };

const MAX_INSTRUCTIONS = 20_000;

/**
 * A user's regular expression. All possible matches are followed at the same time, character by character
 * (Thompson's construction, as in RE2), so that no pattern makes the time grow faster than text × pattern;
 * and that product comes out of a budget.
 *
 *     new Pattern('^a+$').test('aaa', new Budget()) // 'yes'
 */
export class Pattern {
  readonly source: string;
  #program: readonly Instruction[] | undefined;

  /** It is compiled when first used: most schemas have patterns that nobody meets. */
  constructor(source: string) {
    this.source = source;
  }

  /** Throws PatternError for what RE2 does not take, and for more than the budget for programs has left. */
  static check(source: string, budget: Budget): void {
    if (budget.isSpent || !budget.spend(compile(source).length)) {
      throw new PatternError('error parsing regexp: the patterns of the schema are too large in all');
    }
  }

  /** Whether some part of the text matches; `unknown` when finding out would cost more than is left. */
  test(text: string, budget: Budget): 'yes' | 'no' | 'unknown' {
    const program = (this.#program ??= compile(this.source));
    let at = 0;
    let before = -1;
    let current = new Places(program.length);
    let following = new Places(program.length);
    for (;;) {
      const code = at < text.length ? text.codePointAt(at)! : -1;
      // A match may begin anywhere.
      follow(program, 0, before, code, current);
      following.clear();
      for (let index = 0; index < current.size; index++) {
        const place = current.get(index);
        const instruction = program[place]!;
        if (instruction.kind === 'match') return 'yes';
        if (instruction.kind === 'char' && code !== -1 && instruction.matches(code)) {
          following.waiting.push(place + 1);
        }
      }
      if (code === -1) return 'no';
      if (!budget.spend(current.size + 1)) return 'unknown';
      at += code > 0xffff ? 2 : 1;
      before = code;
      const next = at < text.length ? text.codePointAt(at)! : -1;
      for (const place of following.waiting.splice(0)) follow(program, place, before, next, following);
      [current, following] = [following, current];
    }
  }
}

/** A set of places in the order they were reached. */
class Places {
  readonly waiting: number[] = [];
  readonly #marks: Uint32Array;
  readonly #list: Uint32Array;
  #round = 1;
  size = 0;

  constructor(length: number) {
    this.#marks = new Uint32Array(length);
    this.#list = new Uint32Array(length);
  }

  get(index: number): number {
    return this.#list[index]!;
  }

  /** False when it was there already. */
  add(place: number): boolean {
    if (this.#marks[place] === this.#round) return false;
    this.#marks[place] = this.#round;
    this.#list[this.size++] = place;
    return true;
  }

  clear(): void {
    this.#round++;
    this.size = 0;
  }
}

/** Adds a place and all that is reached from it without reading a character. */
function follow(
  program: readonly Instruction[],
  start: number,
  before: number,
  after: number,
  into: Places,
): void {
  const stack = [start];
  for (let place = stack.pop(); place !== undefined; place = stack.pop()) {
    if (!into.add(place)) continue;
    const instruction = program[place]!;
    if (instruction.kind === 'fork') stack.push(...instruction.to);
    else if (instruction.kind === 'assert' && holds(instruction.assertion, before, after))
      stack.push(place + 1);
  }
}

function holds(assertion: Assertion, before: number, after: number): boolean {
  switch (assertion) {
    case 'textStart':
      return before === -1;
    case 'textEnd':
      return after === -1;
    case 'lineStart':
      return before === -1 || before === 0x0a;
    case 'lineEnd':
      return after === -1 || after === 0x0a;
    default:
      return (isWord(before) !== isWord(after)) === (assertion === 'wordBoundary');
  }
}

function isWord(code: number): boolean {
  return code !== -1 && PERL.w!(code);
}

function compile(source: string): readonly Instruction[] {
  const program: Instruction[] = [];
  emit(program, parsePattern(source));
  program.push({ kind: 'match' });
  return program;
}

function emit(program: Instruction[], expression: Expression): void {
  if (program.length > MAX_INSTRUCTIONS) {
    throw new PatternError('error parsing regexp: expression too large');
  }
  switch (expression.kind) {
    case 'char':
    case 'assert':
      program.push(expression);
      return;
    case 'sequence':
      for (const part of expression.parts) emit(program, part);
      return;
    case 'choice':
      emitChoice(program, expression.parts);
      return;
    case 'repeat':
      emitRepeat(program, expression.part, expression.least, expression.most);
  }
}

function emitChoice(program: Instruction[], parts: readonly Expression[]): void {
  const begins: number[] = [];
  const exits: number[][] = [];
  program.push({ kind: 'fork', to: begins });
  for (const part of parts) {
    begins.push(program.length);
    emit(program, part);
    const exit: number[] = [];
    exits.push(exit);
    program.push({ kind: 'fork', to: exit });
  }
  for (const exit of exits) exit.push(program.length);
}

function emitRepeat(program: Instruction[], part: Expression, least: number, most: number): void {
  for (let count = 0; count < least; count++) emit(program, part);
  if (most === Number.POSITIVE_INFINITY) {
    const begin = program.length;
    const to = [begin + 1];
    program.push({ kind: 'fork', to });
    emit(program, part);
    program.push({ kind: 'fork', to: [begin] });
    to.push(program.length);
    return;
  }
  const skips: number[][] = [];
  for (let count = least; count < most; count++) {
    const to = [program.length + 1];
    skips.push(to);
    program.push({ kind: 'fork', to });
    emit(program, part);
  }
  for (const to of skips) to.push(program.length);
}
