import { Callers } from '../netfilter/callers.ts';
import type { HookPoint } from '../netfilter/hooks.ts';
import { type BaseSpec, HOOKS } from './base-spec.ts';
import { CALL_GRAPH, type Site } from './call-graph.ts';
import { type BoundRule, Chain, type Policy, RuleEntry } from './chain.ts';
import { checkChains } from './check-chains.ts';
import type { Value } from './data-type.ts';
import { NftError, REFUSALS, type Span } from './nft-error.ts';
import { Element, NftSet, type SetSpec } from './nft-set.ts';
import { detached } from './parse-value.ts';
import { EVERYWHERE } from './places.ts';
import { bindJump, bindRule, devicesOf } from './references.ts';
import { type ElementSpec, isJump, type Rule } from './rule.ts';
import type { Ruleset } from './ruleset.ts';
import { predecessor, successor } from './sort-elements.ts';
import { type Family, Table } from './table.ts';

const MAX_TABLES = 256;
const MAX_CHAINS = 1 << 18;
const MAX_SETS = 1 << 18;
/** Rules of one chain. */
const MAX_RULES = 1 << 16;

const HOOK_POINTS: Readonly<Record<(typeof HOOKS)[number], HookPoint>> = {
  prerouting: 0,
  input: 1,
  forward: 2,
  output: 3,
  postrouting: 4,
};

/** The hooks at which a type of chain may be called (nf_tables' hook_mask of each type, family ip). */
const HOOKS_OF_TYPE: Readonly<Record<BaseSpec['type'], readonly string[]>> = {
  filter: HOOKS,
  nat: ['prerouting', 'input', 'output', 'postrouting'],
  route: ['output'],
};

export interface ChainSpec {
  readonly base?: BaseSpec;
  readonly policy?: Policy;
  readonly comment?: string;
}

/**
 * Commands put in force one after the other; `commit` checks the whole, `rollBack` undoes all of them. No packet
 * passes in between, so others see all or nothing. Refusals are thrown with the span that they are about.
 */
export class Transaction {
  readonly #ruleset: Ruleset;
  readonly #undo: (() => void)[] = [];
  /** Chains that something new leads to: a loop would pass one of them. */
  readonly #reached = new Set<Chain>();
  readonly #callers = new Callers(CALL_GRAPH);
  /** Chains that were not there before: they go with all that is in them, which so needs no undoing. */
  readonly #made = new Set<Chain>();

  constructor(ruleset: Ruleset) {
    this.#ruleset = ruleset;
  }

  get isEmpty(): boolean {
    return this.#undo.length === 0;
  }

  commit(): void {
    checkChains(this.#reached);
    const site = this.#callers.misplaced();
    if (site) throw new NftError(REFUSALS.EOPNOTSUPP, site.span);
  }

  rollBack(): void {
    for (let i = this.#undo.length - 1; i >= 0; i--) this.#undo[i]!();
  }

  /** The table, made if it is not there. */
  addTable(family: Family, name: string, comment: string | undefined, span: Span): Table {
    const { tables } = this.#ruleset;
    const known = tables.get(`${family} ${name}`);
    if (known) return known;
    if (tables.size >= MAX_TABLES) throw new NftError(REFUSALS.ENFILE, span);
    const table = new Table(family, detached(name), this.#ruleset.nextHandle(), comment);
    tables.set(table.key, table);
    this.#undo.push(() => tables.delete(table.key));
    return table;
  }

  deleteTable(table: Table): void {
    const { tables } = this.#ruleset;
    for (const chain of table.chains.values()) this.#detach(table, chain);
    tables.delete(table.key);
    this.#undo.push(() => tables.set(table.key, table));
  }

  addChain(table: Table, name: string, { base, policy, comment }: ChainSpec, span: Span): Chain {
    const known = table.chains.get(name);
    if (known) {
      if (base && !sameBase(base, known.base)) throw new NftError(REFUSALS.EEXIST, span);
      if (policy) this.#setPolicy(known, policy);
      return known;
    }
    if (table.chains.size >= MAX_CHAINS) throw new NftError(REFUSALS.ENFILE, span);
    if (base && !HOOKS_OF_TYPE[base.type].includes(base.hook)) throw new NftError(REFUSALS.EOPNOTSUPP, span);
    if (policy && !base) throw new NftError(REFUSALS.EOPNOTSUPP, span);
    const chain = new Chain(detached(name), table.nextHandle(), base, comment);
    if (policy) chain.policy = policy;
    table.chains.set(chain.name, chain);
    this.#made.add(chain);
    this.#undo.push(() => {
      table.chains.delete(chain.name);
      countUses(chain.rules, -1);
    });
    this.#attach(table, chain);
    return chain;
  }

  deleteChain(table: Table, chain: Chain, span: Span): void {
    this.flushChain(chain);
    if (chain.uses > 0) throw new NftError(REFUSALS.EBUSY, span);
    this.#detach(table, chain);
    table.chains.delete(chain.name);
    this.#undo.push(() => table.chains.set(chain.name, chain));
  }

  renameChain(table: Table, chain: Chain, name: string, span: Span): void {
    if (table.chains.has(name)) throw new NftError(REFUSALS.EEXIST, span);
    const before = chain.name;
    this.#name(table, chain, detached(name));
    this.#undo.push(() => this.#name(table, chain, before));
  }

  /** It keeps its place among the others. */
  #name({ chains }: Table, chain: Chain, name: string): void {
    chain.name = name;
    const inOrder = [...chains.values()];
    chains.clear();
    for (const each of inOrder) chains.set(each.name, each);
  }

  flushChain(chain: Chain): void {
    const { rules } = chain;
    if (rules.length === 0) return;
    this.#setRules(chain, []);
    this.#release(chain, rules);
  }

  /** Without an index, at the end; names in the rule are looked up in the table. */
  addRule(table: Table, chain: Chain, rule: Rule, index: number | undefined, span: Span): void {
    if (chain.rules.length >= MAX_RULES) throw new NftError(REFUSALS.ENFILE, span);
    const bound = this.#bind(table, rule, span);
    for (let i = 0; i < bound.anonymousSets; i++) table.nextHandle();
    const entry = new RuleEntry(table.nextHandle(), rule, bound);
    const before = chain.rules;
    if (index === undefined) {
      before.push(entry);
      this.#undoRules(chain, () => before.pop());
    } else {
      if (index > before.length) throw new NftError(REFUSALS.ENOENT, span);
      this.#setRules(chain, [...before.slice(0, index), entry, ...before.slice(index)]);
    }
    this.#acquire(chain, entry, { table, span });
  }

  /** The new rule has the place and the handle of the old one. */
  replaceRule(table: Table, chain: Chain, handle: number, rule: Rule, span: Span): void {
    const before = chain.rules;
    const old = before.find((each) => each.handle === handle);
    if (!old) throw new NftError(REFUSALS.ENOENT, span);
    const entry = new RuleEntry(handle, rule, this.#bind(table, rule, span));
    this.#setRules(
      chain,
      before.map((each) => (each === old ? entry : each)),
    );
    this.#release(chain, [old]);
    this.#acquire(chain, entry, { table, span });
  }

  #bind(table: Table, rule: Rule, span: Span): BoundRule {
    const isMissing = (name: string): boolean => !/^\d*$/.test(name) && !this.#ruleset.hasDevice(name);
    if (devicesOf(rule).some(isMissing)) throw new NftError('Interface does not exist', span);
    const bound = bindRule(table, rule, span);
    if (bound.asksForConnections) this.#ruleset.track(table.family);
    return bound;
  }

  deleteRule(chain: Chain, handle: number, span: Span): void {
    const before = chain.rules;
    const entry = before.find((each) => each.handle === handle);
    if (!entry) throw new NftError(REFUSALS.ENOENT, span);
    this.#setRules(
      chain,
      before.filter((each) => each !== entry),
    );
    this.#release(chain, [entry]);
  }

  addSet(table: Table, name: string, spec: SetSpec, span: Span): NftSet {
    const known = table.sets.get(name);
    if (known) {
      if (!sameSpec(spec, known.spec)) throw new NftError(REFUSALS.EEXIST, span);
      return known;
    }
    if (table.sets.size >= MAX_SETS) throw new NftError(REFUSALS.ENFILE, span);
    const set = new NftSet(detached(name), table.nextHandle(), spec);
    table.sets.set(set.name, set);
    this.#undo.push(() => table.sets.delete(set.name));
    return set;
  }

  deleteSet(table: Table, set: NftSet, span: Span): void {
    if (set.uses > 0) throw new NftError(REFUSALS.EBUSY, span);
    this.flushSet(set);
    table.sets.delete(set.name);
    this.#undo.push(() => table.sets.set(set.name, set));
  }

  flushSet(set: NftSet): void {
    for (const element of set.elements(Number.NEGATIVE_INFINITY)) this.#remove(set, element);
  }

  /** The same element once more is no mistake, unless it is to be created, or leads elsewhere. */
  addElement(table: Table, set: NftSet, spec: ElementSpec, create: boolean, span: Span): void {
    const { now } = this.#ruleset;
    if (spec.low !== spec.high && !set.spec.flags.includes('interval'))
      throw new NftError(
        "You must add 'flags interval' to your set declaration if you want to add prefix elements",
        span,
      );
    if (set.mergesRanges) return this.#merge(set, spec, span);
    const known = set.find(spec, now);
    if (known) {
      if (create || !sameData(known, spec)) throw new NftError(REFUSALS.EEXIST, span);
      return;
    }
    if (set.overlaps(spec)) throw new NftError(REFUSALS.EEXIST, span);
    if (!set.makeRoom(now)) throw new NftError(REFUSALS.ENFILE, span);
    const { verdict } = spec;
    if (verdict && isJump(verdict)) {
      const target = table.chains.get(verdict.chain);
      if (!target) throw new NftError(REFUSALS.ENOENT, span);
      if (target.base) throw new NftError(REFUSALS.EOPNOTSUPP, span);
      bindJump(verdict, target);
      target.uses++;
      this.#reached.add(target);
      this.#callers.link(set, target, { table, span });
      this.#undo.push(() => target.uses--);
    }
    this.#put(set, spec);
  }

  #put(set: NftSet, spec: ElementSpec): void {
    const element = new Element(set.spec.counter ? { counters: { packets: 0, bytes: 0 }, ...spec } : spec);
    const lifetime = spec.timeoutMs ?? set.spec.timeoutMs;
    if (lifetime !== undefined && lifetime > 0)
      element.expiresAt = this.#ruleset.now + (spec.expiresMs ?? lifetime);
    set.add(element);
    this.#undo.push(() => set.remove(element));
  }

  /** What overlaps the new element or touches it becomes one with it (nft's set_automerge, src/intervals.c). */
  #merge(set: NftSet, spec: ElementSpec, span: Span): void {
    const around = set.around(spec);
    const low = [spec.low, ...around.map((each) => each.low)].reduce((a, b) => (b[0]! < a[0]! ? b : a));
    const high = [spec.high, ...around.map((each) => each.high)].reduce((a, b) => (b[0]! > a[0]! ? b : a));
    for (const each of around) this.#remove(set, each);
    if (!set.makeRoom(this.#ruleset.now)) throw new NftError(REFUSALS.ENFILE, span);
    this.#put(set, { ...spec, low, high: low[0] === high[0] ? low : high });
  }

  /** What is left of an element from which a part is taken out. */
  #split(set: NftSet, { low, high }: ElementSpec, span: Span): void {
    const whole = set
      .around({ low, high })
      .find((each) => each.low[0]! <= low[0]! && each.high[0]! >= high[0]!);
    if (!whole) throw new NftError('element does not exist', span);
    this.#remove(set, whole);
    if (whole.low[0]! < low[0]!) this.#put(set, rangeOf(whole.low[0]!, predecessor(low[0]!)));
    if (whole.high[0]! > high[0]!) this.#put(set, rangeOf(successor(high[0]!), whole.high[0]!));
  }

  deleteElement(set: NftSet, spec: ElementSpec, span: Span): void {
    if (set.mergesRanges) return this.#split(set, spec, span);
    const known = set.find(spec, this.#ruleset.now);
    if (!known) throw new NftError(REFUSALS.ENOENT, span);
    this.#remove(set, known);
  }

  #remove(set: NftSet, element: Element): void {
    set.remove(element);
    const target = element.verdict && isJump(element.verdict) ? element.verdict.target : undefined;
    if (target) target.uses--;
    this.#undo.push(() => {
      set.add(element);
      if (target) target.uses++;
    });
  }

  #setPolicy(chain: Chain, policy: Policy): void {
    const before = chain.policy;
    chain.policy = policy;
    this.#undo.push(() => {
      chain.policy = before;
    });
  }

  #setRules(chain: Chain, rules: RuleEntry[]): void {
    const before = chain.rules;
    chain.rules = rules;
    this.#undoRules(chain, () => {
      chain.rules = before;
    });
  }

  #acquire(chain: Chain, entry: RuleEntry, site: Site): void {
    if (entry.places !== EVERYWHERE) this.#callers.limit(chain, site);
    for (const each of entry.references) {
      each.uses++;
      this.#callers.link(chain, each, site);
      if (each instanceof Chain) this.#reached.add(each);
    }
    if (entry.references.length > 0) this.#undoRules(chain, () => countUses([entry], -1));
  }

  #release(chain: Chain, entries: readonly RuleEntry[]): void {
    countUses(entries, -1);
    this.#undoRules(chain, () => countUses(entries, 1));
  }

  #undoRules(chain: Chain, undo: () => void): void {
    if (!this.#made.has(chain)) this.#undo.push(undo);
  }

  #attach({ family }: Table, chain: Chain): void {
    if (!chain.base) return;
    chain.unregister = this.#ruleset.hook(chain, HOOK_POINTS[chain.base.hook], family);
    this.#undo.push(() => chain.unregister?.());
  }

  #detach({ family }: Table, chain: Chain): void {
    if (!chain.base) return;
    const { base } = chain;
    chain.unregister?.();
    this.#undo.push(() => {
      chain.unregister = this.#ruleset.hook(chain, HOOK_POINTS[base.hook], family);
    });
  }
}

function countUses(entries: readonly RuleEntry[], by: number): void {
  for (const { references } of entries) for (const each of references) each.uses += by;
}

function rangeOf(from: Value, to: Value): ElementSpec {
  const low = [from];
  return { low, high: from === to ? low : [to] };
}

function sameBase(a: BaseSpec, b: BaseSpec | undefined): boolean {
  return a.type === b?.type && a.hook === b.hook && a.priority === b.priority;
}

function sameSpec(a: SetSpec, b: SetSpec): boolean {
  return (
    a.isMap === b.isMap &&
    a.key.length === b.key.length &&
    a.key.every((type, index) => type === b.key[index]) &&
    a.isVerdictMap === b.isVerdictMap &&
    (a.data ?? []).every((type, index) => type === b.data?.[index])
  );
}

function sameData(element: Element, { verdict, data }: ElementSpec): boolean {
  if (verdict?.kind !== element.verdict?.kind) return false;
  if (verdict && element.verdict && isJump(verdict) && isJump(element.verdict)) {
    return verdict.chain === element.verdict.target?.name;
  }
  return (data ?? []).every((value, index) => value === element.data?.[index]);
}
