import { type DataType, INET_SERVICE, IPV4_ADDR, IPV6_ADDR, MARK } from './data-type.ts';
import { fieldOf } from './field-of.ts';
import { NftError, REFUSALS } from './nft-error.ts';
import { parseBits } from './parse-bits.ts';
import { mergeRanges, parseElements } from './parse-element.ts';
import { parseFib } from './parse-fib.ts';
import { parsePayload } from './parse-payload.ts';
import { accept, expect, parseCount, parseName } from './parse-value.ts';
import { type Expression, type SetReference, typesOf } from './rule.ts';
import { areSameTypes, describeTypes } from './same-types.ts';
import type { Scanner } from './scanner.ts';
import type { Table } from './table.ts';

/** `ip daddr`, `meta l4proto . th dport`, `meta mark & 0xff`, `numgen random mod 2`, each maybe with a `map`. */
export function parseExpression(scanner: Scanner, table: Table | undefined): Expression {
  return parseTyped(scanner, table, undefined);
}

/** As parseExpression, where constants of a type may stand, too. */
export function parseTyped(
  scanner: Scanner,
  table: Table | undefined,
  type: DataType | undefined,
): Expression {
  const variable = (): Expression => parsePrimary(scanner, table);
  const parts = [parseBits(scanner, type, variable)];
  while (accept(scanner, '.')) parts.push(parseBits(scanner, undefined, variable));
  const key: Expression = parts.length === 1 ? parts[0]! : { kind: 'concat', parts };
  if (!accept(scanner, 'map')) return key;
  return { kind: 'map', key, map: parseSetReference(scanner, table, key, 'map') };
}

/** Words that a second one makes a field. */
const TWO_WORDS = new Set(['ip', 'ip6', 'tcp', 'udp', 'sctp', 'th', 'icmp', 'icmpv6', 'meta', 'ct']);

function parsePrimary(scanner: Scanner, table: Table | undefined): Expression {
  if (accept(scanner, '@')) return { kind: 'field', field: parsePayload(scanner) };
  if (scanner.kind !== 'word') throw scanner.unexpected();
  const { start } = scanner;
  const first = scanner.token;
  if (first === 'numgen') return parseNumgen(scanner);
  scanner.advance();
  if (first === 'fib') return { kind: 'field', field: parseFib(scanner) };
  const words = [first];
  if (TWO_WORDS.has(first)) words.push(takeWord(scanner));
  const ofDirection = first === 'ct' && (words[1] === 'original' || words[1] === 'reply');
  if (ofDirection) words.push(...parseTupleWords(scanner, table));
  const text = words.join(' ');
  const field = fieldOf(text);
  if (!field) throw new NftError(`syntax error, unexpected ${text}`, { start, end: scanner.previousEnd });
  return { kind: 'field', field };
}

function takeWord(scanner: Scanner): string {
  if (scanner.kind !== 'word') throw scanner.unexpected();
  return scanner.take();
}

/** `ip saddr`, of which the version goes without saying where there is but one, or `proto-dst`. */
function parseTupleWords(scanner: Scanner, table: Table | undefined): string[] {
  const word = takeWord(scanner);
  if (word === 'ip' || word === 'ip6') {
    if (table !== undefined && table.family !== 'inet' && table.family !== word)
      throw new NftError(`conflicting protocols specified: ${table.family} vs. ${word}`, scanner.span());
    return [word, takeWord(scanner)];
  }
  const isAddress = word === 'saddr' || word === 'daddr';
  return isAddress && table !== undefined && table.family !== 'inet' ? [table.family, word] : [word];
}

function parseNumgen(scanner: Scanner): Expression {
  scanner.advance();
  const mode = scanner.token === 'inc' ? 'inc' : 'random';
  expect(scanner, mode);
  expect(scanner, 'mod');
  const modulus = parseCount(scanner, 0xffffffff);
  if (modulus === 0)
    throw new NftError(REFUSALS.EINVAL, { start: scanner.previousEnd - 1, end: scanner.previousEnd });
  const offset = accept(scanner, 'offset') ? parseCount(scanner, 0xffffffff) : 0;
  return { kind: 'numgen', mode, modulus, offset };
}

/** `@name` or `{ … }` after an expression that gives the keys. */
export function parseSetReference(
  scanner: Scanner,
  table: Table | undefined,
  key: Expression,
  use: 'set' | 'map' | 'vmap',
): SetReference {
  if (accept(scanner, '@')) {
    const span = scanner.span();
    const name = parseName(scanner);
    const set = table?.sets.get(name);
    if (!set) throw new NftError('No such file or directory', span);
    const { isMap, isVerdictMap } = set.spec;
    const fits = use === 'set' ? true : use === 'map' ? isMap && !isVerdictMap : isVerdictMap;
    if (!fits) throw new NftError('datatype mismatch', span);
    const wanted = typesOf(key);
    if (!areSameTypes(wanted, set.spec.key))
      throw new NftError(
        `datatype mismatch, expected ${describeTypes(wanted)}, expression has type ${describeTypes(set.spec.key)}`,
        span,
      );
    return { kind: 'named', name, set };
  }
  const types = typesOf(key);
  if (use !== 'map') {
    const shape = { key: types, data: undefined, isVerdictMap: use === 'vmap' };
    const elements = parseElements(scanner, shape);
    return { kind: 'anonymous', types, elements: use === 'set' ? mergeRanges(elements) : elements };
  }
  return parseAnonymousMap(scanner, types);
}

/** A map without a name gives an address, and maybe a port with it: NAT is what it is for. */
function parseAnonymousMap(scanner: Scanner, types: ReturnType<typeof typesOf>): SetReference {
  const data = dataTypesAhead(scanner);
  const elements = parseElements(scanner, { key: types, data, isVerdictMap: false });
  return { kind: 'anonymous', types, data, elements };
}

function dataTypesAhead(scanner: Scanner): readonly DataType[] {
  const close = scanner.text.indexOf('}', scanner.start);
  const first = scanner.text.slice(scanner.start, close).split(',')[0]!;
  const data = first.slice(first.search(/\s:\s/) + 2);
  const isWide = /[0-9a-f]*:[0-9a-f]*:/i.test(data);
  if (/\s\.\s/.test(data)) return [isWide ? IPV6_ADDR : IPV4_ADDR, INET_SERVICE];
  if (isWide) return [IPV6_ADDR];
  return /\d\.\d/.test(data) ? [IPV4_ADDR] : [MARK];
}
