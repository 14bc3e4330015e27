import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Netns } from '../../agents/netstack/netns.ts';
import { runNodeCommand } from '../../agents/shell/run-node-command.ts';
import { seededRng } from '../../platform/rng.ts';
import { VirtualClock } from '../../platform/virtual-clock.ts';
import { Namespace } from './namespace.ts';

let real: Namespace;
beforeAll(async () => {
  real = await Namespace.create();
});
afterAll(() => real?.close());

const [RULES = [], NAT_RULES = []] = readFileSync(new URL('words.iptables', import.meta.url), 'utf8')
  .split('# nat\n')
  .map((part) => part.split('\n').filter((line) => line !== '' && !line.startsWith('#')));

/** Some options and targets belong to one table. */
const CASES = [
  ['filter', 'OUTPUT', RULES],
  ['mangle', 'FORWARD', RULES],
  ['nat', 'OUTPUT', NAT_RULES],
] as const;

/** For each rule the ones that were made, or nothing where it was refused; all rules in one run of a shell. */
function askLinux(table: string, chain: string, rules: readonly string[]): string[] {
  const lines = rules.map(
    (rule) => `iptables -t ${table} -F
if iptables-restore -n 2>/dev/null <<'RULE'
*${table}
-A ${chain} ${rule}
COMMIT
RULE
then echo "made"; iptables-save -t ${table} | grep '^-A' || true; else echo "refused"; fi
echo "--"`,
  );
  const answers = real.run(['sh', '-s'], `${lines.join('\n')}\n`).split('--\n');
  return answers.slice(0, rules.length).map((answer) => answer.trim());
}

async function askSimulated(table: string, chain: string, rules: readonly string[]): Promise<string[]> {
  const answers: string[] = [];
  for (const rule of rules) {
    const ns = new Netns({ name: 'node', clock: new VirtualClock(), rng: seededRng(1) });
    const run = (argv: readonly string[], input = '') => runNodeCommand(argv, input, { ns });
    const text = `*${table}\n-A ${chain} ${rule}\nCOMMIT\n`;
    const { exitCode } = await run(['iptables-restore', '-n'], text);
    const { stdout } = await run(['iptables-save', '-t', table]);
    const saved = stdout.split('\n').filter((line) => line.startsWith('-A'));
    answers.push(exitCode === 0 ? ['made', ...saved].join('\n') : 'refused');
    ns.delete();
  }
  return answers;
}

it.each(CASES)('takes and prints rules of %s %s as iptables does', async (table, chain, rules) => {
  const simulated = await askSimulated(table, chain, rules);
  const answers = askLinux(table, chain, rules);
  expect(rules.map((rule, i) => [rule, simulated[i]])).toEqual(rules.map((rule, i) => [rule, answers[i]]));
});
