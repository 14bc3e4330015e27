import type { IpVersion } from '../ip-address.ts';
import type { Netns } from '../netns.ts';
import { type IptablesResult, runIptablesCommand } from './command.ts';
import { RecentLists } from './recent.ts';
import { type RestoreOptions, type RestoreResult, restore } from './restore.ts';
import { type SaveOptions, save } from './save.ts';
import { Table } from './table.ts';
import type { TableName } from './table-layout.ts';

/** Lines that the LOG target keeps; the oldest gives way. */
const MAX_LOG = 256;

/**
 * iptables of one namespace, or ip6tables for IPv6: takes and prints the text of iptables-restore and iptables-save, runs single
 * commands, and executes the rules at netfilter's hooks. Tables come into being with their first use.
 *
 *     const result = ns.iptables.restore(text, { noflush: true, counters: true });
 *     if (!result.ok) console.error(result.error);
 *     ns.iptables.save({ table: 'nat' });
 *     ns.iptables.command(['-t', 'nat', '-C', 'PREROUTING', '-j', 'KUBE-SERVICES']).exitCode;
 */
export class Iptables {
  readonly ns: Netns;
  readonly version: IpVersion;
  readonly #tables = new Map<TableName, Table>();
  readonly recentLists = new RecentLists();
  readonly logLines: string[] = [];

  constructor(ns: Netns, version: IpVersion) {
    this.ns = ns;
    this.version = version;
  }

  /** The name of the program that shows it. */
  get program(): 'iptables' | 'ip6tables' {
    return this.version === 6 ? 'ip6tables' : 'iptables';
  }

  /** All or nothing for each table; tables before a faulty one stay committed, as with the real tool. */
  restore(text: string, options: RestoreOptions = {}): RestoreResult {
    return restore(this, text, options);
  }

  save(options: SaveOptions = {}): string {
    return save(this, options);
  }

  /** One `iptables` command line, without the leading program name. */
  command(argv: readonly string[]): IptablesResult {
    return runIptablesCommand(this, argv);
  }

  /** The table, made if need be. */
  table(name: TableName): Table {
    let table = this.#tables.get(name);
    if (!table) {
      table = new Table(this.ns, name, this.version);
      this.#tables.set(name, table);
    }
    return table;
  }

  /** All tables, the newest first, as /proc/net/ip_tables_names has them. */
  tables(): Table[] {
    return [...this.#tables.values()].reverse();
  }

  /** For the LOG target. */
  log(line: string): void {
    this.logLines.push(line);
    if (this.logLines.length > MAX_LOG) this.logLines.shift();
  }
}
