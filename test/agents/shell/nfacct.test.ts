import { beforeEach, expect, it } from 'vitest';
import type { Netns } from '../../../agents/netstack/netns.ts';
import { runNodeCommand } from '../../../agents/shell/run-node-command.ts';
import { TwoNodes } from '../netstack/two-nodes.ts';

let ns: Netns;
beforeEach(() => {
  ({ ns } = new TwoNodes().node(1));
});

async function run(line: string, stdin = ''): Promise<string> {
  const { exitCode, stdout, stderr } = await runNodeCommand(line.split(' '), stdin, { ns });
  return exitCode === 0 ? stdout + stderr : `${exitCode} ${stdout}${stderr}`;
}

const line = (name: string, packets = 0, bytes = 0): string =>
  `{ pkts = ${`${packets}`.padStart(20, '0')}, bytes = ${`${bytes}`.padStart(20, '0')} } = ${name};\n`;

it('adds, lists and deletes as the real one prints it', async () => {
  expect(await run('nfacct list')).toBe('');
  expect(await run('nfacct add foo')).toBe('');
  expect(await run('nfacct add foo')).toBe('1 nfacct v1.0.2: error: Device or resource busy\n');
  expect(await run('nfacct add abcdefghijklmnopqrstuvwxyz0123456789')).toBe('');
  expect(await run('nfacct list')).toBe(line('foo') + line('abcdefghijklmnopqrstuvwxyz01234'));
  expect(await run('nfacct get foo')).toBe(line('foo'));
  expect(await run('nfacct get foo xml')).toBe(
    '<?xml version="1.0" encoding="utf-8"?>\n<nfacct>\n<obj><name>foo</name><pkts>00000000000000000000</pkts><bytes>00000000000000000000</bytes></obj>\n</nfacct>\n',
  );
  expect(await run('nfacct g foo json')).toMatch(
    /^\{ "timestamp" : \d+, \n {2}"nfacct_counters" : \[\n {2}\{ "pkts" : 0, "bytes" : 0, "name" : "foo" \}\n\] \}\n$/,
  );
  expect(await run('nfacct del foo')).toBe('');
  expect(await run('nfacct flush')).toBe('');
  expect(await run('nfacct list xml')).toBe('');
});

it.each([
  ['nfacct', '1 Usage: nfacct command [parameters]...\n'],
  ['nfacct bogus', '1 nfacct v1.0.2: Unknown command: bogus\nUsage: nfacct command [parameters]...\n'],
  ['nfacct get nope', '1 nfacct v1.0.2: error: No such file or directory\n'],
  ['nfacct delete nope', '1 nfacct v1.0.2: error: No such file or directory\n'],
  ['nfacct add', '1 nfacct v1.0.2: missing object name\n'],
  ['nfacct get', '1 nfacct v1.0.2: missing object name\n'],
  ['nfacct delete a b', '1 nfacct v1.0.2: too many arguments\n'],
  ['nfacct flush x', '1 nfacct v1.0.2: too many arguments\n'],
  ['nfacct list extra', '1 nfacct v1.0.2: unknown argument\n'],
])('says of %s', async (command, said) => {
  expect(await run(command)).toBe(said);
});

it('counts what rules meet, and stays while one names it', async () => {
  await run('nfacct add udp');
  await run('nfacct add other');
  expect(await run('iptables -A OUTPUT -p udp -m nfacct --nfacct-name udp -j ACCEPT')).toBe('');
  expect(await run('iptables -S OUTPUT')).toContain(
    '-A OUTPUT -p udp -m nfacct --nfacct-name  udp -j ACCEPT\n',
  );
  const socket = ns.udp.bind({ port: 4000 });
  socket.send(new Uint8Array(3), { address: 0x7f000001 as never, port: 9999 });
  socket.close();
  expect(await run('nfacct get udp')).toBe(line('udp', 1, 31));
  expect(await run('nfacct delete udp')).toBe('1 nfacct v1.0.2: error: Device or resource busy\n');
  expect(await run('nfacct flush')).toBe('');
  expect(await run('nfacct list reset')).toBe(line('udp', 1, 31));
  expect(await run('nfacct list')).toBe(line('udp'));
  await run('iptables -F OUTPUT');
  expect(await run('nfacct delete udp')).toBe('');
});

it('is there before a rule names it', async () => {
  expect(await run('iptables -A OUTPUT -m nfacct --nfacct-name none')).toBe(
    '1 iptables: No chain/target/match by that name.\n',
  );
  await run('nfacct add some');
  for (const rule of ['', '! --nfacct-name some', '--nfacct-name some --nfacct-name some'])
    expect(await run(`iptables -A OUTPUT -m nfacct ${rule}`.trim())).toMatch(/^[12] .*nfacct: option/);
});

it('restores what it listed', async () => {
  expect(await run('nfacct restore', line('x', 7, 90) + line('y'))).toBe('');
  expect(await run('nfacct list')).toBe(line('x', 7, 90) + line('y'));
  expect(await run('nfacct restore', 'junk\n')).toBe('1 nfacct v1.0.2: invalid line\n');
});
