import type { Link } from '../link/link.ts';
import { NF_ACCEPT, NF_DROP } from '../netfilter/hooks.ts';
import type { Netns } from '../netns.ts';
import type { Packet } from '../packet.ts';
import type { Chain, RuleEntry } from './chain.ts';
import { compileStatement, type RuleProgram } from './compile-rule.ts';
import { BREAK, type Course, GOTO, JUMP, NEXT, RETURN } from './outcome.ts';
import { printRule } from './print-rule.ts';

/** Walks packets through chains as nft_do_chain does; loops were refused when the rules were committed. */
export class Evaluator {
  readonly #ns: Netns;
  readonly #course: Course = { target: undefined };
  /** The rules walked since the beginning. */
  walked = 0;

  constructor(ns: Netns) {
    this.#ns = ns;
  }

  /** The verdict of a base chain: its policy where no rule has a say. */
  evaluate(chain: Chain, packet: Packet, input: Link | undefined, output: Link | undefined): 0 | 1 {
    const before = this.walked;
    const outcome = this.#walk(chain, packet, input, output);
    packet.recording?.walked(this, this.walked - before);
    if (outcome === NF_ACCEPT || outcome === NF_DROP) return outcome;
    const { policy } = chain;
    packet.trace?.(
      { kind: 'policy', ns: this.#ns.name, table: 'nftables', chain: chain.name, policy },
      packet,
    );
    return policy === 'accept' ? NF_ACCEPT : NF_DROP;
  }

  /** NEXT if the chain's end was reached or it returned. A goto does not come back to the rule after it. */
  #walk(chain: Chain, packet: Packet, input: Link | undefined, output: Link | undefined): number {
    const { rules } = chain;
    for (let i = 0; i < rules.length; i++) {
      const entry = rules[i]!;
      this.walked++;
      let outcome = this.#run(entry.program ?? this.#compile(entry), packet, input, output);
      if (outcome === BREAK) continue;
      if (packet.trace !== undefined) this.#trace(packet, chain, i, entry);
      if (outcome === NEXT) continue;
      if (outcome === GOTO) return this.#walk(this.#course.target!, packet, input, output);
      if (outcome === JUMP) outcome = this.#walk(this.#course.target!, packet, input, output);
      else if (outcome === RETURN) return NEXT;
      if (outcome !== NEXT) return outcome;
    }
    return NEXT;
  }

  #run(program: RuleProgram, packet: Packet, input: Link | undefined, output: Link | undefined): number {
    for (let i = 0; i < program.length; i++) {
      const outcome = program[i]!(packet, input, output);
      if (outcome !== NEXT) return outcome;
    }
    return NEXT;
  }

  #compile(entry: RuleEntry): RuleProgram {
    entry.program = entry.rule.statements.map((each) => compileStatement(this.#ns, each, this.#course));
    return entry.program;
  }

  #trace(packet: Packet, chain: Chain, index: number, { rule }: RuleEntry): void {
    const where = { ns: this.#ns.name, table: 'nftables', chain: chain.name, rule: index + 1 };
    packet.trace?.({ kind: 'rule', ...where, text: printRule(rule) }, packet);
  }
}
