import type { Iptables } from '../netstack/iptables/iptables.ts';
import { isTableName, type TableName } from '../netstack/iptables/table-layout.ts';
import type { Netns } from '../netstack/netns.ts';
import { type Command, failure, success, UsageError } from './command.ts';

/** The three programs of iptables, or of ip6tables. */
export function iptablesCommands(of: (ns: Netns) => Iptables): {
  readonly command: Command;
  readonly save: Command;
  readonly restore: Command;
} {
  return {
    command: (args, _stdin, { ns }) => of(ns).command(args),
    save: (args, _stdin, { ns }) => {
      const table = tableOption(args);
      const counters = args.includes('-c') || args.includes('--counters');
      return success(of(ns).save({ counters, ...(table ? { table } : {}) }));
    },
    /** Reads the text from stdin, as kube-proxy pipes it: `iptables-restore -w 5 --noflush --counters`. */
    restore: (args, stdin, { ns }) => {
      const table = tableOption(args);
      const result = of(ns).restore(stdin, {
        noflush: args.includes('-n') || args.includes('--noflush'),
        counters: args.includes('-c') || args.includes('--counters'),
        test: args.includes('-t') || args.includes('--test'),
        ...(table ? { table } : {}),
      });
      return result.ok ? success() : failure(result.exitCode, `${result.error}\n`);
    },
  };
}

function tableOption(args: readonly string[]): TableName | undefined {
  const at = args.findIndex((arg) => arg === '-T' || arg === '--table' || arg === '-t');
  const name = at < 0 ? undefined : args[at + 1];
  if (name === undefined || name.startsWith('-')) return undefined;
  if (!isTableName(name)) throw new UsageError(`can't initialize iptables table \`${name}'`);
  return name;
}
