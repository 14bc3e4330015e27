import type { IpVersion } from '../ip-address.ts';
import type { Link } from '../link/link.ts';
import { NF_ACCEPT, NF_DROP } from '../netfilter/hooks.ts';
import type { Netns } from '../netns.ts';
import type { Packet } from '../packet.ts';
import { compileConditions, needsConntrack, type Predicate } from './match-compiler.ts';
import { ApplyError, RuleError } from './option-reader.ts';
import { isPerFlow } from './per-flow.ts';
import type { Rule } from './rule.ts';
import { type HookSet, hooksOf } from './rule-hooks.ts';
import { RuleIndex } from './rule-index.ts';
import { printRule } from './rule-printer.ts';
import { type Action, CONTINUE, compileTarget, type Outcome } from './target-compiler.ts';

export interface Counters {
  packets: number;
  bytes: number;
}

const RETURN = -2;
const NEXT = CONTINUE;

/** A rule in a chain: what it says, what it means, what it has counted. */
export class RuleEntry {
  readonly rule: Rule;
  readonly counters: Counters;
  /** Where a jump or goto leads; set when the rule joins a draft. */
  chain: Chain | undefined = undefined;
  readonly isGoto: boolean;
  readonly #ns: Netns;
  #predicates: readonly Predicate[] | undefined;
  /** A fixed verdict, or undefined if `action` decides. */
  readonly verdict: Outcome | typeof RETURN | undefined;
  readonly action: Action | undefined;
  /** All packets of an established flow fare alike here. */
  readonly perFlow: boolean;
  /** From where it may be called. */
  readonly hooks: HookSet;
  #text: string | undefined;

  constructor(ns: Netns, version: IpVersion, rule: Rule, counters: Counters) {
    this.rule = rule;
    this.counters = counters;
    this.#ns = ns;
    if (rule.target.kind === 'CONNMARK' || rule.matches.some(needsConntrack)) ns.conntrack.enable(version);
    requireNamed(ns, rule);
    this.perFlow = isPerFlow(rule);
    this.hooks = hooksOf(rule);
    this.isGoto = rule.target.kind === 'goto';
    const { target } = rule;
    switch (target.kind) {
      case 'none':
      case 'jump':
      case 'goto':
        this.verdict = NEXT;
        break;
      case 'ACCEPT':
        this.verdict = NF_ACCEPT;
        break;
      case 'DROP':
        this.verdict = NF_DROP;
        break;
      case 'RETURN':
        this.verdict = RETURN;
        break;
      case 'NOTRACK':
        this.action = compileTarget(ns, { kind: 'CT', notrack: true });
        break;
      default:
        this.action = compileTarget(ns, target);
    }
  }

  /** Compiled when a packet first meets the rule: most rules of a large cluster never see one. */
  get predicates(): readonly Predicate[] {
    this.#predicates ??= compileConditions(this.#ns, this.rule);
    return this.#predicates;
  }

  /** The options as iptables-save prints them; also what -D and -C compare. */
  get text(): string {
    this.#text ??= printRule(this.rule);
    return this.#text;
  }
}

/** The sets and accounts that a rule names are there before it. */
function requireNamed(ns: Netns, { matches }: Rule): void {
  for (const match of matches) {
    if (match.kind === 'set' && !ns.ipsets.place(match.name))
      throw new RuleError(`Set ${match.name} doesn't exist.\n`);
    if (match.kind === 'nfacct' && !ns.accounts.get(match.name))
      throw new ApplyError('No chain/target/match by that name.');
  }
}

export class Chain {
  readonly name: string;
  /** Only built-in chains have one. */
  policy: 'ACCEPT' | 'DROP' | undefined;
  readonly counters: Counters = { packets: 0, bytes: 0 };
  #rules: readonly RuleEntry[] = [];
  /** Null: not built since the rules changed. */
  #index: RuleIndex | undefined | null = null;
  /** How many rules jump here. */
  references = 0;
  /** From where it is called, or was: see Callers. */
  places: HookSet;

  constructor(name: string, policy?: 'ACCEPT' | 'DROP', hooks: HookSet = 0) {
    this.name = name;
    this.policy = policy;
    this.places = hooks;
  }

  get rules(): readonly RuleEntry[] {
    return this.#rules;
  }

  set rules(rules: readonly RuleEntry[]) {
    this.#rules = rules;
    this.#index = null;
  }

  /** The positions of the rules that may match a packet; undefined for all. */
  candidates(packet: Packet): readonly number[] | undefined {
    if (this.#index === null) this.#index = RuleIndex.of(this.#rules.map(({ rule }) => rule));
    return this.#index?.candidates(packet);
  }
}

/** Whoever walks a packet through a table; a compiled look-up can stand in for the linear walk. */
export interface Evaluator {
  evaluate(
    chain: Chain,
    packet: Packet,
    input: Link | undefined,
    output: Link | undefined,
  ): typeof NF_ACCEPT | typeof NF_DROP;
}

/**
 * Walks as ipt_do_table does, past the rules that cannot match; loops were refused when the table was committed.
 */
export class LinearEvaluator implements Evaluator {
  readonly #ns: Netns;
  readonly #table: string;
  /** The rules walked since the beginning, as a real kernel would have. */
  walked = 0;

  constructor(ns: Netns, table: string) {
    this.#ns = ns;
    this.#table = table;
  }

  evaluate(base: Chain, packet: Packet, input: Link | undefined, output: Link | undefined): 0 | 1 {
    const before = this.walked;
    const outcome = base.rules.length === 0 ? NEXT : this.#walk(base, packet, input, output);
    packet.recording?.walked(this, this.walked - before);
    if (outcome === NF_ACCEPT || outcome === NF_DROP) return outcome;
    packet.recording?.counted(base.counters);
    base.counters.packets++;
    base.counters.bytes += packet.end - packet.l3;
    const policy = base.policy ?? 'ACCEPT';
    packet.trace?.(
      { kind: 'policy', ns: this.#ns.name, table: this.#table, chain: base.name, policy },
      packet,
    );
    return policy === 'ACCEPT' ? NF_ACCEPT : NF_DROP;
  }

  /** NEXT if the chain's end was reached or it returned. A goto does not come back to the rule after it. */
  #walk(chain: Chain, packet: Packet, input: Link | undefined, output: Link | undefined): Outcome {
    const { rules } = chain;
    const candidates = chain.candidates(packet);
    const count = candidates?.length ?? rules.length;
    let passed = 0;
    for (let k = 0; k < count; k++) {
      const i = candidates === undefined ? k : candidates[k]!;
      const entry = rules[i]!;
      this.walked += i + 1 - passed;
      passed = i + 1;
      if (!entry.perFlow) packet.recording = undefined;
      const held = holds(entry.predicates, packet, input, output);
      if (held === 'drop') return NF_DROP;
      if (!held) continue;
      packet.recording?.counted(entry.counters);
      entry.counters.packets++;
      entry.counters.bytes += packet.end - packet.l3;
      if (packet.trace !== undefined) this.#trace(packet, chain, i, entry);
      if (entry.chain !== undefined) {
        const outcome = this.#walk(entry.chain, packet, input, output);
        if (outcome !== NEXT || entry.isGoto) return outcome;
        continue;
      }
      const outcome = entry.action === undefined ? entry.verdict! : entry.action(packet, input, output);
      if (outcome === RETURN) return NEXT;
      if (outcome !== NEXT) return outcome;
    }
    this.walked += rules.length - passed;
    return NEXT;
  }

  #trace(packet: Packet, chain: Chain, index: number, entry: RuleEntry): void {
    const where = { ns: this.#ns.name, table: this.#table, chain: chain.name, rule: index + 1 };
    packet.trace?.({ kind: 'rule', ...where, text: entry.text }, packet);
  }
}

function holds(
  predicates: readonly Predicate[],
  packet: Packet,
  input: Link | undefined,
  output: Link | undefined,
): ReturnType<Predicate> {
  for (let i = 0; i < predicates.length; i++) {
    const held = predicates[i]!(packet, input, output);
    if (held !== true) return held;
  }
  return true;
}
