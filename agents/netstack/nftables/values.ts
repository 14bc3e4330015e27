import { maskOf } from '../cidr.ts';
import type { DataType, Value } from './data-type.ts';
import { NftError } from './nft-error.ts';
import type { KeyPart } from './nft-set.ts';
import type { TokenReader } from './tokens.ts';

/** One value of a type, or a range: `80`, `1000-2000`, `10.0.0.0/8`. */
export function readPart(reader: TokenReader, type: DataType): KeyPart {
  const isQuoted = reader.isQuoted;
  const word = reader.word(type.name);
  const value = type.parse(word);
  if (value !== undefined && (isQuoted || !word.includes('/'))) return value;
  const part = prefix(word, type) ?? range(word, type);
  if (part === undefined)
    throw new NftError(`Could not parse ${type.name}: syntax error, unexpected ${word}`);
  return part;
}

function prefix(word: string, type: DataType): KeyPart | undefined {
  const [address = '', length = ''] = word.split('/');
  const value = type.parse(address);
  if (type.name !== 'ipv4_addr' || typeof value !== 'number' || !/^\d{1,2}$/.test(length)) return undefined;
  if (Number(length) > 32) return undefined;
  const mask = maskOf(Number(length));
  const low = (value & mask) >>> 0;
  return Number(length) === 32 ? low : { low, high: (low | ~mask) >>> 0 };
}

function range(word: string, type: DataType): KeyPart | undefined {
  const dash = word.indexOf('-', 1);
  const low = type.parse(word.slice(0, dash));
  const high = type.parse(word.slice(dash + 1));
  if (dash < 0 || typeof low !== 'number' || typeof high !== 'number' || low > high) return undefined;
  return low === high ? low : { low, high };
}

/** A concatenation's parts, with ` . ` between them. */
export function readKey(reader: TokenReader, types: readonly DataType[]): KeyPart[] {
  return types.map((type, i) => {
    if (i > 0) reader.expect('.');
    return readPart(reader, type);
  });
}

/** Values without ranges, as a map's data. */
export function readValues(reader: TokenReader, types: readonly DataType[]): Value[] {
  return readKey(reader, types).map((part) => {
    if (typeof part === 'object') throw new NftError('range not allowed here');
    return part;
  });
}

export function formatPart(part: KeyPart, type: DataType): string {
  if (typeof part !== 'object') return type.format(part);
  const { low, high } = part;
  const length = type.name === 'ipv4_addr' ? Math.clz32(low ^ high) : -1;
  const mask = length < 0 ? 0 : maskOf(length);
  if (length >= 0 && (low & ~mask) >>> 0 === 0 && (high | mask) >>> 0 === 0xffffffff)
    return `${type.format(low)}/${length}`;
  return `${type.format(low)}-${type.format(high)}`;
}

export function formatKey(key: readonly KeyPart[], types: readonly DataType[]): string {
  return key.map((part, i) => formatPart(part, types[i]!)).join(' . ');
}
