import type { Iptables } from './iptables.ts';
import { listChains } from './listing.ts';
import { applyOperation, commandOf } from './operation.ts';
import { RuleError } from './option-reader.ts';
import { formatCounters, IPTABLES_VERSION, sortedChains } from './save.ts';
import type { Table } from './table.ts';
import { TableDraft } from './table-draft.ts';
import { isTableName, type TableName } from './table-layout.ts';

export interface IptablesResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

interface Invocation {
  table: TableName;
  numeric: boolean;
  verbose: boolean;
  lineNumbers: boolean;
  /** The words from the command on, without what is read here. */
  words: string[];
}

/** Runs one `iptables` command line; exit codes as the real one's: 1 for a failure, 2 for bad usage. */
export function runIptablesCommand(iptables: Iptables, argv: readonly string[]): IptablesResult {
  try {
    if (argv.includes('--version') || argv.includes('-V'))
      return done(`${iptables.program} ${IPTABLES_VERSION} (legacy)\n`);
    return run(iptables, readInvocation(argv));
  } catch (error) {
    if (!(error instanceof RuleError)) throw error;
    return failed(iptables.program, error.message);
  }
}

const done = (stdout: string): IptablesResult => ({ exitCode: 0, stdout, stderr: '' });

function failed(program: string, message: string): IptablesResult {
  if (/^(unknown option|Bad argument|Couldn't load)/.test(message)) {
    const hint = `Try \`${program} -h' or '${program} --help' for more information.`;
    return {
      exitCode: 2,
      stdout: '',
      stderr: `${program} ${IPTABLES_VERSION} (legacy): ${message}\n${hint}\n`,
    };
  }
  return { exitCode: 1, stdout: '', stderr: `${program}: ${message}\n` };
}

const COMMANDS = new Set(['-A', '-I', '-D', '-R', '-C', '-F', '-X', '-N', '-P', '-Z', '-E', '-L', '-S']);

function readInvocation(argv: readonly string[]): Invocation {
  const invocation: Invocation = {
    table: 'filter',
    numeric: false,
    verbose: false,
    lineNumbers: false,
    words: [],
  };
  const before: string[] = [];
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i]!;
    if (word === '-t' || word === '--table') invocation.table = tableName(argv[++i]);
    else if (word === '-w' || word === '--wait' || word === '-W') {
      if (/^\d+$/.test(argv[i + 1] ?? '')) i++;
    } else if (word === '--line-numbers') invocation.lineNumbers = true;
    else if (word === '-v' || word === '--verbose') invocation.verbose = true;
    else if (word === '-n' || word === '--numeric') invocation.numeric = true;
    else if (/^-[nvL]{2,}$/.test(word)) expandFlags(invocation, word);
    else if (invocation.words.length === 0 && !COMMANDS.has(longCommand(word))) before.push(word);
    else invocation.words.push(word);
  }
  invocation.words.push(...before);
  if (invocation.words.length === 0) throw new RuleError('unknown option "no command specified"');
  return invocation;
}

/** Clusters such as -nvL. */
function expandFlags(invocation: Invocation, word: string): void {
  if (word.includes('n')) invocation.numeric = true;
  if (word.includes('v')) invocation.verbose = true;
  if (word.includes('L')) invocation.words.unshift('-L');
}

function longCommand(word: string): string {
  if (word === '--list') return '-L';
  if (word === '--list-rules') return '-S';
  return commandOf(word);
}

function tableName(name: string | undefined): TableName {
  if (name === undefined || !isTableName(name)) {
    throw new RuleError(
      `can't initialize iptables table \`${name ?? ''}': Table does not exist (do you need to insmod?)`,
    );
  }
  return name;
}

function run(iptables: Iptables, invocation: Invocation): IptablesResult {
  const table = iptables.table(invocation.table);
  const [word, chain] = invocation.words;
  const command = longCommand(word!);
  if (command === '-L') return done(listChains(table, chain, invocation));
  if (command === '-S') return done(listRules(table, chain, invocation.verbose));
  const draft = new TableDraft(iptables.ns, table);
  applyOperation(draft, invocation.words, { packets: 0, bytes: 0 });
  if (command !== '-C') draft.commit();
  return done('');
}

/** `iptables -S`. */
function listRules(table: Table, only: string | undefined, verbose: boolean): string {
  const chains = sortedChains(table).filter((chain) => only === undefined || chain.name === only);
  if (chains.length === 0) throw new RuleError('No chain/target/match by that name.');
  const lines = chains.map((chain) =>
    chain.policy ? `-P ${chain.name} ${chain.policy}` : `-N ${chain.name}`,
  );
  for (const chain of chains) {
    for (const entry of chain.rules) {
      const counters = verbose
        ? ` -c ${formatCounters(entry.counters).replace(/[[\]]/g, '').replace(':', ' ')}`
        : '';
      lines.push(`-A ${chain.name}${entry.text === '' ? '' : ` ${entry.text}`}${counters}`);
    }
  }
  return `${lines.join('\n')}\n`;
}
