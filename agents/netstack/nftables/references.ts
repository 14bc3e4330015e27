import { Chain } from './chain.ts';
import { type Field, META_MARK } from './field.ts';
import { NftError, REFUSALS, type Span } from './nft-error.ts';
import type { NftSet } from './nft-set.ts';
import {
  type Expression,
  isJump,
  type Jump,
  type Rule,
  type SetReference,
  type Statement,
  type Verdict,
} from './rule.ts';
import type { Table } from './table.ts';

/** Gives the names in a rule their chains and sets, and tells which those are. */
export function bindRule(table: Table, { statements }: Rule, span: Span): readonly (Chain | NftSet)[] {
  const found: (Chain | NftSet)[] = [];
  const onVerdict = (verdict: Verdict): void => {
    if (!isJump(verdict)) return;
    const target = table.chains.get(verdict.chain);
    if (!target) throw new NftError(REFUSALS.ENOENT, span);
    if (target.base) throw new NftError(REFUSALS.EOPNOTSUPP, span);
    bindJump(verdict, target);
    found.push(target);
  };
  const onSet = (reference: SetReference): void => {
    if (reference.kind === 'named') {
      const set = table.sets.get(reference.name);
      if (!set) throw new NftError(REFUSALS.ENOENT, span);
      reference.set = set;
      reference.name = set.name;
      found.push(set);
      return;
    }
    for (const { verdict } of reference.elements) if (verdict) onVerdict(verdict);
  };
  for (const statement of statements) visit(statement, { onVerdict, onSet });
  return found;
}

/** Whether a rule asks what connection a packet belongs to, or tells it something. */
export function asksForConnections({ statements }: Rule): boolean {
  let asks = statements.some((each) => each.kind === 'assign' && each.target !== META_MARK);
  const onField = (field: Field): void => {
    asks ||= field.tracks === true;
  };
  for (const statement of statements) visit(statement, { onField });
  return asks;
}

/** The name becomes the chain's own: the one read is a part of the whole text, and would keep that. */
export function bindJump(jump: Jump, target: Chain): void {
  jump.target = target;
  jump.chain = target.name;
}

interface Visitor {
  readonly onVerdict?: (verdict: Verdict) => void;
  readonly onSet?: (reference: SetReference) => void;
  readonly onField?: (field: Field) => void;
}

function visit(statement: Statement, visitor: Visitor): void {
  switch (statement.kind) {
    case 'verdict':
      return visitor.onVerdict?.(statement.verdict);
    case 'vmap':
      visitor.onSet?.(statement.map);
      return visitExpression(statement.key, visitor);
    case 'match':
      visitExpression(statement.left, visitor);
      if (statement.right.kind === 'set') visitor.onSet?.(statement.right.set);
      return;
    case 'assign':
      return visitExpression(statement.value, visitor);
    case 'nat':
      if (statement.address && 'kind' in statement.address) visitExpression(statement.address, visitor);
      return;
    case 'update':
      visitor.onSet?.(statement.set);
      return visitExpression(statement.key, visitor);
  }
}

function visitExpression(expression: Expression, visitor: Visitor): void {
  if (expression.kind === 'map') {
    visitor.onSet?.(expression.map);
    visitExpression(expression.key, visitor);
  } else if (expression.kind === 'binary') visitExpression(expression.left, visitor);
  else if (expression.kind === 'concat') for (const part of expression.parts) visitExpression(part, visitor);
  else if (expression.kind === 'field') visitor.onField?.(expression.field);
}

/** The chains that a chain's rules lead to, through sets as well. */
export function* successors(chain: Chain): Generator<Chain> {
  for (const { references } of chain.rules) {
    for (const each of references) {
      if (each instanceof Chain) yield each;
      else if (each.spec.isVerdictMap) {
        for (const { verdict } of each.elements(Number.NEGATIVE_INFINITY)) {
          if (verdict && isJump(verdict) && verdict.target) yield verdict.target;
        }
      }
    }
  }
}
