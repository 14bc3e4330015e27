import type { Chain } from './chain.ts';
import type { Element, NftSet } from './nft-set.ts';
import { formatTime } from './parse-value.ts';
import { printData, printKey, printRule } from './print-rule.ts';
import { formatPriority } from './priority.ts';
import { sortElements } from './sort-elements.ts';
import type { Table } from './table.ts';

/** What a listing shows; the options of the same names of nft. */
export interface ListOptions {
  readonly handles: boolean;
  readonly stateless: boolean;
  readonly terse: boolean;
  /** The time that elements' remaining time is counted from. */
  readonly now: number;
}

type Handled = { readonly handle: number };
const handleOf = ({ handle }: Handled, { handles }: ListOptions): string =>
  handles ? ` # handle ${handle}` : '';

/** In the order in which they were made: a rolled back deletion does not change it. */
export function inOrder<T extends Handled>(objects: Iterable<T>): T[] {
  return [...objects].sort((a, b) => a.handle - b.handle);
}

/** A whole table: sets, then chains, with a line between. */
export function listTable(table: Table, options: ListOptions): string {
  const blocks = [
    ...inOrder(table.sets.values()).map((set) => listSet(set, options)),
    ...inOrder(table.chains.values()).map((chain) => listChain(chain, options)),
  ];
  const comment = table.comment === undefined ? '' : `\tcomment "${table.comment}"\n`;
  return `table ${table.key} {${handleOf(table, options)}\n${comment}${blocks.join('\n')}}\n`;
}

/** Some objects of a table, as `list set`, `list chain`, `list maps` show them. */
export function wrap(table: Table, blocks: readonly string[]): string {
  return `table ${table.key} {\n${blocks.join('')}}\n`;
}

export function listChain(chain: Chain, options: ListOptions): string {
  const rules = chain.rules.map(
    (entry) => `\t\t${printRule(entry.rule, options.stateless)}${handleOf(entry, options)}\n`,
  );
  return `\tchain ${chain.name} {${handleOf(chain, options)}\n${listChainHead(chain)}${rules.join('')}\t}\n`;
}

/** What `list chains` shows of a chain. */
export function listChainHead({ base, policy, comment }: Chain): string {
  const lines: string[] = [];
  if (comment !== undefined) lines.push(`\t\tcomment "${comment}"\n`);
  if (base) {
    const priority = formatPriority(base.priority, base.hook);
    lines.push(`\t\ttype ${base.type} hook ${base.hook} priority ${priority}; policy ${policy};\n`);
  }
  return lines.join('');
}

export function listSet(set: NftSet, options: ListOptions): string {
  const { spec } = set;
  const data = spec.isMap ? ` : ${spec.dataText}` : '';
  const lines = [`${spec.isTypeof ? 'typeof' : 'type'} ${spec.keyText}${data}`];
  if (spec.policy !== undefined && spec.policy !== 'performance') lines.push(`policy ${spec.policy}`);
  const size = set.sizeLimit;
  if (size !== undefined) lines.push(`size ${size}`);
  // A time-out says by itself that the set has one.
  const told = spec.timeoutMs === undefined ? spec.flags : spec.flags.filter((flag) => flag !== 'timeout');
  if (told.length > 0) lines.push(`flags ${[...spec.flags].sort().join(',')}`);
  if (spec.timeoutMs !== undefined) lines.push(`timeout ${formatTime(spec.timeoutMs)}`);
  if (spec.gcIntervalMs !== undefined) lines.push(`gc-interval ${formatTime(spec.gcIntervalMs)}`);
  if (spec.counter) lines.push('counter');
  if (spec.autoMerge) lines.push('auto-merge');
  if (spec.comment !== undefined) lines.push(`comment "${spec.comment}"`);
  if (!options.terse) {
    const elements = listElements(set, set.elements(options.now), options);
    if (elements) lines.push(elements);
  }
  const body = lines.map((line) => `\t\t${line}\n`).join('');
  return `\t${spec.isMap ? 'map' : 'set'} ${set.name} {${handleOf(set, options)}\n${body}\t}\n`;
}

/** `elements = { … }` with as many in a line as nft prints; undefined if there is none. */
export function listElements(
  set: NftSet,
  elements: readonly Element[],
  options: ListOptions,
): string | undefined {
  if (elements.length === 0) return undefined;
  const { key, data } = set.spec;
  const perLine = key.length === 1 ? key[0]!.perLine : 1;
  let text = '';
  for (const [index, element] of sortElements(elements, key).entries()) {
    if (index > 0) text += index % perLine === 0 ? ',\n\t\t\t     ' : ', ';
    text += printKey(element, key) + printOptions(element, set, options) + printData(element, data);
  }
  return `elements = { ${text} }`;
}

function printOptions(element: Element, { spec }: NftSet, { now, stateless }: ListOptions): string {
  let text = '';
  if (element.timeoutMs !== undefined && element.timeoutMs !== spec.timeoutMs) {
    text += ` timeout ${formatTime(element.timeoutMs)}`;
  }
  if (Number.isFinite(element.expiresAt) && !stateless)
    text += ` expires ${formatTime(element.expiresAt - now)}`;
  if (element.counters) {
    const { packets, bytes } = element.counters;
    text += stateless ? ' counter' : ` counter packets ${packets} bytes ${bytes}`;
  }
  return element.comment === undefined ? text : `${text} comment "${element.comment}"`;
}
