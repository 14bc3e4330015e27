import { prefixLengthOf } from '../cidr.ts';
import { bitsOf, formatIp, type IpVersion } from '../ip-address.ts';
import { protocolName } from '../protocol-numbers.ts';
import type { Chain, RuleEntry } from './chain.ts';
import { RuleError } from './option-reader.ts';
import type { AddressMatch } from './rule.ts';
import { sortedChains } from './save.ts';
import type { Table } from './table.ts';

export interface ListingOptions {
  readonly verbose: boolean;
  readonly lineNumbers: boolean;
}

/** `iptables -L [-v] -n`; matches and target options appear in the form of iptables-save, not each one's own. */
export function listChains(table: Table, only: string | undefined, options: ListingOptions): string {
  const chains = sortedChains(table).filter((chain) => only === undefined || chain.name === only);
  if (chains.length === 0) throw new RuleError('No chain/target/match by that name.');
  return chains.map((chain) => listChain(chain, table.version, options)).join('\n');
}

function listChain(chain: Chain, version: IpVersion, options: ListingOptions): string {
  const { packets, bytes } = chain.counters;
  const counters = options.verbose ? ` ${packets} packets, ${bytes} bytes` : '';
  const about = chain.policy ? `policy ${chain.policy}${counters}` : `${chain.references} references`;
  const number = options.lineNumbers ? 'num  ' : '';
  const heading = options.verbose
    ? `${number} pkts bytes target     prot opt in     out     source               destination         `
    : `${number}target     prot opt source               destination         `;
  const rules = chain.rules.map(
    (entry, i) => (options.lineNumbers ? `${i + 1}`.padEnd(5) : '') + listRule(entry, version, options),
  );
  return [`Chain ${chain.name} (${about})`, heading, ...rules, ''].join('\n');
}

function listRule(
  { rule, counters, text }: RuleEntry,
  version: IpVersion,
  { verbose }: ListingOptions,
): string {
  const { target } = rule;
  const name =
    target.kind === 'none'
      ? ''
      : target.kind === 'jump' || target.kind === 'goto'
        ? target.chain
        : target.kind;
  const number = rule.protocol?.number;
  const protocol = number === undefined ? 'all' : (protocolName(number) ?? `${number}`);
  const columns = [name.padEnd(10), `${rule.protocol?.invert ? '!' : ''}${protocol}`.padEnd(4), ' --'];
  if (verbose) {
    columns.unshift(`${counters.packets}`.padStart(5), `${counters.bytes}`.padStart(5));
    columns.push((rule.input?.name ?? '*').padEnd(6), (rule.output?.name ?? '*').padEnd(7));
  }
  columns.push(
    listAddress(rule.source, version).padEnd(20),
    listAddress(rule.destination, version).padEnd(20),
  );
  const extensions = text
    .replace(/^.*?(?= -m | -j | -g |^-[mjg] )/, '')
    .replace(/ ?-[jg] \S+/, '')
    .trim();
  return `${columns.join(' ')} ${extensions}`.trimEnd();
}

function listAddress(match: AddressMatch | undefined, version: IpVersion): string {
  if (!match) return version === 6 ? '::/0' : '0.0.0.0/0';
  const length = prefixLengthOf(match.mask);
  const suffix = length === bitsOf(match.address) ? '' : `/${length ?? formatIp(match.mask)}`;
  return `${match.invert ? '!' : ''}${formatIp(match.address)}${suffix}`;
}
