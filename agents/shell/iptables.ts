import { isTableName, type TableName } from '../netstack/iptables/table-layout.ts';
import { type Command, failure, success, UsageError } from './command.ts';

export const iptables: Command = (args, _stdin, { ns }) => ns.iptables.command(args);

export const iptablesSave: Command = (args, _stdin, { ns }) => {
  const table = tableOption(args);
  const counters = args.includes('-c') || args.includes('--counters');
  return success(ns.iptables.save({ counters, ...(table ? { table } : {}) }));
};

/** Reads the text from stdin, as kube-proxy pipes it: `iptables-restore -w 5 --noflush --counters`. */
export const iptablesRestore: Command = (args, stdin, { ns }) => {
  const table = tableOption(args);
  const result = ns.iptables.restore(stdin, {
    noflush: args.includes('-n') || args.includes('--noflush'),
    counters: args.includes('-c') || args.includes('--counters'),
    test: args.includes('-t') || args.includes('--test'),
    ...(table ? { table } : {}),
  });
  return result.ok ? success() : failure(result.exitCode, `${result.error}\n`);
};

function tableOption(args: readonly string[]): TableName | undefined {
  const at = args.findIndex((arg) => arg === '-T' || arg === '--table' || arg === '-t');
  const name = at < 0 ? undefined : args[at + 1];
  if (name === undefined || name.startsWith('-')) return undefined;
  if (!isTableName(name)) throw new UsageError(`can't initialize iptables table \`${name}'`);
  return name;
}
