import { IpSetError } from '../netstack/ipset/ipset-error.ts';
import { addressRange, parseMark, parsePort } from '../netstack/ipset/parse-entry.ts';
import type { SetElement } from '../netstack/ipset/set-element.ts';
import { DEFAULT_OPTIONS, type IpSetOptions } from '../netstack/ipset/set-options.ts';
import type { SetType } from '../netstack/ipset/set-type.ts';

/** In seconds: more milliseconds than fit in 31 bits there are not. */
const MAX_TIMEOUT = 2_147_483;
const MAX_COMMENT = 255;
const MAX_ELEMENTS = 0xffffffff;
/** Of the kernel's hash tables, which are powers of two. */
const MIN_HASH_SIZE = 64;

function parseNumber(text: string | undefined, low: number, high: number): number {
  if (!/^\d{1,11}$/.test(text ?? '')) throw new IpSetError(`Syntax error: '${text}' is invalid as number`);
  const value = Number(text);
  if (value < low || value > high)
    throw new IpSetError(`Syntax error: '${text}' is out of range ${low}-${high}`);
  return value;
}

const unknownArgument = (word: string): IpSetError => new IpSetError(`Unknown argument: \`${word}'`, 'usage');

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** The words of `ipset create NAME TYPE …`. */
export function parseCreateOptions(type: SetType, words: readonly string[]): IpSetOptions {
  const options: Mutable<IpSetOptions> = { ...DEFAULT_OPTIONS };
  let hasRange = false;
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    if (word === 'timeout') options.timeout = parseNumber(words[++i], 0, MAX_TIMEOUT);
    else if (word === 'counters') options.counters = true;
    else if (word === 'comment') options.comments = true;
    else if (word === 'range' && type.isBitmap) {
      Object.assign(options, parseBounds(type, words[++i] ?? ''));
      hasRange = true;
    } else if (word === 'netmask' && isOfAddresses(type))
      options.netmask = parseNetmask(words[++i], options.version);
    else if (type.isBitmap) throw unknownArgument(word);
    else i += parseHashOption(type, options, word, words[i + 1]);
  }
  if (type.isBitmap && !hasRange) throw new IpSetError("Mandatory option `range' is missing", 'usage');
  return options;
}

const isOfAddresses = (type: SetType): boolean => type.parts.length === 1 && type.parts[0] === 'ip';

/** How many further words the option had. */
function parseHashOption(
  type: SetType,
  options: Mutable<IpSetOptions>,
  word: string,
  value: string | undefined,
): 0 | 1 {
  switch (word) {
    case 'family':
      if (value !== 'inet' && value !== 'inet6')
        throw new IpSetError(`Syntax error: unknown INET family ${value}`);
      options.version = value === 'inet6' ? 6 : 4;
      return 1;
    case 'hashsize': {
      const size = parseNumber(value, 0, 2 ** 31 - 1);
      options.hashSize = Math.max(MIN_HASH_SIZE, 2 ** Math.ceil(Math.log2(Math.max(size, 1))));
      return 1;
    }
    case 'maxelem':
      options.maxElements = parseNumber(value, 0, MAX_ELEMENTS);
      return 1;
    case 'markmask':
      if (!type.parts.includes('mark')) throw unknownArgument(word);
      options.markMask = parseMark(value ?? '');
      return 1;
    case 'forceadd':
      options.forceAdd = true;
      return 0;
    case 'bucketsize':
    case 'initval':
      return 1;
    default:
      throw unknownArgument(word);
  }
}

function parseNetmask(text: string | undefined, version: 4 | 6): number {
  const bits = version === 6 ? 128 : 32;
  const length = Number(text);
  if (!/^\d{1,3}$/.test(text ?? '') || length < 1 || length > bits)
    throw new IpSetError(
      `Syntax error: '${text}' is out of range 1-${bits}\nSyntax error: netmask is out of the inclusive range of 1-${bits}`,
    );
  return length;
}

function parseBounds(type: SetType, text: string): Pick<IpSetOptions, 'low' | 'high'> {
  if (type.parts[0] === 'ip') {
    const [low, high] = addressRange(text);
    return { low, high };
  }
  const [low = '', high = low] = text.split('-');
  return { low: parsePort(low), high: parsePort(high) };
}

/** The words behind an element of `ipset add`; the element is of the time `now`. */
export function parseElementOptions(
  type: SetType,
  options: IpSetOptions,
  words: readonly string[],
  now: number,
): Omit<SetElement, 'entry'> {
  let timeout = options.timeout;
  let comment: string | undefined;
  let nomatch = false;
  const counters = { packets: 0, bytes: 0 };
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    if (word === 'timeout') {
      if (options.timeout === undefined) throw without('Timeout', 'timeout');
      timeout = parseNumber(words[++i], 0, MAX_TIMEOUT);
    } else if (word === 'packets' || word === 'bytes') {
      if (!options.counters) throw without('Packet/byte counters', 'counter');
      counters[word] = parseNumber(words[++i], 0, Number.MAX_SAFE_INTEGER);
    } else if (word === 'comment') {
      if (!options.comments) throw without('Comment', 'comment');
      comment = parseComment(words[++i]);
    } else if (word === 'nomatch' && type.parts.includes('net')) nomatch = true;
    else throw unknownArgument(word);
  }
  return {
    expiresAt: timeout === undefined || timeout === 0 ? Number.POSITIVE_INFINITY : now + timeout * 1000,
    counters: options.counters ? counters : undefined,
    comment,
    nomatch,
  };
}

function without(what: string, support: string): IpSetError {
  return new IpSetError(`${what} cannot be used: set was created without ${support} support`);
}

function parseComment(text = ''): string {
  if (text.includes('"')) throw new IpSetError('Syntax error: " character is not permitted in comments');
  if (text.length > MAX_COMMENT)
    throw new IpSetError(
      `Syntax error: Comment is longer than the maximum allowed ${MAX_COMMENT} characters`,
    );
  return text;
}
