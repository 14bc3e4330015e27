import type { IpFamily } from '../ip-family.ts';
import { type BaseOptions, baseChains, NODE_PORT_IPS, sharedSets, TABLE } from './base-objects.ts';
import type { ServiceObjects } from './service-objects.ts';

/** All that a node's table shall hold besides what depends on no Service. */
export type NodeObjects = ReadonlyMap<string, ServiceObjects>;

/** What changes, by kind of object. */
interface Changes {
  readonly chains: Map<string, readonly string[]>;
  readonly staleChains: Set<string>;
  readonly sets: Map<string, string>;
  readonly staleSets: Set<string>;
  readonly elements: Map<string, string>;
  readonly staleElements: Set<string>;
}

export interface Difference {
  /** For `nft -f`; empty when nothing differs. */
  readonly text: string;
  /** Filled now. */
  readonly chains: readonly string[];
  /** Emptied now; to be deleted a little later. */
  readonly staleChains: readonly string[];
}

/** What to give to `nft -f` for a node that has `before` to have `after`. */
export function differenceText(before: NodeObjects, after: NodeObjects, family: IpFamily): Difference {
  const changes = noChanges();
  for (const [key, objects] of after) compare(changes, before.get(key), objects);
  for (const [key, objects] of before) if (!after.has(key)) compare(changes, objects, undefined);
  const text = changesText(changes, tableOf(family));
  return { text, chains: [...changes.chains.keys()], staleChains: [...changes.staleChains] };
}

/** What an unknown table has that Services come and go with. */
export interface Leftovers {
  readonly chains: readonly string[];
  readonly affinitySets: readonly string[];
}

/**
 * The whole table, whatever it held before; a client's affinity is kept. One transaction: no packet sees a
 * part of it.
 */
export function fullText(after: NodeObjects, options: BaseOptions, leftovers: Leftovers): Difference {
  const changes = noChanges();
  for (const objects of after.values()) compare(changes, undefined, objects);
  for (const chain of leftovers.chains) if (!changes.chains.has(chain)) changes.staleChains.add(chain);
  for (const set of leftovers.affinitySets) if (!changes.sets.has(set)) changes.staleSets.add(set);
  const { family } = options.settings;
  const table = tableOf(family);
  const chains = baseChains(options);
  const lines = [`add table ${table} { comment "rules for kube-proxy" ; }`];
  for (const [name, declaration] of sharedSets(family)) {
    const [kind, ...rest] = declaration.split(' ');
    lines.push(`add ${kind} ${table} ${name} ${rest.join(' ')}`, `flush ${kind} ${table} ${name}`);
  }
  for (const { name, declaration } of chains) {
    lines.push(`add chain ${table} ${name}${declaration ? ` { ${declaration} }` : ''}`);
  }
  for (const { name } of chains) lines.push(`flush chain ${table} ${name}`);
  for (const { name, rules } of chains)
    lines.push(...rules.map((rule) => `add rule ${table} ${name} ${rule}`));
  const { nodePortIps } = options;
  if (nodePortIps === undefined) lines.push(`delete set ${table} ${NODE_PORT_IPS}`);
  for (const ip of nodePortIps ?? []) lines.push(`add element ${table} ${NODE_PORT_IPS} { ${ip} }`);
  return {
    text: `${lines.join('\n')}\n${changesText(changes, table)}`,
    chains: [...changes.chains.keys()],
    staleChains: [...changes.staleChains],
  };
}

/** Deletes chains that were emptied before. */
export function deleteChainsText(chains: readonly string[], family: IpFamily): string {
  return chains.map((chain) => `destroy chain ${tableOf(family)} ${chain}\n`).join('');
}

const tableOf = ({ nft }: IpFamily): string => `${nft} ${TABLE}`;

function noChanges(): Changes {
  return {
    chains: new Map(),
    staleChains: new Set(),
    sets: new Map(),
    staleSets: new Set(),
    elements: new Map(),
    staleElements: new Set(),
  };
}

function compare(
  changes: Changes,
  before: ServiceObjects | undefined,
  after: ServiceObjects | undefined,
): void {
  if (before === after) return;
  differ(before?.chains, after?.chains, changes.chains, changes.staleChains, sameRules);
  differ(before?.sets, after?.sets, changes.sets, changes.staleSets, Object.is);
  // A set is made anew, so the rules that refer to it are too.
  for (const set of after?.sets.keys() ?? []) {
    if (!changes.staleSets.has(set)) continue;
    for (const [chain, rules] of after!.chains) changes.chains.set(chain, rules);
  }
  differ(before?.elements, after?.elements, changes.elements, changes.staleElements, Object.is);
}

function differ<V>(
  before: ReadonlyMap<string, V> | undefined,
  after: ReadonlyMap<string, V> | undefined,
  changed: Map<string, V>,
  stale: Set<string>,
  isSame: (a: V, b: V) => boolean,
): void {
  for (const [name, value] of after ?? []) {
    const old = before?.get(name);
    if (old === undefined || !isSame(old, value)) changed.set(name, value);
    if (old !== undefined && !isSame(old, value)) stale.add(name);
  }
  for (const name of before?.keys() ?? []) if (!after?.has(name)) stale.add(name);
}

function sameRules(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((rule, i) => rule === b[i]);
}

/**
 * In this order nothing refers to what is not there: elements that go; chains and sets; rules; elements that
 * come; what nobody refers to any more.
 */
function changesText(changes: Changes, table: string): string {
  const { chains, staleChains, sets, staleSets, elements, staleElements } = changes;
  for (const chain of chains.keys()) staleChains.delete(chain);
  const lines: string[] = [];
  for (const element of staleElements) lines.push(`delete element ${table} ${braced(element, '')}`);
  for (const chain of [...chains.keys(), ...staleChains]) {
    lines.push(`add chain ${table} ${chain}`, `flush chain ${table} ${chain}`);
  }
  for (const set of staleSets) lines.push(`delete set ${table} ${set}`);
  for (const [set, declaration] of sets) lines.push(`add set ${table} ${set} ${declaration}`);
  for (const [chain, rules] of chains)
    for (const rule of rules) lines.push(`add rule ${table} ${chain} ${rule}`);
  for (const [element, data] of elements) lines.push(`add element ${table} ${braced(element, data)}`);
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`;
}

/** `MAP KEY` as `MAP { KEY… }`. */
function braced(element: string, data: string): string {
  const space = element.indexOf(' ');
  return `${element.slice(0, space)} { ${element.slice(space + 1)}${data} }`;
}
