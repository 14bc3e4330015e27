import type { Counters } from './chain.ts';
import { ApplyError, RuleError } from './option-reader.ts';
import type { Rule } from './rule.ts';
import { parseRules } from './rule-parser.ts';
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
  if (word === '-A') return append(draft, chain, parseRules(words, draft.version, 2), counters);
  const rest = words.slice(2);
  switch (commandOf(word)) {
    case '-A':
      return append(draft, chain, parseRules(rest, draft.version), counters);
    case '-I':
      return insert(draft, existing(draft, chain), rest, counters);
    case '-R': {
      const [rule, ...more] = parseRules(rest.slice(1), draft.version);
      if (more.length > 0) throw new RuleError('Replacement rule does not specify a unique address');
      return draft.replace(existing(draft, chain), Number(rest[0]), rule!, counters);
    }
    case '-D':
      return deleteRules(draft, existing(draft, chain), rest);
    case '-C':
      for (const rule of parseRules(rest, draft.version))
        requirePosition(draft, existing(draft, chain), rule);
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

function append(
  draft: TableDraft,
  chain: string | undefined,
  rules: readonly Rule[],
  counters: Counters,
): void {
  for (const rule of rules)
    draft.append(required(chain), rule, rules.length > 1 ? { ...counters } : counters);
}

/** Each of several rules at the same place, so that the last is the first. */
function insert(draft: TableDraft, chain: string, words: readonly string[], counters: Counters): void {
  const at = numbered(words) ? Number(words[0]) : 1;
  const rules = parseRules(numbered(words) ? words.slice(1) : words, draft.version);
  for (const rule of rules) draft.insert(chain, at, rule, { ...counters });
}

function requirePosition(draft: TableDraft, chain: string, rule: Rule): number {
  const at = draft.find(chain, printRule(rule));
  if (at === 0) throw new ApplyError('Bad rule (does a matching rule exist in that chain?).');
  return at;
}

function deleteRules(draft: TableDraft, chain: string, words: readonly string[]): void {
  if (numbered(words)) return draft.deleteAt(chain, Number(words[0]));
  for (const rule of parseRules(words, draft.version))
    draft.deleteAt(chain, requirePosition(draft, chain, rule));
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
