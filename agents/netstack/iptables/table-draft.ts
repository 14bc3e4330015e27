import type { IpVersion } from '../ip-address.ts';
import { Callers } from '../netfilter/callers.ts';
import type { HookPoint } from '../netfilter/hooks.ts';
import type { Netns } from '../netns.ts';
import { Chain, type Counters, RuleEntry } from './chain.ts';
import { ApplyError, RuleError } from './option-reader.ts';
import type { Rule } from './rule.ts';
import { ALL_HOOKS, type HookSet, hookSet, ownHooksOf } from './rule-hooks.ts';
import { mayStandIn } from './rule-tables.ts';
import type { Table } from './table.ts';
import { BUILTIN_CHAINS } from './table-layout.ts';

/** Chains and rules that one table holds; a larger commit is refused. */
const MAX_CHAINS = 1 << 18;
const MAX_RULES = 1 << 20;

interface DraftChain {
  /** The one that rules lead to: a new one, or the table's own, which keeps its identity. */
  readonly chain: Chain;
  rules: RuleEntry[] | readonly RuleEntry[];
  /** Whether `rules` is this draft's own copy. */
  owned: boolean;
  policy: 'ACCEPT' | 'DROP' | undefined;
  counters: Counters | undefined;
}

/**
 * A transaction on a table: it sees the table as changed so far, and `commit` checks the whole and puts it in
 * force at once, or throws a RuleError with nothing changed.
 */
export class TableDraft {
  readonly #ns: Netns;
  readonly #table: Table;
  readonly #changed = new Map<string, DraftChain>();
  readonly #deleted = new Set<string>();
  /** Whether a chain was taken away, which may have come again since. */
  #hasLost = false;

  constructor(ns: Netns, table: Table) {
    this.#ns = ns;
    this.#table = table;
  }

  get version(): IpVersion {
    return this.#table.version;
  }

  has(name: string): boolean {
    return this.#changed.has(name) || (this.#table.chains.has(name) && !this.#deleted.has(name));
  }

  rules(name: string): readonly RuleEntry[] {
    return this.#view(name).rules;
  }

  create(name: string): void {
    if (this.has(name)) throw new ApplyError(`Chain already exists.`);
    if (name.length > 28 || name.startsWith('-') || /\s/.test(name)) {
      throw new ApplyError(`chain name \`${name}' too long (must be under 29 chars)`);
    }
    const existing = this.#deleted.delete(name) ? this.#table.chains.get(name) : undefined;
    this.#changed.set(name, {
      chain: existing ?? new Chain(name),
      rules: [],
      owned: true,
      policy: undefined,
      counters: { packets: 0, bytes: 0 },
    });
  }

  flush(name: string): void {
    const chain = this.#edit(name);
    chain.rules = [];
    chain.owned = true;
  }

  /** Empties every chain and removes those that are not built in, as a restore without --noflush. */
  flushAll(): void {
    for (const name of this.names()) {
      if (this.#table.isBuiltin(name)) this.flush(name);
      else this.#drop(name);
    }
  }

  /** `iptables -X`: the chain must be empty; commit checks that nothing jumps to it. */
  remove(name: string): void {
    const chain = this.#view(name);
    if (this.#table.isBuiltin(name))
      throw new ApplyError(`CHAIN_DEL failed (Operation not supported): chain ${name}`);
    if (chain.rules.length > 0)
      throw new ApplyError(`CHAIN_DEL failed (Device or resource busy): chain ${name}`);
    this.#drop(name);
  }

  rename(from: string, to: string): void {
    const { rules } = this.#view(from);
    this.create(to);
    const target = this.#edit(to);
    target.rules = [...rules];
    target.owned = true;
    this.flush(from);
    this.remove(from);
  }

  setPolicy(name: string, policy: string): void {
    if (!this.#table.isBuiltin(name)) throw new ApplyError('Bad built-in chain name.');
    if (policy !== 'ACCEPT' && policy !== 'DROP') throw new ApplyError('Bad policy name.');
    this.#edit(name).policy = policy;
  }

  setCounters(name: string, counters: Counters): void {
    this.#edit(name).counters = counters;
  }

  append(name: string, rule: Rule, counters: Counters): void {
    const entry = this.#entry(name, rule, counters);
    this.#ownRules(name).push(entry);
  }

  /** `at` counts from 1. */
  insert(name: string, at: number, rule: Rule, counters: Counters): void {
    const entry = this.#entry(name, rule, counters);
    const rules = this.#ownRules(name);
    if (at < 1 || at > rules.length + 1) throw new ApplyError('Index of insertion too big.');
    rules.splice(at - 1, 0, entry);
  }

  replace(name: string, at: number, rule: Rule, counters: Counters): void {
    const entry = this.#entry(name, rule, counters);
    const rules = this.#ownRules(name);
    if (at < 1 || at > rules.length) throw new ApplyError('Index of replacement too big.');
    rules[at - 1] = entry;
  }

  deleteAt(name: string, at: number): void {
    const rules = this.#ownRules(name);
    if (at < 1 || at > rules.length) throw new ApplyError('Index of deletion too big.');
    rules.splice(at - 1, 1);
  }

  /** A chain must be declared before a rule jumps to it; a built-in one knows only some devices. */
  #entry(name: string, rule: Rule, counters: Counters): RuleEntry {
    if (rule.output && WITHOUT_OUTPUT.has(name)) throw new RuleError(`Can't use -o with ${name}\n`);
    if (rule.input && WITHOUT_INPUT.has(name)) throw new RuleError(`Can't use -i with ${name}\n`);
    const entry = new RuleEntry(this.#ns, this.version, rule, counters);
    const { target } = rule;
    if (target.kind !== 'jump' && target.kind !== 'goto') return entry;
    entry.chain = this.#find(target.chain);
    if (entry.chain) return entry;
    throw new RuleError(`Couldn't load target \`${target.chain}':No such file or directory\n`);
  }

  #find(name: string): Chain | undefined {
    const changed = this.#changed.get(name);
    if (changed) return changed.chain;
    return this.#deleted.has(name) ? undefined : this.#table.chains.get(name);
  }

  /** The position of the first rule of that text, from 1; 0 if there is none. */
  find(name: string, text: string): number {
    return this.rules(name).findIndex((entry) => entry.text === text) + 1;
  }

  isBuiltin(name: string): boolean {
    return this.#table.isBuiltin(name);
  }

  names(): string[] {
    const kept = [...this.#table.chains.keys()].filter((name) => !this.#deleted.has(name));
    return [...new Set([...kept, ...this.#changed.keys()])];
  }

  /** Checks jumps, references, loops and size of what changed, then puts all changes in force. */
  commit(): void {
    const added = this.#check();
    const { chains } = this.#table;
    for (const name of this.#deleted) {
      this.#countReferences(chains.get(name)!.rules, -1);
      chains.delete(name);
    }
    for (const [name, draft] of this.#changed) {
      chains.set(name, draft.chain);
      this.#apply(draft);
    }
    this.#table.ruleCount += added;
    this.#table.generation++;
    this.#ns.changed();
  }

  #apply({ chain, owned, rules, policy, counters }: DraftChain): void {
    if (owned) {
      this.#countReferences(chain.rules, -1);
      chain.rules = rules;
      this.#countReferences(rules, 1);
    }
    if (policy) chain.policy = policy;
    if (counters) Object.assign(chain.counters, counters);
  }

  #countReferences(rules: readonly RuleEntry[], by: number): void {
    for (const entry of rules) if (entry.chain) entry.chain.references += by;
  }

  /** The number of rules that the table gains, if all is well. */
  #check(): number {
    const { chains, ruleCount } = this.#table;
    let added = 0;
    for (const name of this.#deleted) added -= chains.get(name)!.rules.length;
    for (const { chain, rules, owned } of this.#changed.values()) {
      if (!owned) continue;
      added += rules.length - chain.rules.length;
      const point = this.#pointOf(chain);
      for (const entry of rules) {
        this.#checkTarget(chain, entry);
        if (point !== undefined && (ownHooksOf(entry.rule) & hookSet(point)) === 0)
          throw refused('Invalid argument', chain);
      }
    }
    if (chains.size + this.#changed.size > MAX_CHAINS) throw new ApplyError('Too many chains');
    if (ruleCount + added > MAX_RULES) throw new ApplyError('Too many rules');
    this.#checkDeleted();
    this.#checkLoops();
    this.#checkHooks();
    return added;
  }

  /** Nothing may lead to a chain that goes, but from chains that go or change with it. */
  #checkDeleted(): void {
    if (this.#deleted.size === 0) return;
    const { chains } = this.#table;
    const released = new Map<Chain, number>();
    const release = (rules: readonly RuleEntry[]): void => {
      for (const { chain } of rules) if (chain) released.set(chain, (released.get(chain) ?? 0) + 1);
    };
    for (const name of this.#deleted) release(chains.get(name)!.rules);
    for (const { chain, owned } of this.#changed.values()) if (owned) release(chain.rules);
    for (const name of this.#deleted) {
      const chain = chains.get(name)!;
      if (chain.references > (released.get(chain) ?? 0)) {
        throw new ApplyError(`CHAIN_DEL failed (Device or resource busy): chain ${name}`);
      }
    }
  }

  #checkTarget(from: Chain, { chain, rule }: RuleEntry): void {
    if (!mayStandIn(rule, this.#table.name)) throw refused('Invalid argument', from);
    if (!chain) return;
    if (chain.policy) throw new ApplyError(`Can't jump to built-in chain ${chain.name}`);
    if (this.#hasLost && this.#find(chain.name) !== chain)
      throw new ApplyError(`CHAIN_DEL failed (Device or resource busy): chain ${chain.name}`);
  }

  /** The hook that a built-in chain is called from. */
  #pointOf({ name, policy }: Chain): HookPoint | undefined {
    return policy && BUILTIN_CHAINS[this.#table.name].find((each) => each.name === name)?.point;
  }

  /** Depth first over what the changed chains reach; a chain on its own path is a loop. */
  #checkLoops(): void {
    const visited = new Map<Chain, 'on the path' | 'done'>();
    const visit = (chain: Chain): void => {
      const state = visited.get(chain);
      if (state === 'done') return;
      if (state !== undefined) throw refused('Too many links', chain);
      visited.set(chain, 'on the path');
      for (const entry of this.#rulesOf(chain)) if (entry.chain) visit(entry.chain);
      visited.set(chain, 'done');
    };
    for (const { chain } of this.#changed.values()) visit(chain);
  }

  /** Rules that work at some hooks only are not led to from others. */
  #checkHooks(): void {
    const callers = new Callers<Chain, Chain>({
      eachTarget: (chain, visit) => {
        for (const entry of this.#rulesOf(chain)) if (entry.chain) visit(entry.chain);
      },
      allowedAt: (chain) => this.#rulesOf(chain).reduce((hooks, entry) => hooks & entry.hooks, ALL_HOOKS),
      all: () => this.#allChains(),
    });
    for (const { chain, rules, owned } of this.#changed.values()) {
      if (!owned) continue;
      for (const entry of rules) {
        if (entry.hooks !== ALL_HOOKS) callers.limit(chain, chain);
        if (entry.chain) callers.link(chain, entry.chain, chain);
      }
    }
    const chain = callers.misplaced();
    if (chain) throw refused('Invalid argument', chain);
  }

  *#allChains(): Generator<{ node: Chain; own: HookSet }> {
    for (const name of this.names()) {
      const node = this.#find(name)!;
      const point = this.#pointOf(node);
      yield { node, own: point === undefined ? 0 : hookSet(point) };
    }
  }

  #rulesOf(chain: Chain): readonly RuleEntry[] {
    return this.#changed.get(chain.name)?.rules ?? chain.rules;
  }

  #drop(name: string): void {
    this.#changed.delete(name);
    this.#hasLost = true;
    if (this.#table.chains.has(name)) this.#deleted.add(name);
  }

  #view(name: string): DraftChain {
    const draft = this.#changed.get(name);
    if (draft) return draft;
    const chain = this.#find(name);
    if (!chain) throw new ApplyError('No chain/target/match by that name.');
    return { chain, rules: chain.rules, owned: false, policy: undefined, counters: undefined };
  }

  #edit(name: string): DraftChain {
    const changed = this.#changed.get(name);
    if (changed) return changed;
    const draft = this.#view(name);
    this.#changed.set(name, draft);
    return draft;
  }

  #ownRules(name: string): RuleEntry[] {
    const draft = this.#edit(name);
    if (!draft.owned) {
      draft.rules = [...draft.rules];
      draft.owned = true;
    }
    return draft.rules as RuleEntry[];
  }
}

function refused(why: string, chain: Chain): ApplyError {
  return new ApplyError(`RULE_APPEND failed (${why}): rule in chain ${chain.name}`);
}

const WITHOUT_OUTPUT: ReadonlySet<string> = new Set(['PREROUTING', 'INPUT']);
const WITHOUT_INPUT: ReadonlySet<string> = new Set(['OUTPUT', 'POSTROUTING']);
