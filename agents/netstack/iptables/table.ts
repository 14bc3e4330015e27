import type { IpVersion } from '../ip-address.ts';
import { type HookFunction, NF_ACCEPT, NF_DROP, OUTPUT } from '../netfilter/hooks.ts';
import { rerouting } from '../netfilter/rerouting.ts';
import type { Netns } from '../netns.ts';
import { Chain, type Evaluator, LinearEvaluator } from './chain.ts';
import { hookSet } from './rule-hooks.ts';
import { BUILTIN_CHAINS, type TableName } from './table-layout.ts';

/** One table in force. Its chains keep their identity; a commit replaces their rules (table-draft.ts). */
export class Table {
  readonly name: TableName;
  readonly version: IpVersion;
  readonly chains = new Map<string, Chain>();
  /** Rules of all chains. */
  ruleCount = 0;
  readonly evaluator: Evaluator & { walked: number };
  /** Grows with every commit. */
  generation = 0;

  constructor(ns: Netns, name: TableName, version: IpVersion) {
    this.name = name;
    this.version = version;
    const nat = version === 6 ? ns.nat6 : ns.nat;
    this.evaluator = new LinearEvaluator(ns, name);
    for (const { name: chainName, point, priority } of BUILTIN_CHAINS[name]) {
      const chain = new Chain(chainName, 'ACCEPT', hookSet(point));
      this.chains.set(chainName, chain);
      const label = `${name} ${chainName}`;
      const run: HookFunction = (packet, input, output) => {
        if (this.evaluator.evaluate(chain, packet, input, output) === NF_ACCEPT) return NF_ACCEPT;
        ns.drop(packet, 'NETFILTER_DROP');
        return NF_DROP;
      };
      if (name === 'nat') nat.register(point, priority, run);
      else {
        const hook = name === 'mangle' && point === OUTPUT ? rerouting(run) : run;
        ns.hooksFor(version).register(point, priority, label, hook, { perFlow: true });
      }
    }
  }

  isBuiltin(chain: string): boolean {
    return BUILTIN_CHAINS[this.name].some((each) => each.name === chain);
  }
}
