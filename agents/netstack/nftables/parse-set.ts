import type { DataType } from './data-type.ts';
import { DATA_TYPES } from './named-types.ts';
import { NftError, type Span } from './nft-error.ts';
import type { SetFlag, SetSpec } from './nft-set.ts';
import { parseElements } from './parse-element.ts';
import { parseExpression } from './parse-expression.ts';
import {
  accept,
  atEnd,
  detached,
  expect,
  parseComment,
  parseCount,
  parseTime,
  skipSeparators,
} from './parse-value.ts';
import { type ElementSpec, typesOf } from './rule.ts';
import type { Scanner } from './scanner.ts';

/** A set's declaration, and the elements in it. */
export interface SetDeclaration {
  readonly spec: SetSpec;
  readonly elements: readonly ElementSpec[];
  readonly elementsSpan: Span;
}

interface Part {
  readonly types: readonly DataType[];
  readonly text: string;
}

const FLAGS: readonly SetFlag[] = ['constant', 'dynamic', 'interval', 'timeout'];
/** Parts of one key: more do not fit the kernel's registers. */
const MAX_PARTS = 8;

/** `{ type ipv4_addr . inet_service : verdict; flags interval; elements = { … } }`. */
export function parseSetBlock(scanner: Scanner, isMap: boolean): SetDeclaration {
  const block = new SetBlock(isMap);
  const span = scanner.span();
  expect(scanner, '{');
  for (;;) {
    skipSeparators(scanner);
    if (accept(scanner, '}')) break;
    block.read(scanner);
    if (!atEnd(scanner)) throw scanner.unexpected();
  }
  return block.finish(span);
}

class SetBlock {
  readonly #isMap: boolean;
  #key: Part | undefined;
  #data: Part | undefined;
  #isVerdictMap = false;
  #isTypeof = false;
  #flags: SetFlag[] = [];
  #options: {
    size?: number;
    timeoutMs?: number;
    gcIntervalMs?: number;
    policy?: string;
    comment?: string;
  } = {};
  #counter = false;
  #autoMerge = false;
  #elements: readonly ElementSpec[] = [];
  #elementsSpan: Span | undefined;

  constructor(isMap: boolean) {
    this.#isMap = isMap;
  }

  read(scanner: Scanner): void {
    switch (scanner.kind === 'word' ? scanner.token : '') {
      case 'type':
      case 'typeof':
        return this.#readType(scanner, scanner.take() === 'typeof');
      case 'flags':
        return this.#readFlags(scanner);
      case 'timeout':
        scanner.advance();
        this.#options.timeoutMs = parseTime(scanner);
        return;
      case 'gc-interval':
        scanner.advance();
        this.#options.gcIntervalMs = parseTime(scanner);
        return;
      case 'size':
        scanner.advance();
        this.#options.size = parseCount(scanner, 1 << 20);
        return;
      case 'policy':
        scanner.advance();
        this.#options.policy = scanner.take();
        return;
      case 'comment':
        scanner.advance();
        this.#options.comment = parseComment(scanner);
        return;
      case 'counter':
        scanner.advance();
        this.#counter = true;
        return;
      case 'auto-merge':
        scanner.advance();
        this.#autoMerge = true;
        return;
      case 'elements':
        return this.#readElements(scanner);
      default:
        throw scanner.unexpected();
    }
  }

  finish(span: Span): SetDeclaration {
    if (!this.#key) throw new NftError('set definition does not specify key', span);
    if (this.#isMap && !this.#data && !this.#isVerdictMap) {
      throw new NftError('map definition does not specify mapping data type', span);
    }
    const spec: SetSpec = {
      key: this.#key.types,
      keyText: this.#key.text,
      isTypeof: this.#isTypeof,
      isMap: this.#isMap,
      data: this.#data?.types,
      dataText: this.#isVerdictMap ? 'verdict' : (this.#data?.text ?? ''),
      isVerdictMap: this.#isVerdictMap,
      flags: this.#flags,
      counter: this.#counter,
      autoMerge: this.#autoMerge,
      ...this.#options,
    };
    return { spec, elements: this.#elements, elementsSpan: this.#elementsSpan ?? span };
  }

  #readType(scanner: Scanner, isTypeof: boolean): void {
    this.#isTypeof = isTypeof;
    this.#key = isTypeof ? parseTypeof(scanner) : parseTypes(scanner);
    if (!this.#isMap) return;
    expect(scanner, ':');
    if (accept(scanner, 'verdict')) this.#isVerdictMap = true;
    else this.#data = isTypeof ? parseTypeof(scanner) : parseTypes(scanner);
  }

  #readFlags(scanner: Scanner): void {
    scanner.advance();
    do {
      const flag = FLAGS.find((each) => each === scanner.token);
      if (!flag) throw scanner.unexpected();
      scanner.advance();
      if (!this.#flags.includes(flag)) this.#flags.push(flag);
    } while (accept(scanner, ','));
  }

  #readElements(scanner: Scanner): void {
    if (!this.#key) throw scanner.unexpected();
    const { start } = scanner;
    scanner.advance();
    expect(scanner, '=');
    const shape = { key: this.#key.types, data: this.#data?.types, isVerdictMap: this.#isVerdictMap };
    this.#elements = parseElements(scanner, shape);
    this.#elementsSpan = { start, end: scanner.previousEnd };
  }
}

function parseTypes(scanner: Scanner): Part {
  const types: DataType[] = [];
  do {
    const type = DATA_TYPES.get(scanner.token);
    if (!type) throw new NftError(`unknown datatype ${scanner.token}`, scanner.span());
    if (types.push(type) > MAX_PARTS) throw new NftError('Concatenation is too long', scanner.span());
    scanner.advance();
  } while (accept(scanner, '.'));
  return { types, text: types.map(({ name }) => name).join(' . ') };
}

function parseTypeof(scanner: Scanner): Part {
  const { start } = scanner;
  const types = typesOf(parseExpression(scanner, undefined));
  if (types.length > MAX_PARTS)
    throw new NftError('Concatenation is too long', { start, end: scanner.previousEnd });
  return { types, text: detached(scanner.text.slice(start, scanner.previousEnd)) };
}
