import { nameOfId } from '../name-ids.ts';
import { type BoundRule, Chain } from './chain.ts';
import { CT_MARK } from './ct-fields.ts';
import { IFINDEX } from './data-type.ts';
import { NftError, REFUSALS, type Span } from './nft-error.ts';
import { NftSet } from './nft-set.ts';
import { EVERYWHERE, placesOf } from './places.ts';
import {
  type Expression,
  isJump,
  type Jump,
  type Rule,
  type SetReference,
  type Statement,
  type Verdict,
  valuesOf,
} from './rule.ts';
import type { Table } from './table.ts';

/** Gives the names in a rule their chains and sets, and tells which those are. */
export function bindRule(table: Table, { statements }: Rule, span: Span): BoundRule {
  const binder = new Binder(table, span);
  for (const statement of statements) binder.statement(statement);
  return binder;
}

/** The devices that have to be there when a rule is loaded: those that it knows by index, not by name. */
export function devicesOf({ statements }: Rule): readonly string[] {
  const names: string[] = [];
  for (const statement of statements) {
    if (statement.kind !== 'match' || statement.left.kind !== 'field') continue;
    if (statement.left.field.type === IFINDEX)
      names.push(...valuesOf(statement.right).map((value) => nameOfId(Number(value))));
  }
  return names;
}

/** The name becomes the chain's own: the one read is a part of the whole text, and would keep that. */
export function bindJump(jump: Jump, target: Chain): void {
  jump.target = target;
  jump.chain = target.name;
}

class Binder implements BoundRule {
  readonly references: (Chain | NftSet)[] = [];
  anonymousSets = 0;
  asksForConnections = false;
  places = EVERYWHERE;
  readonly #table: Table;
  readonly #span: Span;

  constructor(table: Table, span: Span) {
    this.#table = table;
    this.#span = span;
  }

  statement(statement: Statement): void {
    this.places &= placesOf(statement);
    switch (statement.kind) {
      case 'verdict':
        return this.#verdict(statement.verdict);
      case 'vmap':
        this.#set(statement.map);
        return this.#expression(statement.key);
      case 'match':
        this.#expression(statement.left);
        if (statement.right.kind === 'set') this.#set(statement.right.set);
        return;
      case 'connections':
        this.asksForConnections = true;
        return;
      case 'assign':
        this.asksForConnections ||= statement.target === CT_MARK;
        return this.#expression(statement.value);
      case 'nat':
        if (statement.address && 'kind' in statement.address) this.#expression(statement.address);
        return;
      case 'update':
        this.#set(statement.set);
        statement.set.set!.isFilledByRules = true;
        return this.#expression(statement.key);
    }
  }

  #expression(expression: Expression): void {
    switch (expression.kind) {
      case 'map':
        this.#set(expression.map);
        return this.#expression(expression.key);
      case 'binary':
        return this.#expression(expression.left);
      case 'concat':
        for (const part of expression.parts) this.#expression(part);
        return;
      case 'field':
        this.asksForConnections ||= expression.field.tracks === true;
        this.places &= expression.field.places ?? EVERYWHERE;
    }
  }

  #verdict(verdict: Verdict): void {
    if (!isJump(verdict)) return;
    const target = this.#table.chains.get(verdict.chain);
    if (!target) throw new NftError(REFUSALS.ENOENT, this.#span);
    if (target.base) throw new NftError(REFUSALS.EOPNOTSUPP, this.#span);
    bindJump(verdict, target);
    this.references.push(target);
  }

  #set(reference: SetReference): void {
    if (reference.kind !== 'named') {
      this.anonymousSets++;
      for (const { verdict } of reference.elements) if (verdict) this.#verdict(verdict);
      return;
    }
    const set = this.#table.sets.get(reference.name);
    if (!set) throw new NftError(REFUSALS.ENOENT, this.#span);
    reference.set = set;
    reference.name = set.name;
    this.references.push(set);
  }
}

/** The chains that a chain's rules lead to, through sets as well. */
export function eachSuccessor(chain: Chain, visit: (next: Chain) => void): void {
  for (const { references } of chain.rules) {
    for (const each of references) {
      if (each instanceof Chain) visit(each);
      else eachElementTarget(each, visit);
    }
  }
}

/** What a chain's rules name, or the chains that a set's elements lead to. */
export function eachTarget(node: Chain | NftSet, visit: (next: Chain | NftSet) => void): void {
  if (node instanceof NftSet) eachElementTarget(node, visit);
  else for (const { references } of node.rules) for (const each of references) visit(each);
}

function eachElementTarget(set: NftSet, visit: (next: Chain) => void): void {
  if (!set.spec.isVerdictMap) return;
  for (const { verdict } of set.elements(Number.NEGATIVE_INFINITY)) {
    if (verdict && isJump(verdict) && verdict.target) visit(verdict.target);
  }
}
