import type { Jump } from './jumps.ts';
import { countRules, type NodeProgram } from './node-program.ts';
import type { TableName } from './rule.ts';

/** What a node has: a program, or chains of an earlier kube-proxy whose rules are not known. */
export type Written = NodeProgram | { readonly chains: ReadonlySet<string> };

export const NOTHING_WRITTEN: Written = { chains: new Set() };

/** Chains that are only to be there, by table. */
export type EmptyChains = Readonly<Record<string, readonly string[]>>;

export interface Restore {
  /** For `iptables-restore --noflush`; empty when a node has everything already. */
  readonly text: string;
  /** How many rules it appends. */
  readonly rules: Readonly<Record<TableName, number>>;
  /** Chains of the nat table that it fills, and those that nothing leads to any more. */
  readonly filled: ReadonlySet<string>;
  readonly stale: ReadonlySet<string>;
}

/**
 * What a node needs to have `program`: the chains of Services that have changed, and those that all share whether
 * they have or not, so that what somebody did to them is undone. In a large cluster only chains that differ. Naming
 * a chain in the input empties it, and the rules follow.
 */
export function restoreText(
  program: NodeProgram,
  before: Written,
  jumps: readonly Jump[],
  empty: EmptyChains = {},
): Restore {
  const known = 'services' in before ? before : undefined;
  const { isLarge } = program;
  const filter = differing(program.shared.filter, isLarge ? known?.shared.filter : undefined);
  const nat = differing(program.shared.nat, isLarge ? known?.shared.nat : undefined);
  const filled = new Map<string, string>();
  const stale = new Set<string>('chains' in before ? before.chains : []);
  for (const [key, text] of program.services) {
    const old = known?.services.get(key);
    // A cluster that grows large, or is so no more, keeps the words of what has not changed.
    if (old?.port === text.port) continue;
    for (const [chain, rules] of text.chains)
      if (!isLarge || old?.chains.get(chain) !== rules) filled.set(chain, rules);
    for (const chain of old?.chains.keys() ?? []) if (!text.chains.has(chain)) stale.add(chain);
  }
  for (const [key, text] of known?.services ?? []) {
    if (!program.services.has(key)) for (const chain of text.chains.keys()) stale.add(chain);
  }
  for (const chain of filled.keys()) stale.delete(chain);
  const { filter: emptyFilter = [], nat: emptyNat = [], ...others } = empty;
  const changedNat = new Map([...nat, ...filled]);
  const text = [
    tableText('filter', filter, jumps, emptyFilter),
    tableText('nat', changedNat, jumps, emptyNat),
    ...Object.entries(others).map(([table, chains]) => tableText(table, new Map(), [], chains)),
  ].join('');
  return {
    text,
    rules: { filter: countRules(filter.values()), nat: countRules(changedNat.values()) },
    filled: new Set(filled.keys()),
    stale,
  };
}

/** Empties chains of the nat table that no rule refers to, and deletes them. */
export function deleteText(chains: ReadonlySet<string>): string {
  if (chains.size === 0) return '';
  const names = [...chains];
  return [
    '*nat',
    ...names.map((chain) => `:${chain} - [0:0]`),
    ...names.map((chain) => `-X ${chain}`),
    'COMMIT\n',
  ].join('\n');
}

function differing(
  after: ReadonlyMap<string, string>,
  before: ReadonlyMap<string, string> | undefined,
): Map<string, string> {
  return new Map([...after].filter(([chain, text]) => before?.get(chain) !== text));
}

function tableText(
  table: string,
  changed: ReadonlyMap<string, string>,
  jumps: readonly Jump[],
  empty: readonly string[],
): string {
  const entries = jumps.filter((jump) => jump.table === table);
  if (changed.size + entries.length + empty.length === 0) return '';
  return [
    `*${table}\n`,
    ...[...changed.keys(), ...empty].map((chain) => `:${chain} - [0:0]\n`),
    ...changed.values(),
    ...entries.map(({ from, rule }) => `-I ${from} ${rule}\n`),
    'COMMIT\n',
  ].join('');
}
