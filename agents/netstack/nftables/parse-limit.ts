import { NftError } from './nft-error.ts';
import { accept, expect, parseCount } from './parse-value.ts';
import { type LimitStatement, RATE_UNITS, type RateUnit, type Statement } from './rule.ts';
import type { Scanner } from './scanner.ts';

const BYTE_UNITS: Readonly<Record<string, number>> = { bytes: 1, kbytes: 1024, mbytes: 1024 * 1024 };
const DEFAULT_BURST = 5;

/** `limit rate [over] 10/second [burst 5 packets]`, or of bytes: `10 kbytes/second [burst 1 mbytes]`. */
export function parseLimit(scanner: Scanner): LimitStatement {
  scanner.advance();
  expect(scanner, 'rate');
  const over = parseOver(scanner);
  const number = parseCount(scanner, 0xffffffff);
  if (accept(scanner, '/')) {
    const per = parseUnit(scanner, scanner.token);
    scanner.advance();
    return {
      kind: 'limit',
      of: 'packets',
      over,
      rate: rateOf(number, scanner),
      per,
      burst: parseBurst(scanner),
    };
  }
  // A name goes on over a slash: it is one word.
  const [size = '', unit = ''] = scanner.token.split('/');
  if (!Object.hasOwn(BYTE_UNITS, size)) throw scanner.unexpected('bytes, kbytes or mbytes');
  const per = parseUnit(scanner, unit);
  scanner.advance();
  const rate = rateOf(number, scanner) * BYTE_UNITS[size]!;
  const burst = accept(scanner, 'burst') ? parseBytes(scanner) : 0;
  return { kind: 'limit', of: 'bytes', over, rate, per, burst };
}

/** `over` or, as without a word, `until`. */
function parseOver(scanner: Scanner): boolean {
  const over = accept(scanner, 'over');
  if (!over) accept(scanner, 'until');
  return over;
}

function parseUnit(scanner: Scanner, unit: string): RateUnit {
  if (!Object.hasOwn(RATE_UNITS, unit)) throw scanner.unexpected('second, minute, hour, day or week');
  return unit as RateUnit;
}

function rateOf(rate: number, scanner: Scanner): number {
  if (rate > 0) return rate;
  throw new NftError('limit rate must be > 0', { start: scanner.previousEnd - 1, end: scanner.previousEnd });
}

function parseBurst(scanner: Scanner): number {
  const { start } = scanner;
  if (!accept(scanner, 'burst')) return DEFAULT_BURST;
  const burst = parseCount(scanner, 0xffffffff);
  expect(scanner, 'packets');
  if (burst === 0) throw new NftError('packet limit burst must be > 0', { start, end: scanner.previousEnd });
  return burst;
}

function parseBytes(scanner: Scanner): number {
  const count = parseCount(scanner, 0xffffffff);
  const unit = scanner.token;
  if (!Object.hasOwn(BYTE_UNITS, unit)) throw scanner.unexpected('bytes, kbytes or mbytes');
  scanner.advance();
  return count * BYTE_UNITS[unit]!;
}

export function printLimit({ over, rate, per, burst, of }: LimitStatement): string {
  const head = `limit rate ${over ? 'over ' : ''}`;
  if (of === 'packets')
    return `${head}${rate}/${per}${burst === DEFAULT_BURST ? '' : ` burst ${burst} packets`}`;
  return `${head}${printBytes(rate)}/${per}${burst === 0 ? '' : ` burst ${printBytes(burst)}`}`;
}

/** In the largest unit that it is a whole number of. */
function printBytes(bytes: number): string {
  const units = Object.entries(BYTE_UNITS).reverse();
  const [name, size] = units.find(([, size]) => bytes % size === 0)!;
  return `${bytes / size} ${name}`;
}

/** `ct count [over] 10`, after its `ct`. */
export function parseConnections(scanner: Scanner): Extract<Statement, { kind: 'connections' }> {
  expect(scanner, 'count');
  const over = parseOver(scanner);
  return { kind: 'connections', over, count: parseCount(scanner, 0xffffffff) };
}
