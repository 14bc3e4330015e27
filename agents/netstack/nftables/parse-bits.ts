import { type DataType, INTEGER } from './data-type.ts';
import { foldBits } from './fold-bits.ts';
import { NftError } from './nft-error.ts';
import { accept, parseNarrow, parseValue } from './parse-value.ts';
import { type BitOperator, type Expression, typesOf } from './rule.ts';
import type { Scanner } from './scanner.ts';

/** The loosest first; each level's operators bind from the left. */
const LEVELS: readonly Readonly<Record<string, BitOperator>>[] = [
  { '|': '|', or: '|' },
  { '^': '^', xor: '^' },
  { '&': '&', and: '&' },
  { '<<': '<<', lshift: '<<', '>>': '>>', rshift: '>>' },
];

/** Reads what operators stand between, if it is not a constant. */
type ReadVariable = () => Expression;

/**
 * `meta mark & 0xff | 0x1`, and `(meta mark & 0xf) << 2`. Of `type` are the constants that may stand first; without it
 * there are none.
 */
export function parseBits(scanner: Scanner, type: DataType | undefined, variable: ReadVariable): Expression {
  return foldBits(parseLevel(scanner, 0, type, variable));
}

function parseLevel(
  scanner: Scanner,
  level: number,
  type: DataType | undefined,
  variable: ReadVariable,
): Expression {
  const operators = LEVELS[level];
  if (operators === undefined) return parseOperand(scanner, type, variable);
  let left = parseLevel(scanner, level + 1, type, variable);
  while (Object.hasOwn(operators, scanner.token) && scanner.kind !== 'string') {
    const operator = operators[scanner.take()]!;
    const isShift = operator === '<<' || operator === '>>';
    const { start } = scanner;
    const right = foldBits(parseLevel(scanner, level + 1, isShift ? INTEGER : typesOf(left)[0], variable));
    const span = { start, end: scanner.previousEnd };
    if (right.kind !== 'literal')
      throw new NftError('bitwise operations take a constant on their right', span);
    if (typeof right.value === 'bigint')
      throw new NftError('bitwise operations on IPv6 addresses are not supported', span);
    left = { kind: 'binary', operator, left, right: right.value };
  }
  return left;
}

function parseOperand(scanner: Scanner, type: DataType | undefined, variable: ReadVariable): Expression {
  if (accept(scanner, '(')) {
    const inner = parseBits(scanner, type, variable);
    if (type?.isFlags && inner.kind === 'literal' && typeof inner.value === 'number')
      return parseList(scanner, type, inner.value);
    if (!accept(scanner, ')')) throw scanner.unexpected(')');
    return inner;
  }
  if (type !== undefined && isConstant(scanner, type))
    return { kind: 'literal', type, value: parseValue(scanner, type) };
  return variable();
}

/** `(fin, syn)`: any of them, as with `|`. */
function parseList(scanner: Scanner, type: DataType, first: number): Expression {
  let value = first;
  while (accept(scanner, ',')) value |= parseNarrow(scanner, type);
  if (!accept(scanner, ')')) throw scanner.unexpected(')');
  return { kind: 'literal', type, value: value >>> 0 };
}

const isConstant = ({ kind, token }: Scanner, type: DataType): boolean =>
  kind === 'number' || (kind !== 'symbol' && kind !== 'end' && type.parse(token) !== undefined);
