import { prefixLengthOf } from '../cidr.ts';
import { CT_MARK } from './ct-fields.ts';
import { type DataType, IFNAME, INTEGER, IPV4_ADDR } from './data-type.ts';
import type { Field } from './field.ts';
import { META_MARK } from './meta-fields.ts';
import { NftError } from './nft-error.ts';
import { parseExpression, parseSetReference, parseTyped } from './parse-expression.ts';
import { accept, parseNarrow, parseRange } from './parse-value.ts';
import {
  type Expression,
  type Operand,
  type Operator,
  type SetReference,
  type Statement,
  typesOf,
} from './rule.ts';
import { describeTypes } from './same-types.ts';
import type { Scanner } from './scanner.ts';
import type { Table } from './table.ts';

const OPERATORS: Readonly<Record<string, Operator>> = {
  '==': '==',
  '!=': '!=',
  '<': '<',
  '>': '>',
  '<=': '<=',
  '>=': '>=',
  eq: '==',
  ne: '!=',
  lt: '<',
  gt: '>',
  le: '<=',
  ge: '>=',
};

/** How a value is asked for: `implicit` without a word, `absent` with `!`. */
type Sign = Operator | 'implicit' | 'absent';

/** An expression with what it is compared with, looked up in, or set to. */
export function parseComparison(scanner: Scanner, table: Table): Statement {
  const { start } = scanner;
  const left = parseExpression(scanner, table);
  if (scanner.token === 'set' && left.kind === 'field' && isChangeable(left.field)) {
    scanner.advance();
    return { kind: 'assign', target: left.field, value: parseAssigned(scanner, table, left.field.type) };
  }
  if (accept(scanner, 'vmap')) {
    return { kind: 'vmap', key: left, map: parseSetReference(scanner, table, left, 'vmap') };
  }
  if (table.family !== 'inet' && left.kind === 'field' && left.field.text === 'meta nfproto')
    throw new NftError('meta nfproto is only useful in the inet family', { start, end: scanner.previousEnd });
  const sign = parseSign(scanner, left);
  const asked = whatIsAsked(scanner, left);
  return comparison(asked, sign, parseOperand(scanner, table, asked, sign));
}

const isChangeable = (field: Field): boolean =>
  field === META_MARK || field === CT_MARK || field.change !== undefined;

function parseSign(scanner: Scanner, left: Expression): Sign {
  if (scanner.kind === 'string') return 'implicit';
  if (typesOf(left)[0]!.isFlags && accept(scanner, '!')) return 'absent';
  return Object.hasOwn(OPERATORS, scanner.token) ? OPERATORS[scanner.take()]! : 'implicit';
}

/** `exists` and `missing` make a look-up one for a yes or no. */
function whatIsAsked(scanner: Scanner, left: Expression): Expression {
  const presence = left.kind === 'field' ? left.field.presence : undefined;
  const isPresence = scanner.token === 'exists' || scanner.token === 'missing';
  return presence !== undefined && isPresence ? { kind: 'field', field: presence } : left;
}

function parseAssigned(scanner: Scanner, table: Table, type: DataType): Expression {
  const { start } = scanner;
  const value = parseTyped(scanner, table, type);
  const [given] = typesOf(value);
  if (given === type || (given?.name === INTEGER.name && given.bytes === type.bytes)) return value;
  throw new NftError(
    `datatype mismatch: expected ${describeTypes([type])}, expression has type ${describeTypes(typesOf(value))}`,
    {
      start,
      end: scanner.previousEnd,
    },
  );
}

function comparison(left: Expression, sign: Sign, right: Operand): Statement {
  const operator = sign === 'implicit' || sign === 'absent' ? '==' : sign;
  const isEquality = operator === '==' || operator === '!=';
  if (left.kind === 'binary' && right.kind === 'value' && typeof right.value === 'number' && isEquality)
    return binaryComparison(left, operator, right.value);
  return { kind: 'match', left, operator, right };
}

/** How nft lists a comparison of bits (relational_binop_postprocess, src/netlink_delinearize.c). */
function binaryComparison(
  left: Extract<Expression, { kind: 'binary' }>,
  operator: '==' | '!=',
  value: number,
): Statement {
  const type = typesOf(left)[0]!;
  const { operator: bits, left: base, right: mask } = left;
  if (bits === '^' && base.kind !== 'binary')
    return { kind: 'match', left: base, operator, right: { kind: 'value', value: (value ^ mask) >>> 0 } };
  if (bits === '&' && base.kind === 'field') {
    if (type.isFlags) return flagComparison(left, operator, value);
    const isNetwork = type === IPV4_ADDR && prefixLengthOf(mask) !== undefined && (value & ~mask) === 0;
    const right = { kind: 'range', low: value, high: (value | ~mask) >>> 0, isPrefix: true } as const;
    if (isNetwork) return { kind: 'match', left: base, operator, right };
  }
  return { kind: 'match', left, operator, right: { kind: 'value', value } };
}

function flagComparison(
  left: Extract<Expression, { kind: 'binary' }>,
  operator: '==' | '!=',
  value: number,
): Statement {
  const { left: base, right: mask } = left;
  if (value === 0) {
    const absent = operator === '==';
    return { kind: 'match', left: base, operator: '==', right: { kind: 'flags', mask, absent } };
  }
  const isOneBit = (mask & (mask - 1)) === 0;
  if (operator === '==' && value === mask && isOneBit)
    return { kind: 'match', left, operator, right: { kind: 'value', value } };
  return { kind: 'match', left: base, operator, right: { kind: 'masked', value, mask } };
}

function parseOperand(scanner: Scanner, table: Table, left: Expression, sign: Sign): Operand {
  if (scanner.token === '@' || scanner.token === '{') {
    return withoutBraces(parseSetReference(scanner, table, left, 'set'), sign);
  }
  const [type, ...more] = typesOf(left);
  if (more.length > 0) throw scanner.unexpected('set');
  if (type!.isFlags) return parseFlags(scanner, type!, sign, left.kind === 'binary');
  const device = left.kind === 'field' ? left.field.device : undefined;
  if (type === IFNAME && device !== undefined && scanner.token.endsWith('*'))
    return { kind: 'wildcard', device, prefix: scanner.take().slice(0, -1) };
  const { low, high, isPrefix } = parseRange(scanner, type!);
  return low === high && !isPrefix ? { kind: 'value', value: low } : { kind: 'range', low, high, isPrefix };
}

/** A set that a rule brings along for one element is that element, as nft sees it. */
function withoutBraces(set: SetReference, sign: Sign): Operand {
  const [element, ...more] = set.kind === 'anonymous' ? set.elements : [];
  if (set.kind === 'named' || element === undefined || more.length > 0 || element.low.length > 1) {
    return { kind: 'set', set };
  }
  const [low, high] = [element.low[0]!, element.high[0]!];
  if (set.types[0]!.isFlags && sign === 'implicit')
    return { kind: 'flags', mask: low as number, absent: false };
  return low === high ? { kind: 'value', value: low } : { kind: 'range', low, high, isPrefix: true };
}

/** Flags without a sign are any of them; with one they are a value like any other. */
function parseFlags(scanner: Scanner, type: DataType, sign: Sign, isOfBits: boolean): Operand {
  const flags = parseFlagList(scanner, type);
  if (accept(scanner, '/')) return { kind: 'masked', value: flags, mask: parseFlagList(scanner, type) };
  const isSet = sign === 'implicit' && !isOfBits;
  if (isSet || sign === 'absent') return { kind: 'flags', mask: flags, absent: sign === 'absent' };
  return { kind: 'value', value: flags };
}

function parseFlagList(scanner: Scanner, type: DataType): number {
  let flags = parseNarrow(scanner, type);
  while (accept(scanner, ',') || accept(scanner, '|')) flags |= parseNarrow(scanner, type);
  return flags >>> 0;
}
