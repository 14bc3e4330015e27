import type { Netns } from '../netstack/netns.ts';
import { AccountError } from '../netstack/nfacct/account-error.ts';
import type { Account } from '../netstack/nfacct/accounts.ts';
import { type Command, type CommandResult, failure, success, UsageError } from './command.ts';

const VERSION = 'nfacct v1.0.2';
const USAGE = 'Usage: nfacct command [parameters]...\n';
const HELP = `${VERSION}: utility for the Netfilter extended accounting infrastructure
${USAGE}
Commands:
  list [reset]		List the accounting object table (and reset)
  add object-name	Add new accounting object to table
  delete object-name	Delete existing accounting object
  get object-name	Get existing accounting object
  flush			Flush accounting object table
  restore		Restore accounting object table reading 'list' output from stdin
  version		Display version and disclaimer
  help			Display this help message
`;

type Subcommand = (ns: Netns, args: readonly string[], stdin: string) => CommandResult;

/** A command may be cut short: the first of these that begins so is meant. */
const SUBCOMMANDS: readonly (readonly [string, Subcommand])[] = [
  ['list', (ns, args) => list(ns, ns.accounts.all(), args)],
  ['add', (ns, args) => done(() => ns.accounts.add(onlyName(args)))],
  ['delete', (ns, args) => done(() => ns.accounts.delete(onlyName(args)))],
  ['get', (ns, [name = missingName(), ...args]) => list(ns, [ns.accounts.require(name)], args)],
  ['flush', (ns, args) => (args.length > 0 ? tooMany() : done(() => ns.accounts.flush()))],
  ['version', () => success(`${VERSION}: utility for the Netfilter extended accounting infrastructure\n`)],
  ['help', () => success(HELP)],
  ['restore', (ns, args, stdin) => (args.length > 0 ? tooMany() : restore(ns, stdin))],
];

/** `nfacct list|add|delete|get|flush|restore`. */
export const nfacct: Command = ([word, ...args], stdin, { ns }) => {
  if (word === undefined) return failure(1, '', USAGE);
  const [, run] = SUBCOMMANDS.find(([name]) => name.startsWith(word)) ?? [];
  if (!run) return failure(1, `${VERSION}: Unknown command: ${word}\n${USAGE}`);
  try {
    return run(ns, args, stdin);
  } catch (error) {
    if (!(error instanceof AccountError)) throw error;
    return failure(1, `${VERSION}: error: ${error.message}\n`);
  }
};

function done(act: () => void): CommandResult {
  act();
  return success();
}

function tooMany(): never {
  throw new UsageError(`${VERSION}: too many arguments`);
}

function missingName(): never {
  throw new UsageError(`${VERSION}: missing object name`);
}

function onlyName([name, ...more]: readonly string[]): string {
  return more.length > 0 ? tooMany() : (name ?? missingName());
}

function list(ns: Netns, accounts: readonly Account[], args: readonly string[]): CommandResult {
  const unknown = args.some((arg) => !['reset', 'xml', 'json'].includes(arg));
  if (unknown) throw new UsageError(`${VERSION}: unknown argument`);
  const print = args.includes('xml') ? xml : args.includes('json') ? json : plain;
  const text = accounts.length === 0 ? '' : print(accounts, ns);
  if (args.includes('reset')) for (const account of accounts) [account.packets, account.bytes] = [0, 0];
  return success(text);
}

const padded = (count: number): string => `${count}`.padStart(20, '0');

function plain(accounts: readonly Account[]): string {
  return accounts
    .map(({ name, packets, bytes }) => `{ pkts = ${padded(packets)}, bytes = ${padded(bytes)} } = ${name};\n`)
    .join('');
}

function xml(accounts: readonly Account[]): string {
  const objects = accounts.map(
    ({ name, packets, bytes }) =>
      `<obj><name>${name}</name><pkts>${padded(packets)}</pkts><bytes>${padded(bytes)}</bytes></obj>\n`,
  );
  return `<?xml version="1.0" encoding="utf-8"?>\n<nfacct>\n${objects.join('')}</nfacct>\n`;
}

function json(accounts: readonly Account[], { clock }: Netns): string {
  const objects = accounts.map(
    ({ name, packets, bytes }) => `  { "pkts" : ${packets}, "bytes" : ${bytes}, "name" : "${name}" }`,
  );
  const seconds = Math.floor(clock.now() / 1000);
  return `{ "timestamp" : ${seconds}, \n  "nfacct_counters" : [\n${objects.join(',\n')}\n] }\n`;
}

const LINE = /^\{ pkts = (\d+), bytes = (\d+) \} = (\S+);$/;

function restore({ accounts }: Netns, text: string): CommandResult {
  for (const line of text.split('\n').filter((each) => each !== '')) {
    const [, packets, bytes, name] = LINE.exec(line) ?? [];
    if (name === undefined) throw new UsageError(`${VERSION}: invalid line`);
    accounts.add(name, Number(packets), Number(bytes));
  }
  return success();
}
