import type { Netns } from '../netns.ts';
import { type BaseHook, NftChain, type NftRule } from './nft-chain.ts';
import { BUSY, EXISTS, NftError, NO_SUCH } from './nft-error.ts';
import { NftSet, type SetDeclaration, type SetElement } from './nft-set.ts';
import { type Family, NftTable } from './nft-table.ts';
import { chainsReached, setsOf } from './references.ts';
import type { ParsedRule } from './rule-parser.ts';
import type { Scope } from './scope.ts';

/** Bounds of one namespace; what would go past them is refused. */
const MAX_CHAINS = 1 << 18;
const MAX_RULES = 1 << 20;
const MAX_ELEMENTS = 1 << 20;

/** How much of everything a namespace holds. */
export interface Totals {
  chains: number;
  rules: number;
  elements: number;
  handles: number;
}

/**
 * Changes of a namespace's tables that take effect together: each is done at once and can be undone, so that a
 * later mistake leaves nothing behind. No packet passes in between.
 */
export class Transaction {
  readonly #ns: Netns;
  readonly #tables: Map<string, NftTable>;
  readonly #totals: Totals;
  readonly #undo: (() => void)[] = [];
  /** Jumps made, to be looked at for loops. */
  readonly #jumps: (readonly [from: readonly NftChain[], to: NftChain])[] = [];

  constructor(ns: Netns, tables: Map<string, NftTable>, totals: Totals) {
    this.#ns = ns;
    this.#tables = tables;
    this.#totals = totals;
  }

  rollBack(): void {
    for (let i = this.#undo.length - 1; i >= 0; i--) this.#undo[i]!();
  }

  /** Refuses a ruleset in which a packet could go round for ever. */
  checkLoops(): void {
    for (const [from, to] of this.#jumps) {
      if (from.length === 0) continue;
      const sources = new Set(from);
      const seen = new Set<NftChain>();
      const pending = [to];
      for (let chain = pending.pop(); chain !== undefined; chain = pending.pop()) {
        if (sources.has(chain)) throw new NftError('Could not process rule: Too many links');
        if (seen.has(chain)) continue;
        seen.add(chain);
        for (const rule of chain.rules) for (const next of chainsReached(rule.statements)) pending.push(next);
      }
    }
  }

  table(family: Family, name: string): NftTable {
    const table = this.#tables.get(`${family} ${name}`);
    if (!table) throw new NftError(NO_SUCH);
    return table;
  }

  addTable(family: Family, name: string, options: { isNew: boolean; comment?: string }): NftTable {
    const key = `${family} ${name}`;
    const known = this.#tables.get(key);
    if (known) {
      if (options.isNew) throw new NftError(EXISTS);
      return known;
    }
    const table = new NftTable(this.#ns, family, name, ++this.#totals.handles, options.comment);
    this.#set(this.#tables, key, table);
    return table;
  }

  deleteTable(table: NftTable): void {
    for (const chain of table.chains.values()) this.flushChain(chain);
    for (const set of table.sets.values()) this.#forgetElements(set);
    this.#count('chains', -table.chains.size);
    this.#remove(this.#tables, `${table.family} ${table.name}`);
  }

  /** Deletes all tables, or all of one family. */
  flushRuleset(family: Family | undefined): void {
    for (const table of [...this.#tables.values()]) {
      if (family === undefined || table.family === family) this.deleteTable(table);
    }
  }

  chain(table: NftTable, name: string): NftChain {
    const chain = table.chains.get(name);
    if (!chain) throw new NftError(NO_SUCH);
    return chain;
  }

  addChain(
    table: NftTable,
    name: string,
    options: { isNew: boolean; hook?: BaseHook; policy?: 'accept' | 'drop'; comment?: string },
  ): void {
    const known = table.chains.get(name);
    if (known && (options.isNew || !sameHook(known.hook, options.hook ?? known.hook)))
      throw new NftError(EXISTS);
    const chain = known ?? new NftChain(name, table.nextHandle(), options.hook, options.comment);
    if (!known) {
      this.#count('chains', 1, MAX_CHAINS);
      this.#set(table.chains, name, chain);
    }
    if (options.policy === undefined || options.policy === chain.policy) return;
    const { policy } = chain;
    this.#undo.push(() => {
      chain.policy = policy;
    });
    chain.policy = options.policy;
  }

  deleteChain(table: NftTable, chain: NftChain): void {
    this.flushChain(chain);
    if (chain.uses > 0) throw new NftError(BUSY);
    this.#count('chains', -1);
    this.#remove(table.chains, chain.name);
  }

  flushChain(chain: NftChain): void {
    const { rules } = chain;
    if (rules.length === 0) return;
    this.#undo.push(() => {
      chain.rules = rules;
    });
    chain.rules = [];
    this.#count('rules', -rules.length);
    for (const rule of rules) this.#refer(chain, rule, -1);
  }

  flushTable(table: NftTable): void {
    for (const chain of table.chains.values()) this.flushChain(chain);
  }

  /** `at` is a position in the chain; its end if it is undefined. */
  addRule(table: NftTable, chain: NftChain, parsed: ParsedRule, at?: number): void {
    this.#count('rules', 1, MAX_RULES);
    const rule: NftRule = { handle: table.nextHandle(), ...parsed };
    this.#undo.push(() => {
      chain.rules.splice(chain.rules.indexOf(rule), 1);
    });
    if (at === undefined) chain.rules.push(rule);
    else chain.rules.splice(at, 0, rule);
    this.#refer(chain, rule, 1);
    for (const to of chainsReached(rule.statements)) this.#jumps.push([[chain], to]);
  }

  positionOf(chain: NftChain, handle: number): number {
    const at = chain.rules.findIndex((rule) => rule.handle === handle);
    if (at < 0) throw new NftError(NO_SUCH);
    return at;
  }

  deleteRule(chain: NftChain, at: number): void {
    const [rule] = chain.rules.splice(at, 1);
    if (!rule) throw new NftError(NO_SUCH);
    this.#undo.push(() => {
      chain.rules.splice(at, 0, rule);
    });
    this.#count('rules', -1);
    this.#refer(chain, rule, -1);
  }

  set(table: NftTable, name: string): NftSet {
    const set = table.sets.get(name);
    if (!set) throw new NftError(NO_SUCH);
    return set;
  }

  addSet(table: NftTable, declaration: SetDeclaration, isNew: boolean): NftSet {
    const known = table.sets.get(declaration.name);
    if (known) {
      if (isNew || !sameShape(known.declaration, declaration)) throw new NftError(EXISTS);
      return known;
    }
    const set = new NftSet(declaration, table.nextHandle());
    this.#set(table.sets, declaration.name, set);
    return set;
  }

  deleteSet(table: NftTable, set: NftSet): void {
    if (set.users.length > 0) throw new NftError(BUSY);
    this.#forgetElements(set);
    this.#remove(table.sets, set.declaration.name);
  }

  flushSet(set: NftSet): void {
    const elements = set.elements(Number.NEGATIVE_INFINITY);
    this.#forgetElements(set);
    this.#undo.push(() => {
      for (const element of elements) set.add(element);
    });
    set.clear();
  }

  /** An element that is there already is left alone, but must say the same. */
  addElement(set: NftSet, given: SetElement, isNew: boolean): void {
    const known = set.get(given.key);
    if (known) {
      if (isNew || !sameData(known, given)) throw new NftError(EXISTS);
      return;
    }
    if (set.isFull) throw new NftError('Could not process rule: Too many open files in system');
    this.#count('elements', 1, MAX_ELEMENTS);
    const timeout = given.timeout ?? set.declaration.timeout;
    const element: SetElement =
      timeout === undefined ? given : { ...given, timeout, expiresAt: this.#ns.softirq.now + timeout };
    this.#undo.push(() => set.remove(element.key));
    set.add(element);
    this.#referElement(element, 1);
    if (element.verdict && 'chain' in element.verdict) this.#jumps.push([set.users, element.verdict.chain]);
  }

  deleteElement(set: NftSet, key: SetElement['key']): void {
    const known = set.get(key);
    if (!known) throw new NftError(NO_SUCH);
    this.#undo.push(() => set.add(known));
    set.remove(known.key);
    this.#count('elements', -1);
    this.#referElement(known, -1);
  }

  /** What rules of a table may refer to. */
  scope(table: NftTable): Scope {
    return {
      chain: (name) => this.chain(table, name),
      set: (name) => this.set(table, name),
      anonymous: (declaration) => new NftSet({ ...declaration, name: '', flags: [] }, 0),
    };
  }

  #forgetElements(set: NftSet): void {
    const elements = set.elements(Number.NEGATIVE_INFINITY);
    this.#count('elements', -elements.length);
    for (const element of elements) this.#referElement(element, -1);
  }

  #count(what: 'chains' | 'rules' | 'elements', by: number, max = Number.POSITIVE_INFINITY): void {
    if (this.#totals[what] + by > max) throw new NftError('Could not process rule: No space left on device');
    this.#totals[what] += by;
    this.#undo.push(() => {
      this.#totals[what] -= by;
    });
  }

  #refer(chain: NftChain, { statements }: NftRule, by: 1 | -1): void {
    for (const to of chainsReached(statements, { named: false })) this.#use(to, by);
    for (const set of setsOf(statements)) {
      if (by === 1) set.users.push(chain);
      else set.users.splice(set.users.indexOf(chain), 1);
      this.#undo.push(() => {
        if (by === 1) set.users.splice(set.users.indexOf(chain), 1);
        else set.users.push(chain);
      });
    }
  }

  #referElement({ verdict }: SetElement, by: 1 | -1): void {
    if (verdict && 'chain' in verdict) this.#use(verdict.chain, by);
  }

  #use(chain: NftChain, by: 1 | -1): void {
    chain.uses += by;
    this.#undo.push(() => {
      chain.uses -= by;
    });
  }

  #set<V>(map: Map<string, V>, key: string, value: V): void {
    this.#undo.push(() => map.delete(key));
    map.set(key, value);
  }

  #remove<V>(map: Map<string, V>, key: string): void {
    const value = map.get(key)!;
    this.#undo.push(() => map.set(key, value));
    map.delete(key);
  }
}

function sameHook(a: BaseHook | undefined, b: BaseHook | undefined): boolean {
  return a?.type === b?.type && a?.point === b?.point && a?.priority === b?.priority;
}

function sameShape(a: SetDeclaration, b: SetDeclaration): boolean {
  return shapeOf(a) === shapeOf(b);
}

function shapeOf({ keyTypes, dataTypes, flags }: SetDeclaration): string {
  const data = dataTypes === 'verdict' ? dataTypes : dataTypes?.map((type) => type.name);
  return JSON.stringify([keyTypes.map((type) => type.name), data, [...flags].sort()]);
}

function sameData(a: SetElement, b: SetElement): boolean {
  const target = ({ verdict, data }: SetElement) => [
    verdict?.kind,
    verdict && 'chain' in verdict ? verdict.chain.name : undefined,
    data,
  ];
  return JSON.stringify(target(a)) === JSON.stringify(target(b));
}
