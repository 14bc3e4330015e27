import { formatNftDuration } from './duration.ts';
import { formatElement } from './elements.ts';
import type { NftChain } from './nft-chain.ts';
import type { NftSet } from './nft-set.ts';
import type { NftTable } from './nft-table.ts';
import { formatPoint, formatPriority } from './priority.ts';
import { formatRule } from './rule-printer.ts';

export interface ListOptions {
  /** Print handles (`nft -a`). */
  readonly handles: boolean;
  /** Leave out the elements of sets (`nft -t`). */
  readonly terse: boolean;
  readonly now: number;
}

/** A table with all that is in it, as `nft list table` prints it. */
export function listTable(table: NftTable, options: ListOptions): string {
  const parts = [
    ...[...table.sets.values()].map((set) => listSet(set, options)),
    ...[...table.chains.values()].map((chain) => listChain(chain, options)),
  ];
  const comment = table.comment === undefined ? '' : `\tcomment "${table.comment}"\n`;
  return `table ${table.family} ${table.name} {${handle(table, options)}\n${comment}${parts.join('\n')}}\n`;
}

/** One chain or set inside its table's braces. */
export function listWithin(table: NftTable, part: string): string {
  return `table ${table.family} ${table.name} {\n${part}}\n`;
}

const handle = (of: { readonly handle: number }, { handles }: ListOptions): string =>
  handles ? ` # handle ${of.handle}` : '';

export function listChain(chain: NftChain, options: ListOptions): string {
  const lines: string[] = [];
  const { hook } = chain;
  if (chain.comment !== undefined) lines.push(`comment "${chain.comment}"`);
  if (hook) {
    const priority = formatPriority(hook.priority, hook.point);
    lines.push(
      `type ${hook.type} hook ${formatPoint(hook.point)} priority ${priority}; policy ${chain.policy};`,
    );
  }
  for (const rule of chain.rules) lines.push(`${formatRule(rule)}${handle(rule, options)}`);
  return `\tchain ${chain.name} {${handle(chain, options)}\n${lines.map((line) => `\t\t${line}\n`).join('')}\t}\n`;
}

export function listSet(set: NftSet, options: ListOptions): string {
  const { name, keyTypes, dataTypes, flags, timeout, size, comment } = set.declaration;
  const key = keyTypes.map((type) => type.name).join(' . ');
  const data =
    dataTypes === undefined
      ? ''
      : ` : ${dataTypes === 'verdict' ? dataTypes : dataTypes.map((type) => type.name).join(' . ')}`;
  const lines = [`type ${key}${data}`];
  if (size !== undefined) lines.push(`size ${size}`);
  if (flags.length > 0) lines.push(`flags ${flags.join(',')}`);
  if (timeout !== undefined) lines.push(`timeout ${formatNftDuration(timeout)}`);
  if (comment !== undefined) lines.push(`comment "${comment}"`);
  if (!options.terse) lines.push(...elementLines(set, options));
  const kind = dataTypes === undefined ? 'set' : 'map';
  return `\t${kind} ${name} {${handle(set, options)}\n${lines.map((line) => `\t\t${line}\n`).join('')}\t}\n`;
}

/** Short elements of one type stand two in a line, others one. */
function elementLines(set: NftSet, { now }: ListOptions): string[] {
  const elements = set.elements(now).map((element) => formatElement(element, set, now));
  if (elements.length === 0) return [];
  const perLine = elementsPerLine(set);
  const lines: string[] = [];
  for (let i = 0; i < elements.length; i += perLine) lines.push(elements.slice(i, i + perLine).join(', '));
  return [`elements = { ${lines.join(',\n\t\t\t     ')} }`];
}

/** set_print_elements, src/rule.c of nft: as many as fit for short keys. */
function elementsPerLine({ declaration: { keyTypes, dataTypes, flags, timeout } }: NftSet): number {
  if (dataTypes !== undefined || keyTypes.length > 1 || timeout !== undefined || flags.includes('timeout'))
    return 1;
  return keyTypes[0]!.name === 'ipv4_addr' ? 2 : 4;
}
