import { afterAll, beforeAll, expect, it } from 'vitest';
import { runNodeCommand } from '../../agents/shell/run-node-command.ts';
import { seededRng } from '../../platform/rng.ts';
import { differenceOf, expectSameRules } from './judge.ts';
import { KernelNode } from './kernel-node.ts';
import { drawOddFrames } from './odd-frames.ts';
import { drawOddFrames6 } from './odd-frames6.ts';
import { CASES, SEED } from './seed.ts';
import { SimNode } from './sim-node.ts';

let kernel: KernelNode;
beforeAll(async () => {
  kernel = await KernelNode.start();
});
afterAll(() => kernel?.close());

/** Every command's answer is compared; these kernels have no hash:net,net, hash:ip,mark and hash:mac. */
const COMMANDS = [
  'create a hash:ip timeout 3000',
  'add a 10.0.0.1',
  'add a 10.0.0.2 timeout 1000',
  'add a 10.0.0.3 timeout 0',
  'add a 10.0.1.0/30',
  'add a 10.0.2.1-10.0.2.3',
  'add a 10.0.0.1',
  '-exist add a 10.0.0.1 timeout 2000',
  'list a',
  'save a',
  'create b hash:ip counters comment',
  'add b 10.0.0.1 comment hello',
  'add b 10.0.0.2 packets 5 bytes 10',
  'list b',
  'save b',
  'create c hash:net',
  'add c 10.0.0.0/8',
  'add c 10.1.0.0/16 nomatch',
  'add c 0.0.0.0/0',
  'add c 10.0.0.1',
  'add c 10.2.0.0-10.2.1.255',
  'add c 10.3.0.5-10.3.0.17',
  'test c 10.1.2.3',
  'test c 10.9.2.3',
  'test c 10.1.0.0/16',
  'test c 10.0.0.0/8',
  'list c',
  'create d hash:ip,port',
  'add d 10.0.0.1,80',
  'add d 10.0.0.1,tcp:80',
  'add d 10.0.0.1,udp:80-82',
  'add d 10.0.0.1,icmp:ping',
  'add d 10.0.0.1,icmp:8/0',
  'add d 10.0.0.1,icmp:77/1',
  'add d 10.0.0.1,vrrp:0',
  'add d 10.0.0.1,47:0',
  'add d 10.0.0.1,tcp:ssh',
  'add d 10.0.0.4-10.0.0.6,tcp:1-3',
  'add d 10.0.0.1',
  'add d 10.0.0.1,tcp:80,10.0.0.2',
  'list d',
  'create g hash:net,iface',
  'add g 10.0.0.0/8,eth0',
  'add g 10.0.0.0/8,physdev:eth1',
  'list g',
  'create j bitmap:ip range 10.0.0.0/24',
  'add j 10.0.0.5',
  'add j 10.0.0.8-10.0.0.10',
  'add j 10.0.1.0',
  'list j',
  'create k bitmap:ip range 10.0.0.0/16 netmask 24',
  'add k 10.0.3.7',
  'list k',
  'create m hash:ip netmask 24',
  'add m 10.0.3.7',
  'add m 10.0.3.9',
  'list m',
  'create o hash:net forceadd maxelem 2',
  'list o',
  'create p bitmap:port range 80-90',
  'add p 91',
  'add p 80-85',
  'add p tcp:86',
  'list p',
  'create q hash:ip family inet6',
  'add q fd00::1',
  'add q fd00::1/127',
  'list q',
  'create r hash:net family inet6 hashsize 64',
  'add r fd00::/16',
  'add r fd00::1',
  'test r fd00:1::1',
  'list r',
  'create v hash:ip hashsize 100 maxelem 5',
  'list v',
  'create w hash:ip maxelem 2',
  'add w 1.1.1.1',
  'add w 1.1.1.2',
  'add w 1.1.1.3',
  'create x hash:ip,port,net',
  'add x 10.0.0.1,tcp:80,10.0.0.0/8 nomatch',
  'list x -o save',
  'create y hash:net,port',
  'add y 10.0.0.0/24,tcp:80',
  'list y',
  'del a 10.0.0.1',
  'del a 10.0.0.99',
  '-exist del a 10.0.0.99',
  'test a 10.0.0.2',
  'test a 10.0.0.77',
  'flush a',
  'list a',
  'swap a b',
  'swap a c',
  'rename m mm',
  'rename mm a',
  'list -n',
  'destroy nope',
  'version',
  'create bad hash:ip foo 3',
  'create bad hash:ip timeout 99999999999',
  'create bad hash:ip netmask 40',
  'create bad bitmap:ip',
  'create bad bitmap:port',
  '-exist create c hash:net',
  '-exist create c hash:ip',
  'create c hash:net',
  'add c 10.0.0.0/33',
  'add nope 1.1.1.1',
  'create toolongnametoolongnametoolongname hash:ip',
  'add o 10.0.0.0/8 timeout 5',
  'add o 10.0.0.0/8 comment x',
  'add o 10.0.0.0/8 packets 5',
  'add p 80 nomatch',
  'add d 10.0.0.1,icmp:foo',
  'add d 10.0.0.1,esp:5',
  'add d 10.0.0.1,foo:5',
  'add d 10.0.0.1,udp:foo',
  'add d 10.0.0.1,70000',
  'add d 10.0.0.1,',
  'add p foo',
  'add p 5,6',
  'create',
  'create x',
  'add a',
  'test',
  'swap a',
  'foo',
  'destroy',
  'list',
];

it('answers what ipset answers', async () => {
  const sim = await SimNode.bare();
  try {
    const [answers, expected]: [unknown[], unknown[]] = [[], []];
    for (const command of COMMANDS) {
      const argv = ['ipset', ...command.split(' ')];
      const { exitCode, stdout, stderr } = await runNodeCommand(argv, '', { ns: sim.world.ns });
      answers.push([command, exitCode, inOrder(stdout), stderr]);
      const real = kernel.ask(argv);
      expected.push([command, real.exitCode, inOrder(real.stdout), real.stderr]);
    }
    expect(answers).toEqual(expected);
  } finally {
    sim.close();
  }
});

/** Elements in one order, without what the kernel draws, and without how much memory they take. */
function inOrder(text: string): string[] {
  const lines = text
    .replace(/initval 0x\w+/g, 'initval')
    .replace(/^Size in memory: .*/gm, '')
    // A second may have gone by.
    .replace(/timeout (?:2999|1999|999)\b/g, (left) => `timeout ${Number(left.slice(8)) + 1}`)
    .split('\n');
  const isElement = (line: string): boolean => /^(add |\d|fd)/.test(line);
  return [...lines.filter((line) => !isElement(line)), ...lines.filter(isElement).sort()];
}

const SETS = `create hosts hash:ip counters
add hosts 10.244.1.2
add hosts 172.18.0.3
create nets hash:net counters
add nets 10.244.0.0/16
add nets 10.244.1.3 nomatch
add nets 172.18.0.0/30
create ports hash:ip,port counters
add ports 10.244.1.3,tcp:80
add ports 172.18.0.3,udp:53
add ports 10.244.1.2,icmp:ping
create pairs hash:ip,port,ip
add pairs 10.244.1.2,tcp:80,10.244.1.3
add pairs 10.96.0.10,udp:53,10.244.1.2
create wide hash:ip,port,net
add wide 10.96.0.10,tcp:80,10.244.0.0/16
add wide 10.96.0.10,tcp:80,10.244.1.3 nomatch
create netport hash:net,port
add netport 10.244.0.0/16,tcp:80
create netdev hash:net,iface
add netdev 10.244.0.0/16,cni0
add netdev 0.0.0.0/0,eth0
create devices hash:net,iface
add devices 172.18.0.0/16,eth0
add devices 0.0.0.0/0,cni0
create range bitmap:port range 50-100
add range 53
add range 80-90
create few bitmap:ip range 10.244.1.0/24 netmask 31
add few 10.244.1.2
create classes hash:ip netmask 24
add classes 172.18.0.9
`;
const MATCHES = [
  ...['hosts src', 'hosts dst', 'nets src', 'nets dst', 'ports src,src', 'ports dst,dst', 'ports src,dst'],
  ...['pairs dst,dst,src', 'pairs src,dst,dst', 'wide dst,dst,src', 'netport src,dst', 'netport dst,dst'],
  ...[
    'netdev src,src',
    'netdev dst,src',
    'devices src,src',
    'devices dst,dst',
    'range src',
    'range dst',
    'few src',
    'few dst',
    'classes src',
  ],
];
const SETS_6 = `create hosts hash:ip family inet6 counters
add hosts fd00:10:244:1::2
create nets hash:net family inet6 counters
add nets fd00:10:244::/56
add nets fd00:10:244:1::3 nomatch
create ports hash:ip,port family inet6
add ports fd00:10:244:1::3,tcp:80
add ports fd00:172:18::3,udp:53
add ports fd00:10:244:1::2,icmpv6:ping
create wide hash:ip,port,net family inet6
add wide fd00:10:96::a,tcp:80,fd00:10:244::/56
create range bitmap:port range 50-100
add range 53
add range 80-90
create classes hash:ip family inet6 netmask 64
add classes fd00:172:18::9
`;
const MATCHES_6 = [
  ...['hosts src', 'hosts dst', 'nets src', 'nets dst', 'ports src,src', 'ports dst,dst', 'wide dst,dst,src'],
  ...['range src', 'range dst', 'classes src', 'classes dst'],
];

it.each([
  ['IPv4', 'iptables', drawOddFrames, SETS, MATCHES],
  ['IPv6', 'ip6tables', drawOddFrames6, SETS_6, MATCHES_6],
] as const)('finds of %s in sets what Linux finds', async (_version, program, draw, sets, matches) => {
  const sim = await SimNode.bare();
  try {
    await kernel.reset();
    kernel.exec(['ipset', 'destroy']);
    const rules = matches
      .flatMap((match) => [match, `! ${match}`])
      .map((match) => `-m set ${match.startsWith('!') ? '! ' : ''}--match-set ${match.replace('! ', '')}\n`);
    const chains = ['PREROUTING', 'INPUT', 'FORWARD'];
    const text = `*mangle\n${chains.flatMap((chain) => rules.map((rule) => `-A ${chain} ${rule}`)).join('')}COMMIT\n`;
    for (const node of [kernel, sim]) {
      await node.exec(['ipset', 'restore'], sets);
      await node.exec([`${program}-restore`], text);
    }
    const rng = seededRng(SEED);
    const differences: string[] = [];
    for (let i = 0; i < 10 * CASES; i++) {
      const { what, port, frames } = draw(rng, i);
      const difference = await differenceOf(kernel, sim, port, frames);
      if (difference) differences.push(`${i} ${what}\n${difference}`);
    }
    expect(differences).toEqual([]);
    await expectSameRules(kernel, sim);
    expect(inOrder(await sim.exec(['ipset', 'save']))).toEqual(inOrder(kernel.exec(['ipset', 'save'])));
  } finally {
    await kernel.reset();
    kernel.exec(['ipset', 'destroy']);
    sim.close();
  }
});
