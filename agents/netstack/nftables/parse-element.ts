import type { DataType, Value } from './data-type.ts';
import {
  accept,
  expect,
  parseComment,
  parseCount,
  parseName,
  parseRange,
  parseTime,
  parseValue,
  skipNewlines,
} from './parse-value.ts';
import type { Counters, ElementSpec, Verdict } from './rule.ts';
import type { Scanner } from './scanner.ts';
import { compareValues, successor } from './sort-elements.ts';

/** What the elements of a set have to look like. */
export interface ElementShape {
  readonly key: readonly DataType[];
  /** Of a map; a verdict map has none. */
  readonly data: readonly DataType[] | undefined;
  readonly isVerdictMap: boolean;
}

const VERDICTS = ['accept', 'drop', 'return', 'continue'] as const;

/** Undefined if no verdict comes next. */
export function parseVerdict(scanner: Scanner): Verdict | undefined {
  const { token } = scanner;
  if (scanner.kind !== 'word') return undefined;
  if (token === 'jump' || token === 'goto') {
    scanner.advance();
    return { kind: token, chain: parseName(scanner), target: undefined };
  }
  const kind = VERDICTS.find((each) => each === token);
  if (kind === undefined) return undefined;
  scanner.advance();
  return { kind };
}

/** `{ element, element, … }`. */
export function parseElements(scanner: Scanner, shape: ElementShape): ElementSpec[] {
  expect(scanner, '{');
  const elements: ElementSpec[] = [];
  skipNewlines(scanner);
  if (scanner.token === '}') throw scanner.unexpected();
  while (scanner.token !== '}') {
    elements.push(parseElement(scanner, shape));
    skipNewlines(scanner);
    if (scanner.token !== '}') expect(scanner, ',');
    skipNewlines(scanner);
  }
  scanner.advance();
  return elements;
}

interface Options {
  comment?: string;
  timeoutMs?: number;
  expiresMs?: number;
  counters?: Counters;
}

function parseElement(scanner: Scanner, shape: ElementShape): ElementSpec {
  const low: Value[] = [];
  const high: Value[] = [];
  let isRange = false;
  for (const [index, type] of shape.key.entries()) {
    if (index > 0) expect(scanner, '.');
    const part = parseRange(scanner, type);
    low.push(part.low);
    high.push(part.high);
    isRange ||= part.low !== part.high;
  }
  const options: Options = {};
  parseOptions(scanner, options);
  const given = parseData(scanner, shape);
  parseOptions(scanner, options);
  return { low, high: isRange ? high : low, ...given, ...options };
}

function parseData(
  scanner: Scanner,
  { data, isVerdictMap }: ElementShape,
): { verdict: Verdict } | { data: Value[] } | undefined {
  if (!isVerdictMap && data === undefined) return undefined;
  if (!accept(scanner, ':')) return undefined;
  skipNewlines(scanner);
  if (isVerdictMap) {
    const verdict = parseVerdict(scanner);
    if (!verdict) throw scanner.unexpected('verdict');
    return { verdict };
  }
  const values: Value[] = [];
  for (const [index, type] of data!.entries()) {
    if (index > 0) expect(scanner, '.');
    values.push(parseValue(scanner, type));
  }
  return { data: values };
}

function parseOptions(scanner: Scanner, options: Options): void {
  while (scanner.kind === 'word') {
    if (accept(scanner, 'comment')) options.comment = parseComment(scanner);
    else if (accept(scanner, 'timeout')) options.timeoutMs = parseTime(scanner);
    else if (accept(scanner, 'expires')) options.expiresMs = parseTime(scanner);
    else if (accept(scanner, 'counter')) options.counters = parseCounters(scanner);
    else return;
  }
}

/** What may follow `counter`. */
export function parseCounters(scanner: Scanner): Counters {
  if (!accept(scanner, 'packets')) return { packets: 0, bytes: 0 };
  const packets = parseCount(scanner, Number.MAX_SAFE_INTEGER);
  expect(scanner, 'bytes');
  return { packets, bytes: parseCount(scanner, Number.MAX_SAFE_INTEGER) };
}

/** The elements of a set without overlaps and next to no neighbour, as nft merges them. */
export function mergeRanges(elements: readonly ElementSpec[]): readonly ElementSpec[] {
  if (!elements.some(({ low, high }) => low !== high) || elements.some(({ low }) => low.length > 1))
    return elements;
  const sorted = [...elements].sort(
    (a, b) => compareValues(a.low[0]!, b.low[0]!) || compareValues(b.high[0]!, a.high[0]!),
  );
  const merged: ElementSpec[] = [];
  for (const each of sorted) {
    const last = merged.at(-1);
    if (!last || each.low[0]! > successor(last.high[0]!)) merged.push(each);
    else if (each.high[0]! > last.high[0]!) merged[merged.length - 1] = { ...last, high: each.high };
  }
  return merged;
}
