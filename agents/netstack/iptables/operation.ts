import type { Counters } from './chain.ts';
import { ApplyError, RuleError } from './option-reader.ts';
import { parseRule } from './rule-parser.ts';
import { printRule } from './rule-printer.ts';
import type { TableDraft } from './table-draft.ts';

/** Long forms of the commands. */
const LONG: Readonly<Record<string, string>> = {
  '--append': '-A',
  '--insert': '-I',
  '--delete': '-D',
  '--replace': '-R',
  '--check': '-C',
  '--flush': '-F',
  '--delete-chain': '-X',
  '--new-chain': '-N',
  '--new': '-N',
  '--policy': '-P',
  '--zero': '-Z',
  '--rename-chain': '-E',
};

export const commandOf = (word: string): string => (Object.hasOwn(LONG, word) ? LONG[word]! : word);

/** Applies one line such as `-A CHAIN -p tcp -j ACCEPT` to a draft. */
export function applyOperation(draft: TableDraft, words: readonly string[], counters: Counters): void {
  const [word = '', chain] = words;
  // What a restore consists of.
  if (word === '-A') return draft.append(required(chain), parseRule(words, draft.version, 2), counters);
  const rest = words.slice(2);
  switch (commandOf(word)) {
    case '-A':
      return draft.append(required(chain), parseRule(rest, draft.version), counters);
    case '-I': {
      const [at, ...options] = numbered(rest) ? [Number(rest[0]), ...rest.slice(1)] : [1, ...rest];
      return draft.insert(
        existing(draft, chain),
        at as number,
        parseRule(options as string[], draft.version),
        counters,
      );
    }
    case '-R':
      return draft.replace(
        existing(draft, chain),
        Number(rest[0]),
        parseRule(rest.slice(1), draft.version),
        counters,
      );
    case '-D':
      return deleteRule(draft, existing(draft, chain), rest);
    case '-C':
      if (position(draft, existing(draft, chain), rest) === 0)
        throw new ApplyError('Bad rule (does a matching rule exist in that chain?).');
      return;
    case '-F':
      for (const name of chain === undefined ? draft.names() : [existing(draft, chain)]) draft.flush(name);
      return;
    case '-X':
      return removeChains(draft, chain);
    case '-N':
      return draft.create(required(chain));
    case '-P':
      return draft.setPolicy(existing(draft, chain), rest[0] ?? '');
    case '-E':
      return draft.rename(existing(draft, chain), rest[0] ?? '');
    case '-Z':
      for (const name of chain === undefined ? draft.names() : [existing(draft, chain)]) zero(draft, name);
      return;
    default:
      throw new RuleError(word.startsWith('-') ? `unknown option "${word}"` : `Bad argument \`${word}'`);
  }
}

const numbered = (words: readonly string[]): boolean => /^\d+$/.test(words[0] ?? '');

function required(chain: string | undefined): string {
  if (chain === undefined) throw new RuleError('no chain name given');
  return chain;
}

function existing(draft: TableDraft, chain: string | undefined): string {
  const name = required(chain);
  if (!draft.has(name)) throw new ApplyError(`No chain/target/match by that name.`);
  return name;
}

function position(draft: TableDraft, chain: string, options: readonly string[]): number {
  return draft.find(chain, printRule(parseRule(options, draft.version)));
}

function deleteRule(draft: TableDraft, chain: string, words: readonly string[]): void {
  const at = numbered(words) ? Number(words[0]) : position(draft, chain, words);
  if (at === 0) throw new ApplyError('Bad rule (does a matching rule exist in that chain?).');
  draft.deleteAt(chain, at);
}

/** Without a name: every chain that is not built in. */
function removeChains(draft: TableDraft, chain: string | undefined): void {
  if (chain !== undefined) return draft.remove(existing(draft, chain));
  for (const name of draft.names()) if (!draft.isBuiltin(name)) draft.remove(name);
}

function zero(draft: TableDraft, chain: string): void {
  draft.setCounters(chain, { packets: 0, bytes: 0 });
  for (const entry of draft.rules(chain)) {
    entry.counters.packets = 0;
    entry.counters.bytes = 0;
  }
}
