import { afterEach, describe, expect, it } from 'vitest';
import { IPV4, IPV6 } from '../../../controllers/kube-proxy/ip-family.ts';
import { readSavedServices } from '../../../controllers/kube-proxy/ipvs/saved-services.ts';
import { features } from './features.ts';
import { ProxiedNode } from './proxied-node.ts';
import { proxiedPort } from './proxied-port.ts';
import { RecordingNode } from './recording-node.ts';
import { testConfig } from './rule-settings.ts';

const SAVED = `-A -t 10.96.0.10:80 -s rr
-a -t 10.96.0.10:80 -r 10.244.0.2:8080 -m -w 1
-a -t 10.96.0.10:80 -r 10.244.0.9:8080 -m -w 0
-A -t 10.50.0.1:80 -s wlc
-a -t 10.50.0.1:80 -r 10.244.0.7:8080 -m -w 1
-A -u [fd00:96::a]:53 -s rr
-a -u [fd00:96::a]:53 -r [fd00:244::2]:53 -m -w 1
`;

it('reads the virtual services of one family, without those of others', () => {
  expect(readSavedServices(SAVED, IPV4, ['10.50.0.0/16'])).toEqual({
    services: new Map([['-t 10.96.0.10:80', '-s rr']]),
    servers: new Map([['-t 10.96.0.10:80', ['10.244.0.2:8080']]]),
    quiescent: ['-t 10.96.0.10:80 10.244.0.9:8080'],
  });
  expect([...readSavedServices(SAVED, IPV6, []).servers]).toEqual([
    ['-u [fd00:96::a]:53', ['[fd00:244::2]:53']],
  ]);
});

it('takes over what an earlier one served, and leaves what is excluded', async () => {
  const usual = testConfig('ipvs');
  const node = new RecordingNode({ ...usual, ipvs: { ...usual.ipvs, excludeCidrs: ['10.50.0.0/16'] } });
  node.answers.set('ipvsadm -S -n', SAVED);
  await node.sync([proxiedPort({ endpoints: [{}, { ip: '10.244.0.3' }] })]);
  const changes = node.commands.filter(({ argv }) => argv === 'ipvsadm -R');
  expect(changes.map(({ stdin }) => stdin)).toEqual([
    '-a -t 10.96.0.10:80 -r 10.244.0.3:8080 -m -w 1\n',
    '-d -t 10.96.0.10:80 -r 10.244.0.9:8080\n',
  ]);
});

it.each(['rr', 'wrr', 'lc', 'wlc', 'lblc', 'lblcr', 'sh', 'sed', 'nq', 'dh', 'mh'] as const)(
  'may balance by %s',
  async (scheduler) => {
    const usual = testConfig('ipvs');
    const node = new RecordingNode({ ...usual, ipvs: { ...usual.ipvs, scheduler } });
    await node.sync([proxiedPort()]);
    const flags = scheduler === 'mh' ? ' -b mh-port' : '';
    expect(node.text).toContain(`-A -t 10.96.0.10:80 -s ${scheduler}${flags}\n`);
  },
);

const ruleOf = (text: string, what: string): string[] =>
  text.split('\n').filter((line) => line.startsWith('-A ') && line.includes(what));

it('has rules for sets that have entries', async () => {
  const node = new RecordingNode(testConfig('ipvs'));
  await node.sync([]);
  expect(ruleOf(node.text, '-A KUBE-NODE-PORT ')).toEqual([
    expect.stringContaining('health check node port'),
  ]);
  expect(ruleOf(node.text, '-A KUBE-SERVICES ')).toEqual([
    '-A KUBE-SERVICES -s 127.0.0.0/8 -j RETURN',
    '-A KUBE-SERVICES -m addrtype --dst-type LOCAL -j KUBE-NODE-PORT',
  ]);
  expect(ruleOf(node.text, '-A KUBE-IPVS-FILTER ')).toHaveLength(6);
  const ports = [proxiedPort({ nodePort: 30_080, endpoints: [{}] })];
  await node.sync(ports);
  expect(ruleOf(node.text, '-A KUBE-NODE-PORT ')).toEqual([
    '-A KUBE-NODE-PORT -p tcp -m comment --comment "Kubernetes nodeport TCP port for masquerade purpose" -m set --match-set KUBE-NODE-PORT-TCP dst -j KUBE-MARK-MASQ',
    expect.stringContaining('health check node port'),
  ]);
  expect(ruleOf(node.text, 'KUBE-LOOP-BACK')).toHaveLength(1);
  expect(node.text).not.toContain('-I PREROUTING');
  await node.sync(ports);
  expect(node.text).toBe('');
});

it('lets the servers of UDP and SCTP go at once, and those of TCP once they are idle', async () => {
  const node = new RecordingNode(testConfig('ipvs'));
  const listed = (active: number) => `TCP  10.96.0.10:80 rr
  -> 10.244.0.3:8080              Masq    0      ${active}          0         
`;
  const ports = (...ips: string[]) =>
    (['tcp', 'udp', 'sctp'] as const).map((protocol) =>
      proxiedPort({ name: `default/${protocol}`, protocol, endpoints: ips.map((ip) => ({ ip })) }),
    );
  await node.sync(ports('10.244.0.2', '10.244.0.3'));
  node.answers.set('ipvsadm -L -n', listed(1));
  const left = ports('10.244.0.2');
  await node.sync(left);
  const said = (): string[] =>
    node.commands
      .filter(({ argv }) => argv === 'ipvsadm -R')
      .flatMap(({ stdin }) => stdin.trim().split('\n'));
  expect(said()).toEqual([
    '-e -t 10.96.0.10:80 -r 10.244.0.3:8080 -m -w 0',
    '-d -u 10.96.0.10:80 -r 10.244.0.3:8080',
    '-d --sctp-service 10.96.0.10:80 -r 10.244.0.3:8080',
  ]);
  node.answers.set('ipvsadm -L -n', listed(0));
  node.now += 29_000;
  await node.sync(left);
  expect(said()).toEqual([]);
  node.answers.set('ipvsadm -S -n', '-a -t 10.96.0.10:80 -r 10.244.0.3:8080 -m -w 0\n');
  node.now += 31_000;
  await node.sync(left);
  expect(said().at(-1)).toBe('-d -t 10.96.0.10:80 -r 10.244.0.3:8080');
});

it('leaves a node alone while its family has no Services', async () => {
  const node = new RecordingNode(testConfig('ipvs'), IPV6);
  const none: [] = [];
  await node.sync(none);
  node.now += 3_000_000;
  await node.sync(none);
  expect(node.commands).toEqual([]);
  node.now += 600_000;
  await node.sync(none);
  expect(node.commands.length).toBeGreaterThan(0);
});

describe('a node that is read anew in every period', () => {
  let node: ProxiedNode;
  afterEach(() => node.close());

  it.each(features(IPV4))('has what it shall have: $name', async ({ ports, config = {} }) => {
    node = new ProxiedNode('ipvs', config);
    await node.sync(ports);
    const commands: string[] = [];
    node.onCommand = (argv, stdin) => {
      if (/^(ipset restore|ipvsadm -R|ip -force)/.test(argv) && !/^create /.test(stdin)) commands.push(stdin);
    };
    await node.world.clock.runUntil(() => false, 30_000);
    await node.sync(ports);
    expect(commands).toEqual([]);
  });

  it('has what somebody took away again', async () => {
    node = new ProxiedNode('ipvs');
    const ports = [proxiedPort({ nodePort: 30_080, endpoints: [{ ip: '10.244.1.3' }] })];
    await node.sync(ports);
    await node.run('ipvsadm', '-D', '-t', '10.96.0.10:80');
    await node.run('ipset', 'del', 'KUBE-CLUSTER-IP', '10.96.0.10,tcp:80');
    await node.run('ipset', 'add', 'KUBE-CLUSTER-IP', '10.96.0.99,tcp:80');
    await node.run('ip', 'addr', 'del', '10.96.0.10/32', 'dev', 'kube-ipvs0');
    await node.run('iptables', '-t', 'nat', '-F', 'KUBE-SERVICES');
    await node.world.clock.runUntil(() => false, 30_000);
    await node.sync(ports);
    expect(await node.run('ipvsadm', '-L', '-n')).toMatch(/10\.96\.0\.10:80 rr\s+-> 10\.244\.1\.3:8080/);
    expect(await node.run('ipset', 'save', 'KUBE-CLUSTER-IP')).toMatch(
      /^create .*\nadd KUBE-CLUSTER-IP 10\.96\.0\.10,tcp:80\n$/,
    );
    expect(await node.run('ip', 'addr', 'show', 'kube-ipvs0')).toContain('10.96.0.10/32');
    expect(await node.run('iptables', '-t', 'nat', '-S', 'KUBE-SERVICES')).toContain('KUBE-CLUSTER-IP');
  });
});
