import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Netns } from '../../../agents/netstack/netns.ts';
import { runNodeCommand } from '../../../agents/shell/run-node-command.ts';
import { seededRng } from '../../../platform/rng.ts';
import { VirtualClock } from '../../../platform/virtual-clock.ts';

const RUNS = Number(process.env.TEXT_RUNS ?? 400);
const fixture = (name: string): string =>
  readFileSync(new URL(`./fixtures/${name}`, import.meta.url), 'utf8');

/** Each program with a text that it takes, and the command that shows what it holds. */
const PROGRAMS = [
  [['nft', '-f', '-'], fixture('rules.nft'), ['nft', 'list', 'ruleset']],
  [['nft', '-f', '-'], fixture('kube-proxy.nft'), ['nft', 'list', 'ruleset']],
  [['iptables-restore'], fixture('rules.iptables'), ['iptables-save']],
  [
    ['ipset', 'restore'],
    'create A hash:ip,port,net family inet hashsize 1024 maxelem 65536\nadd A 10.96.0.1,tcp:443,10.0.0.0/8\ncreate P bitmap:port range 0-65535\nadd P 30000\n',
    ['ipset', 'save'],
  ],
  [
    ['ipvsadm', '-R'],
    '-A -t 10.96.0.1:443 -s mh -b mh-port -p 60 -M 255.255.0.0\n-a -t 10.96.0.1:443 -r 10.244.1.2:8080 -m -w 3\n-A -u 10.96.0.1:53 -s wrr\n',
    ['ipvsadm', '-S'],
  ],
] as const;

const damage = fc.record({
  at: fc.nat(20_000),
  cut: fc.nat(40),
  insert: fc.oneof(
    fc.constantFrom(
      '{',
      '}',
      '"',
      ';',
      '\n',
      ' ',
      '@',
      '::',
      '-',
      '..',
      '0',
      '99999999999999999999',
      '__proto__',
      ' constructor ',
    ),
    fc.string({ maxLength: 8 }),
  ),
});

/** Without what chance and time put in; iptables' tables in one order, for a save begins with the newest. */
const plain = (text: string): string[] =>
  text
    .replace(/initval \w+|^#.*\n|\[\d+:\d+\]/gm, '')
    .split(/^(?=\*)/m)
    .sort();

function damaged(text: string, marks: readonly { at: number; cut: number; insert: string }[]): string {
  return marks.reduce((result, { at, cut, insert }) => {
    const from = at % (result.length + 1);
    return result.slice(0, from) + insert + result.slice(from + cut);
  }, text);
}

it('damaged texts are refused with a word, and what is held can still be shown and read back', async () => {
  const program = fc.constantFrom(...PROGRAMS);
  await fc.assert(
    fc.asyncProperty(program, fc.array(damage, { maxLength: 4 }), async ([load, text, show], marks) => {
      const ns = new Netns({ name: 'node', clock: new VirtualClock(), rng: seededRng(1) });
      const result = await runNodeCommand([...load], damaged(text, marks), { ns });
      expect(result.exitCode === 0).toBe(result.stderr === '');
      const shown = await runNodeCommand([...show], '', { ns });
      expect(shown.stderr).toBe('');
      const again = new Netns({ name: 'node', clock: new VirtualClock(), rng: seededRng(1) });
      expect((await runNodeCommand([...load], shown.stdout, { ns: again })).stderr).toBe('');
      expect(plain((await runNodeCommand([...show], '', { ns: again })).stdout)).toEqual(plain(shown.stdout));
    }),
    { numRuns: RUNS, seed: 1 },
  );
}, 120_000);
