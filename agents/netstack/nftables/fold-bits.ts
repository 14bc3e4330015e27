import type { DataType } from './data-type.ts';
import { type Expression, typesOf } from './rule.ts';

/** What `&`, `|` and `^` with constants come to: (value & mask) ^ flip, as the kernel's bitwise expression. */
interface Masked {
  readonly mask: number;
  readonly flip: number;
}

const allOnes = ({ bytes }: DataType): number => (bytes >= 4 ? 0xffffffff : 2 ** (8 * bytes) - 1);

/** As nft gives operations back that it has put into the kernel: at most one of each kind, `&`, then `^`, then `|`. */
export function foldBits(expression: Expression): Expression {
  if (expression.kind !== 'binary') return expression;
  const left = foldBits(expression.left);
  const { operator, right } = expression;
  const isShift = operator === '<<' || operator === '>>';
  if (left.kind === 'literal' && typeof left.value === 'number') {
    const value = isShift ? shift(left.value, operator, right) : applied(left.value, masked(operator, right));
    return { ...left, value };
  }
  if (isShift) return { kind: 'binary', operator, left, right };
  const [base, before] = opened(left);
  const after = masked(operator, right);
  return printed(base, {
    mask: (before.mask & after.mask) >>> 0,
    flip: ((before.flip & after.mask) ^ after.flip) >>> 0,
  });
}

function shift(value: number, operator: '<<' | '>>', by: number): number {
  return (operator === '<<' ? value << by : value >>> by) >>> 0;
}

const applied = (value: number, { mask, flip }: Masked): number => ((value & mask) ^ flip) >>> 0;

function masked(operator: '&' | '|' | '^', right: number): Masked {
  switch (operator) {
    case '&':
      return { mask: right, flip: 0 };
    case '^':
      return { mask: 0xffffffff, flip: right };
    case '|':
      return { mask: ~right >>> 0, flip: right };
  }
}

/** What operations stand on, and what they come to. */
function opened(expression: Expression): readonly [base: Expression, Masked] {
  if (expression.kind !== 'binary' || expression.operator === '<<' || expression.operator === '>>')
    return [expression, { mask: 0xffffffff, flip: 0 }];
  const [base, inner] = opened(expression.left);
  const outer = masked(expression.operator, expression.right);
  return [base, { mask: inner.mask & outer.mask, flip: (inner.flip & outer.mask) ^ outer.flip }];
}

/** netlink_parse_bitwise_bool (nftables, src/netlink_delinearize.c). */
function printed(base: Expression, { mask, flip }: Masked): Expression {
  const ones = allOnes(typesOf(base)[0]!);
  const set = (flip & ~mask & ones) >>> 0;
  const turned = (flip & mask & ones) >>> 0;
  const kept = ((mask | set) & ones) >>> 0;
  let result = base;
  if (kept !== ones) result = { kind: 'binary', operator: '&', left: result, right: kept };
  if (turned !== 0) result = { kind: 'binary', operator: '^', left: result, right: turned };
  if (set !== 0) result = { kind: 'binary', operator: '|', left: result, right: set };
  return result;
}
