import type { Jump } from './jumps.ts';
import { printRule } from './print-rule.ts';
import type { Rule, RuleSet, TableName } from './rule.ts';

/** Chains as they were last written to a node: table → chain → its text. */
export type WrittenChains = Readonly<Record<TableName, ReadonlyMap<string, string>>>;

export const NOTHING_WRITTEN: WrittenChains = { filter: new Map(), nat: new Map() };

/** What to give to `iptables-restore --noflush`, and what the node then has. */
export interface Restore {
  /** Empty when the node has everything already. */
  readonly text: string;
  readonly written: WrittenChains;
}

const TABLES: readonly TableName[] = ['filter', 'nat'];

/**
 * Only chains that differ are rewritten: naming a chain in the input empties it, and the rules follow. Chains
 * that nothing leads to any more are deleted last, when no rule refers to them.
 */
export function restoreText(rules: RuleSet, before: WrittenChains, jumps: readonly Jump[]): Restore {
  const parts: string[] = [];
  const written = { filter: new Map<string, string>(), nat: new Map<string, string>() };
  for (const table of TABLES) {
    const changed: string[] = [];
    for (const [chain, chainRules] of rules[table]) {
      const text = chainText(chain, chainRules);
      written[table].set(chain, text);
      if (before[table].get(chain) !== text) changed.push(chain);
    }
    const stale = [...before[table].keys()].filter((chain) => !rules[table].has(chain));
    const entries = jumps.filter((jump) => jump.table === table);
    if (changed.length + stale.length + entries.length === 0) continue;
    parts.push(
      `*${table}\n`,
      ...[...changed, ...stale].map((chain) => `:${chain} - [0:0]\n`),
      ...changed.map((chain) => written[table].get(chain) ?? ''),
      ...entries.map(({ from, rule }) => `-I ${from} ${rule}\n`),
      ...stale.map((chain) => `-X ${chain}\n`),
      'COMMIT\n',
    );
  }
  return { text: parts.join(''), written };
}

function chainText(chain: string, rules: readonly Rule[]): string {
  return rules.map((rule) => `-A ${chain} ${printRule(rule)}\n`).join('');
}
