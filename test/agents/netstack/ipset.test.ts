import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runNodeCommand } from '../../../agents/shell/run-node-command.ts';
import { ProxiedNode } from '../../controllers/kube-proxy/proxied-node.ts';

let node: ProxiedNode;
beforeEach(() => {
  node = new ProxiedNode('nftables');
});
afterEach(() => node.close());

const ipset = (command: string, stdin = '') =>
  runNodeCommand(['ipset', ...command.split(' ')], stdin, { ns: node.world.ns });
const withoutSeed = (text: string): string => text.replace(/ initval 0x\w+/g, '');

const TEXT = `create VIPS hash:ip,port family inet hashsize 1024 maxelem 65536 bucketsize 12
add VIPS 10.96.0.1,tcp:443
add VIPS 10.96.0.10,udp:53
create LOOP hash:ip,port,ip family inet hashsize 1024 maxelem 65536 bucketsize 12
add LOOP 10.244.1.2,tcp:80,10.244.1.2
create SOURCES hash:ip,port,net family inet hashsize 1024 maxelem 65536 bucketsize 12
add SOURCES 192.0.2.2,tcp:80,10.1.2.3
add SOURCES 192.0.2.2,tcp:80,172.18.0.0/16
create PORTS bitmap:port range 0-65535
add PORTS 80
add PORTS 30000
create HOSTS hash:ip family inet hashsize 1024 maxelem 3 bucketsize 12
create NETS hash:net family inet hashsize 1024 maxelem 65536 bucketsize 12
add NETS 10.0.0.0/8
`;
const sorted = (text: string): string[] => text.trim().split('\n').sort();

describe('ipset', () => {
  it('saves what it restored', async () => {
    expect(await ipset('restore', TEXT)).toEqual({ exitCode: 0, stdout: '', stderr: '' });
    const { stdout } = await ipset('save');
    expect(sorted(withoutSeed(stdout))).toEqual(sorted(TEXT));
    await ipset('destroy');
    expect((await ipset('restore', stdout)).exitCode).toBe(0);
    expect(sorted(withoutSeed((await ipset('save')).stdout))).toEqual(sorted(TEXT));
  });

  it('lists as the real one does', async () => {
    await ipset('restore', TEXT);
    expect(withoutSeed((await ipset('list PORTS')).stdout)).toBe(
      'Name: PORTS\nType: bitmap:port\nRevision: 3\nHeader: range 0-65535\nSize in memory: 8264\nReferences: 0\nNumber of entries: 2\nMembers:\n80\n30000\n',
    );
    expect((await ipset('list -n')).stdout).toBe('VIPS\nLOOP\nSOURCES\nPORTS\nHOSTS\nNETS\n');
    expect((await ipset('list -t HOSTS')).stdout).not.toContain('Members');
  });

  // The messages are those of ipset 7.17.
  it.each([
    ['add HOSTS foo', 'Syntax error: cannot parse foo: resolving to IPv4 address failed'],
    [
      'add PORTS 70000',
      "Syntax error: '70000' is out of range 0-65535\nSyntax error: 'tcp' is invalid as number\ncannot parse '70000' as a tcp port",
    ],
    ['add PORTS 1,2', 'Syntax error: Elem separator in 1,2, but settype bitmap:port supports none.'],
    ['add NETS 10.0.0.0/33', "Syntax error: '33' is out of range 0-32"],
    ['add NETS 0.0.0.0/0', 'The value of the CIDR parameter of the IP address is invalid'],
    ['add NETS 10.0.0.0/8 timeout 5', 'Timeout cannot be used: set was created without timeout support'],
    ['add VIPS 1.2.3.4', 'Syntax error: Second element is missing from 1.2.3.4.'],
    ['add VIPS 10.96.0.1,tcp:443', "Element cannot be added to the set: it's already added"],
    ['del VIPS 10.96.0.1,tcp:444', "Element cannot be deleted from the set: it's not added"],
    ['create VIPS hash:ip', 'Set cannot be created: set with the same name already exists'],
    ['create X foo:bar', "Syntax error: typename 'foo:bar' is unknown"],
    ['list nope', 'The set with the given name does not exist'],
    ['swap VIPS LOOP', 'The sets cannot be swapped: their type does not match'],
  ])('refuses: %s', async (command, message) => {
    await ipset('restore', TEXT);
    expect(await ipset(command)).toEqual({ exitCode: 1, stdout: '', stderr: `ipset v7.17: ${message}\n` });
  });

  it('forgives with -exist, counts lines, and keeps to its size', async () => {
    await ipset('restore', TEXT);
    expect((await ipset('-exist add VIPS 10.96.0.1,tcp:443')).exitCode).toBe(0);
    expect((await ipset('create VIPS hash:ip,port -exist')).exitCode).toBe(0);
    const text = 'add HOSTS 1.1.1.1\nadd HOSTS 1.1.1.1\n';
    expect((await ipset('restore', text)).stderr).toBe(
      "ipset v7.17: Error in line 2: Element cannot be added to the set: it's already added\n",
    );
    expect((await ipset('-! restore', `${text}add HOSTS 1.1.1.2\nadd HOSTS 1.1.1.3\n`)).exitCode).toBe(0);
    expect((await ipset('add HOSTS 1.1.1.4')).stderr).toContain('Hash is full');
    expect((await ipset('test HOSTS 1.1.1.4')).exitCode).toBe(1);
    expect((await ipset('test HOSTS 1.1.1.3')).stderr).toBe('Warning: 1.1.1.3 is in set HOSTS.\n');
  });
});

describe('elements', () => {
  const members = async (name: string): Promise<string[]> =>
    (await ipset(`list ${name}`)).stdout.split('Members:\n')[1]!.trim().split('\n').sort();

  it('that are a range are all of its elements', async () => {
    await ipset('restore', 'create a hash:ip\ncreate n hash:net\ncreate p hash:ip,port\n');
    await ipset('add a 10.0.0.1-10.0.0.3');
    await ipset('add n 10.3.0.5-10.3.0.9');
    await ipset('add p 10.0.0.1,udp:80-81');
    expect(await members('a')).toEqual(['10.0.0.1', '10.0.0.2', '10.0.0.3']);
    expect(await members('n')).toEqual(['10.3.0.5', '10.3.0.6/31', '10.3.0.8/31']);
    expect(await members('p')).toEqual(['10.0.0.1,udp:80', '10.0.0.1,udp:81']);
    expect((await ipset('add p 0.0.0.0/1,80')).stderr).toContain('stands for more than');
  });

  it('go when their time is over', async () => {
    await ipset('restore', 'create a hash:ip timeout 100 comment\nadd a 10.0.0.1 comment "two words"\n');
    await ipset('add a 10.0.0.2 timeout 0');
    const { clock } = node.world;
    expect(await members('a')).toEqual(['10.0.0.1 timeout 100 comment "two words"', '10.0.0.2 timeout 0']);
    await clock.runUntil(() => false, 60_500);
    expect((await members('a'))[0]).toBe('10.0.0.1 timeout 39 comment "two words"');
    await ipset('-exist add a 10.0.0.1');
    await clock.runUntil(() => false, 60_000);
    expect((await ipset('test a 10.0.0.1')).exitCode).toBe(0);
    await clock.runUntil(() => false, 40_000);
    expect(await members('a')).toEqual(['10.0.0.2 timeout 0']);
  });

  it('take the place of others only if the set says so', async () => {
    await ipset(
      'restore',
      'create a hash:ip maxelem 2 forceadd\nadd a 1.1.1.1\nadd a 1.1.1.2\nadd a 1.1.1.3\n',
    );
    const left = await members('a');
    expect(left).toHaveLength(2);
    expect(left).toContain('1.1.1.3');
  });

  it('of two networks, and of marks, are found', async () => {
    await ipset(
      'restore',
      'create a hash:net,net\nadd a 10.0.0.0/8,192.168.0.0/16\nadd a 10.1.0.0/16,192.168.0.0/16 nomatch\n',
    );
    expect((await ipset('test a 10.2.3.4,192.168.5.6')).exitCode).toBe(0);
    expect((await ipset('test a 10.1.3.4,192.168.5.6')).exitCode).toBe(1);
    expect((await ipset('test a 10.2.3.4,192.169.5.6')).exitCode).toBe(1);
    await ipset('restore', 'create m hash:ip,mark markmask 0xff\nadd m 10.0.0.1,0x1ff\n');
    expect(await members('m')).toEqual(['10.0.0.1,0x000000ff']);
  });
});

describe('rules that look things up in sets', () => {
  const rule = (match: string) => node.run(...`iptables -A FORWARD ${match} -j DROP`.split(' '));
  const outcome = (to: string, port: number) => node.outcome({ from: '10.244.1.2', to, port });

  it.each([
    ['VIPS dst,dst', 'add VIPS 10.244.2.2,tcp:80'],
    ['LOOP dst,dst,src', 'add LOOP 10.244.2.2,tcp:80,10.244.1.2'],
    ['SOURCES dst,dst,src', 'add SOURCES 10.244.2.2,tcp:80,10.244.0.0/16'],
    ['NETS dst', 'add NETS 10.244.2.2'],
    ['HOSTS src', 'add HOSTS 10.244.1.2'],
  ])('%s', async (match, element) => {
    await ipset('restore', TEXT.replace('add NETS 10.0.0.0/8\n', ''));
    expect(await rule(`-p tcp -m set --match-set ${match}`)).toBe('');
    expect(await outcome('10.244.2.2', 80)).toBe('10.244.2.2:80');
    await ipset(element);
    expect(await outcome('10.244.2.2', 80)).toBe('DROP');
    await ipset(element.replace('add', 'del'));
    expect(await outcome('10.244.2.2', 80)).toBe('10.244.2.2:80');
  });

  it('stop matching when an element expires, established or not', async () => {
    await ipset('restore', 'create T hash:ip timeout 30\nadd T 10.244.2.2\n');
    await rule('-m set ! --match-set T dst');
    const again = () =>
      node.outcome({ from: '10.244.1.2', to: '10.244.2.2', port: 53, protocol: 'udp', sourcePort: 5000 });
    for (let i = 0; i < 4; i++) {
      expect(await again()).toBe('10.244.2.2:53');
      await node.world.clock.runUntil(() => false, 5000);
    }
    await node.world.clock.runUntil(() => false, 11_000);
    expect(await again()).toBe('DROP');
  });

  it('count what they match', async () => {
    await ipset('restore', 'create C hash:net counters\nadd C 10.244.0.0/16\n');
    await rule('-m set --match-set C dst');
    for (let i = 0; i < 3; i++) await outcome('10.244.2.2', 80);
    expect((await ipset('list C')).stdout).toMatch(/10\.244\.0\.0\/16 packets 3 bytes \d+/);
  });

  it('are saved, hold their set, and follow a swap', async () => {
    await ipset('restore', `${TEXT}create OTHER bitmap:port range 0-65535\nadd OTHER 81\n`);
    await rule('-m set ! --match-set PORTS dst');
    expect(await node.run('iptables-save')).toContain('-A FORWARD -m set ! --match-set PORTS dst -j DROP\n');
    expect((await ipset('destroy PORTS')).stderr).toContain('it is in use by a kernel component');
    expect(await outcome('10.244.2.2', 80)).toBe('10.244.2.2:80');
    expect(await outcome('10.244.2.2', 81)).toBe('DROP');
    await ipset('swap PORTS OTHER');
    expect(await outcome('10.244.2.2', 81)).toBe('10.244.2.2:81');
    await node.run('iptables', '-F', 'FORWARD');
    expect((await ipset('destroy PORTS')).exitCode).toBe(0);
  });

  it('see frames that are only bridged, with nothing at the first hook', async () => {
    await ipset('create HOSTS hash:ip');
    await rule('-m set --match-set HOSTS dst');
    expect(await outcome('10.244.1.3', 80)).toBe('10.244.1.3:80');
    await ipset('add HOSTS 10.244.1.3');
    expect(await outcome('10.244.1.3', 80)).toBe('DROP');
  });

  it('are refused without their set', async () => {
    const { stderr } = await runNodeCommand(
      ['iptables-restore'],
      '*filter\n-A INPUT -m set --match-set NOPE src -j DROP\nCOMMIT\n',
      { ns: node.world.ns },
    );
    expect(stderr).toContain("Set NOPE doesn't exist.");
  });
});
