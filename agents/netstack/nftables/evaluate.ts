import type { Link } from '../link/link.ts';
import { NF_ACCEPT, NF_DROP } from '../netfilter/hooks.ts';
import type { Netns } from '../netns.ts';
import type { Packet } from '../packet.ts';
import { compileStatement, type Step } from './compile-statement.ts';
import type { NftChain, NftRule } from './nft-chain.ts';
import { formatRule } from './rule-printer.ts';

/** Past this a packet is dropped; loops are refused when they are made (NFT_JUMP_STACK_SIZE). */
const MAX_DEPTH = 16;

const END_OF_CHAIN = -1;
type Outcome = typeof NF_ACCEPT | typeof NF_DROP | typeof END_OF_CHAIN;

/** Leads packets through the chains of one table (nft_do_chain, net/netfilter/nf_tables_core.c). */
export class NftEvaluator {
  readonly #ns: Netns;
  readonly #table: string;
  /** Compiled when a packet first meets the rule. */
  readonly #steps = new WeakMap<NftRule, readonly Step[]>();
  /** Rules evaluated since the beginning, as a real kernel would have. */
  walked = 0;

  constructor(ns: Netns, table: string) {
    this.#ns = ns;
    this.#table = table;
  }

  evaluate(
    base: NftChain,
    packet: Packet,
    input: Link | undefined,
    output: Link | undefined,
  ): typeof NF_ACCEPT | typeof NF_DROP {
    const before = this.walked;
    const outcome = this.#walk(base, packet, input, output, 0);
    packet.recording?.walked(this, this.walked - before);
    if (outcome !== END_OF_CHAIN) return outcome;
    packet.trace?.(
      { kind: 'policy', ns: this.#ns.name, table: this.#table, chain: base.name, policy: base.policy },
      packet,
    );
    return base.policy === 'accept' ? NF_ACCEPT : NF_DROP;
  }

  #walk(
    chain: NftChain,
    packet: Packet,
    input: Link | undefined,
    output: Link | undefined,
    depth: number,
  ): Outcome {
    if (depth > MAX_DEPTH) return NF_DROP;
    const { rules } = chain;
    for (let i = 0; i < rules.length; i++) {
      const rule = rules[i]!;
      this.walked++;
      const verdict = this.#run(rule, packet, input, output);
      if (verdict === undefined || verdict.kind === 'continue') continue;
      if (packet.trace !== undefined) this.#trace(packet, chain, i, rule);
      switch (verdict.kind) {
        case 'accept':
          return NF_ACCEPT;
        case 'drop':
          return NF_DROP;
        case 'return':
          return END_OF_CHAIN;
        case 'goto':
          return this.#walk(verdict.chain, packet, input, output, depth + 1);
        case 'jump': {
          const outcome = this.#walk(verdict.chain, packet, input, output, depth + 1);
          if (outcome !== END_OF_CHAIN) return outcome;
        }
      }
    }
    return END_OF_CHAIN;
  }

  #run(rule: NftRule, packet: Packet, input: Link | undefined, output: Link | undefined) {
    let steps = this.#steps.get(rule);
    if (steps === undefined) {
      steps = rule.statements.map((statement) => compileStatement(this.#ns, statement));
      this.#steps.set(rule, steps);
    }
    for (let i = 0; i < steps.length; i++) {
      const verdict = steps[i]!(packet, input, output);
      if (verdict !== undefined) return verdict;
    }
    return undefined;
  }

  #trace(packet: Packet, chain: NftChain, index: number, rule: NftRule): void {
    const where = { ns: this.#ns.name, table: this.#table, chain: chain.name, rule: index + 1 };
    packet.trace?.({ kind: 'rule', ...where, text: formatRule(rule) }, packet);
  }
}
