import { separateLines } from '../separate-lines.ts';
import type { Counters } from './chain.ts';
import type { Iptables } from './iptables.ts';
import { applyOperation } from './operation.ts';
import { ApplyError, RuleError } from './option-reader.ts';
import { IPTABLES_VERSION } from './save.ts';
import { TableDraft } from './table-draft.ts';
import { isTableName, type TableName } from './table-layout.ts';
import { tokenize } from './tokens.ts';

export interface RestoreOptions {
  /** Keep what the text does not name. */
  readonly noflush?: boolean;
  /** Take the counters of the text. */
  readonly counters?: boolean;
  /** Restore only this table. */
  readonly table?: TableName;
  /** Parse and check, change nothing. */
  readonly test?: boolean;
}

export type RestoreResult =
  | { readonly ok: true }
  | { readonly ok: false; readonly line: number; readonly exitCode: number; readonly error: string };

const CHAIN_LINE = /^:(\S+)\s+(\S+)(?:\s+\[(\d+):(\d+)\])?\s*$/;
const COUNTED_RULE = /^\[(\d+):(\d+)\]\s+(.*)$/;

/** Reads a text as iptables-restore does. The error is what the real one prints, and its exit code. */
export function restore(iptables: Iptables, text: string, options: RestoreOptions): RestoreResult {
  const reader = new RestoreReader(iptables, options);
  const program = `${iptables.program}-restore`;
  let number = 0;
  for (const line of separateLines(text)) {
    number++;
    try {
      reader.read(line);
    } catch (error) {
      if (!(error instanceof RuleError)) throw error;
      return failure(program, number, error);
    }
  }
  if (reader.open) return notCommitted(program, number);
  return { ok: true };
}

function notCommitted(program: string, line: number): RestoreResult {
  return { ok: false, line, exitCode: 1, error: `${program}: COMMIT expected at line ${line}` };
}

function failure(program: string, line: number, error: RuleError): RestoreResult {
  if (error instanceof ApplyError) {
    return { ok: false, line, exitCode: 1, error: `${program}: line ${line} failed: ${error.message}` };
  }
  const text = [
    `${error.message.startsWith('Bad argument') ? '' : `${program} ${IPTABLES_VERSION} (legacy): `}${error.message}`,
    `Error occurred at line: ${line}`,
    `Try \`${program} -h' or '${program} --help' for more information.`,
  ];
  return { ok: false, line, exitCode: 2, error: text.join('\n') };
}

class RestoreReader {
  readonly #iptables: Iptables;
  readonly #options: RestoreOptions;
  #draft: TableDraft | undefined;
  #skipping = false;

  constructor(iptables: Iptables, options: RestoreOptions) {
    this.#iptables = iptables;
    this.#options = options;
  }

  get open(): boolean {
    return this.#draft !== undefined;
  }

  read(line: string): void {
    if (line === '' || line.startsWith('#') || /^\s*$/.test(line)) return;
    if (line.startsWith('*')) return this.#begin(line.slice(1).trim());
    if (line.trim() === 'COMMIT') return this.#commit();
    if (this.#skipping) return;
    if (!this.#draft) throw new ApplyError('no table');
    if (line.startsWith(':')) return this.#chain(this.#draft, line);
    this.#rule(this.#draft, line);
  }

  #begin(name: string): void {
    if (this.#draft) throw new ApplyError('COMMIT expected');
    if (!isTableName(name))
      throw new RuleError(`${this.#iptables.program}-restore: unable to initialize table '${name}'`);
    this.#skipping = this.#options.table !== undefined && this.#options.table !== name;
    if (this.#skipping) return;
    this.#draft = new TableDraft(this.#iptables.ns, this.#iptables.table(name));
    if (!this.#options.noflush) this.#draft.flushAll();
  }

  #commit(): void {
    const draft = this.#draft;
    this.#draft = undefined;
    this.#skipping = false;
    if (draft && !this.#options.test) draft.commit();
  }

  #chain(draft: TableDraft, line: string): void {
    const match = CHAIN_LINE.exec(line);
    if (!match) throw new RuleError('bad line');
    const name = match[1]!;
    const policy = match[2]!;
    const user = policy === '-';
    if (!draft.has(name)) {
      if (!user) throw new ApplyError(`Can't set policy \`${policy}' on \`${name}': Bad built-in chain name`);
      draft.create(name);
    } else if (user) draft.flush(name);
    else draft.setPolicy(name, policy);
    if (this.#options.counters && match[3] !== undefined)
      draft.setCounters(name, counters(match[3], match[4]!));
  }

  #rule(draft: TableDraft, line: string): void {
    const counted = line.startsWith('[') ? COUNTED_RULE.exec(line) : null;
    const words = tokenize(counted ? counted[3]! : line);
    if (!words) throw new RuleError('unterminated quote');
    const given =
      counted && this.#options.counters ? counters(counted[1]!, counted[2]!) : { packets: 0, bytes: 0 };
    applyOperation(draft, words, given);
  }
}

function counters(packets: string, bytes: string): Counters {
  return { packets: Number(packets), bytes: Number(bytes) };
}
