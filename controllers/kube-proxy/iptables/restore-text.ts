import type { Jump } from './jumps.ts';
import { countRules, type NodeProgram } from './node-program.ts';
import type { TableName } from './rule.ts';
import type { ServiceText } from './service-text.ts';

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
}

interface TableChange {
  /** Chains to be emptied and filled again. */
  readonly changed: Map<string, string>;
  readonly stale: Set<string>;
}

/**
 * What a node needs to have `program`. Only chains that differ are rewritten: naming a chain in the input empties
 * it, and the rules follow. Chains that nothing leads to any more are deleted last, when no rule refers to them.
 */
export function restoreText(
  program: NodeProgram,
  before: Written,
  jumps: readonly Jump[],
  empty: EmptyChains = {},
): Restore {
  const known = 'services' in before ? before : undefined;
  const filter = {
    changed: differing(program.shared.filter, known?.shared.filter),
    stale: new Set<string>(),
  };
  const nat = { changed: differing(program.shared.nat, known?.shared.nat), stale: new Set<string>() };
  for (const [key, text] of program.services) addChanges(nat, known?.services.get(key), text);
  for (const [key, text] of known?.services ?? []) {
    if (!program.services.has(key)) addChanges(nat, text, undefined);
  }
  if ('chains' in before)
    for (const chain of before.chains) if (!nat.changed.has(chain)) nat.stale.add(chain);
  const { filter: emptyFilter = [], nat: emptyNat = [], ...others } = empty;
  const text = [
    tableText('filter', filter, jumps, emptyFilter),
    tableText('nat', nat, jumps, emptyNat),
    ...Object.entries(others).map(([table, chains]) => tableText(table, NO_CHANGE, [], chains)),
  ].join('');
  return {
    text,
    rules: { filter: countRules(filter.changed.values()), nat: countRules(nat.changed.values()) },
  };
}

const NO_CHANGE: TableChange = { changed: new Map(), stale: new Set() };

function differing(
  after: ReadonlyMap<string, string>,
  before: ReadonlyMap<string, string> | undefined,
): Map<string, string> {
  return new Map([...after].filter(([chain, text]) => before?.get(chain) !== text));
}

function addChanges(
  { changed, stale }: TableChange,
  before: ServiceText | undefined,
  after: ServiceText | undefined,
): void {
  if (before === after) return;
  for (const [chain, text] of after?.chains ?? []) {
    if (before?.chains.get(chain) !== text) changed.set(chain, text);
  }
  for (const chain of before?.chains.keys() ?? []) if (!after?.chains.has(chain)) stale.add(chain);
}

function tableText(
  table: string,
  { changed, stale }: TableChange,
  jumps: readonly Jump[],
  empty: readonly string[],
): string {
  const entries = jumps.filter((jump) => jump.table === table);
  if (changed.size + stale.size + entries.length + empty.length === 0) return '';
  return [
    `*${table}\n`,
    ...[...changed.keys(), ...stale, ...empty].map((chain) => `:${chain} - [0:0]\n`),
    ...changed.values(),
    ...entries.map(({ from, rule }) => `-I ${from} ${rule}\n`),
    ...[...stale].map((chain) => `-X ${chain}\n`),
    'COMMIT\n',
  ].join('');
}
