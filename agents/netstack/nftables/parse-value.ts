import { mask6Of, maskOf } from '../cidr.ts';
import { type DataType, IFNAME, IPV4_ADDR, IPV6_ADDR, type Value } from './data-type.ts';
import { NftError } from './nft-error.ts';
import type { Scanner } from './scanner.ts';

export interface ValueRange {
  readonly low: Value;
  readonly high: Value;
  readonly isPrefix: boolean;
}

/** A value of a type that is not wide. */
export function parseNarrow(scanner: Scanner, type: DataType): number {
  const span = scanner.span();
  const value = parseValue(scanner, type);
  if (typeof value === 'bigint')
    throw new NftError('bitwise operations on IPv6 addresses are not supported', span);
  return value;
}

export function parseValue(scanner: Scanner, type: DataType): Value {
  if (scanner.kind === 'symbol' || scanner.kind === 'end') throw scanner.unexpected();
  const value = type.parse(scanner.token);
  if (value === undefined) throw notOfType(scanner, type);
  scanner.advance();
  return value;
}

function notOfType(scanner: Scanner, type: DataType): NftError {
  const number = Number(scanner.token);
  if (type.max !== undefined && number > type.max)
    return new NftError(`Value ${number} exceeds valid range 0-${type.max}`, scanner.span());
  const message =
    type === IPV4_ADDR || type === IPV6_ADDR
      ? 'Could not resolve hostname: Name or service not known'
      : type === IFNAME
        ? 'String exceeds maximum length of 16'
        : `datatype mismatch, expected ${type.name}`;
  return new NftError(message, scanner.span());
}

/** A value, `low-high`, or an address with a prefix length. */
export function parseRange(scanner: Scanner, type: DataType): ValueRange {
  const { start } = scanner;
  let low = parseValue(scanner, type);
  while (type.isFlags && accept(scanner, '|')) low = Number(low) | parseNarrow(scanner, type);
  if (scanner.token === '/' && typeof low === 'bigint') {
    scanner.advance();
    const length = parseCount(scanner, 128);
    const network = low & mask6Of(length);
    return { low: network, high: network | (~mask6Of(length) & mask6Of(128)), isPrefix: length < 128 };
  }
  if (scanner.token === '/' && type === IPV4_ADDR && typeof low === 'number') {
    scanner.advance();
    const length = parseCount(scanner, 32);
    const mask = maskOf(length);
    const network = (low & mask) >>> 0;
    return { low: network, high: (network | ~mask) >>> 0, isPrefix: length < 32 };
  }
  if (scanner.token === '-') {
    scanner.advance();
    const high = parseValue(scanner, type);
    if (high < low) {
      throw new NftError('Range has zero or negative size', { start, end: scanner.previousEnd });
    }
    return { low, high, isPrefix: false };
  }
  return { low, high: low, isPrefix: false };
}

export function parseCount(scanner: Scanner, max: number): number {
  const { token } = scanner;
  if (scanner.kind !== 'number' || !/^(\d{1,15}|0x[0-9a-fA-F]{1,8})$/.test(token))
    throw scanner.unexpected('number');
  const value = Number(token);
  if (value > max) throw new NftError('Value is too big', scanner.span());
  scanner.advance();
  return value;
}

const UNITS: Readonly<Record<string, number>> = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000, ms: 1 };

/** `1d2h3m4s5ms`, or plain seconds; in milliseconds. */
export function parseTime(scanner: Scanner): number {
  const { token } = scanner;
  if (/^\d{1,9}$/.test(token)) {
    scanner.advance();
    return Number(token) * 1000;
  }
  if (!/^(\d{1,9}(d|h|ms|m|s))+$/.test(token)) throw scanner.unexpected('time');
  scanner.advance();
  let total = 0;
  for (const [, count, unit] of token.matchAll(/(\d+)(d|h|ms|m|s)/g)) total += Number(count) * UNITS[unit!]!;
  return total;
}

export function formatTime(milliseconds: number): string {
  let rest = Math.max(0, Math.floor(milliseconds));
  let text = '';
  for (const [unit, size] of Object.entries(UNITS)) {
    const count = Math.floor(rest / size);
    rest %= size;
    if (count > 0) text += `${count}${unit}`;
  }
  return text || '0s';
}

/** Reads the token, or fails with what was found in its place. */
export function expect(scanner: Scanner, token: string): void {
  if (scanner.token !== token || scanner.kind === 'string') throw scanner.unexpected(token);
  scanner.advance();
}

/** Whether the token was next; it is read then. */
export function accept(scanner: Scanner, token: string): boolean {
  if (scanner.token !== token || scanner.kind === 'string') return false;
  scanner.advance();
  return true;
}

/** A name of a table, chain or set. */
export function parseName(scanner: Scanner): string {
  if (scanner.kind !== 'word' && scanner.kind !== 'string') throw scanner.unexpected('string');
  if (scanner.token.length > 255) throw new NftError('String exceeds maximum length of 256', scanner.span());
  return scanner.take();
}

/** A copy that does not keep the whole text that it is a part of. */
export const detached = (part: string): string => Buffer.from(part, 'utf8').toString('utf8');

/** A comment in quotes (NFTNL_UDATA_COMMENT_MAXLEN). */
export function parseComment(scanner: Scanner): string {
  if (scanner.kind !== 'string' && scanner.kind !== 'word') throw scanner.unexpected('string');
  if (scanner.token.length > 127)
    throw new NftError('comment too long, 128 characters maximum allowed', scanner.span());
  return detached(scanner.take());
}

/** `;` or the end of the line; what follows is up to the caller. */
export function atEnd(scanner: Scanner): boolean {
  const { kind, token } = scanner;
  return kind === 'end' || (kind === 'symbol' && (token === '\n' || token === ';' || token === '}'));
}

export function skipSeparators(scanner: Scanner): void {
  while (scanner.kind === 'symbol' && (scanner.token === '\n' || scanner.token === ';')) scanner.advance();
}

export function skipNewlines(scanner: Scanner): void {
  while (scanner.kind === 'symbol' && scanner.token === '\n') scanner.advance();
}
