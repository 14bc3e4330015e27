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

const COMMANDS = readFileSync(new URL('commands.nft', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'))
  .map((line) => /^(-\w) (.*)$/.exec(line)?.slice(1) ?? [line]);

/** Texts of errors differ in their advice, so an error is one, whatever it says. */
const answerOf = ({ exitCode, stdout }: { exitCode: number; stdout: string }): string =>
  exitCode === 0 ? stdout : 'refused';

it('does, refuses and lists what nft does', async () => {
  const ns = new Netns({ name: 'node', clock: new VirtualClock(), rng: seededRng(1) });
  const simulated: string[] = [];
  for (const words of COMMANDS) simulated.push(answerOf(await runNodeCommand(['nft', ...words], '', { ns })));
  ns.delete();
  const answers = COMMANDS.map((words) => answerOf(real.ask(['nft', ...words])));
  const beside = (texts: readonly string[]) => COMMANDS.map((words, i) => [words.join(' '), texts[i]]);
  expect(beside(simulated)).toEqual(beside(answers));
});
