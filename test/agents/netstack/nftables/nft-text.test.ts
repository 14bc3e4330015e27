import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Netns } from '../../../../agents/netstack/netns.ts';
import { seededRng } from '../../../../platform/rng.ts';
import { VirtualClock } from '../../../../platform/virtual-clock.ts';

const fixture = (name: string): string =>
  readFileSync(new URL(`../fixtures/${name}`, import.meta.url), 'utf8');

function node() {
  const clock = new VirtualClock();
  const ns = new Netns({ name: 'node', clock, rng: seededRng(1) });
  return {
    clock,
    /** A text as `nft -f -`. */
    load: (text: string) => ns.nftables.run(text, { file: '/dev/stdin' }),
    nft: (command: string) => ns.nftables.run(command),
    list: () => ns.nftables.run('list ruleset').stdout,
  };
}

const done = { exitCode: 0, stdout: '', stderr: '' };

/** The .listed files are what nft 1.0.6 printed after `nft -f -` of the same text on Linux 6.18. */
describe('nft -f, then nft list ruleset', () => {
  it.each(['rules', 'headers', 'bits', 'kube-proxy'])('prints %s as the real nft does', (name) => {
    const { load, list } = node();
    expect(load(fixture(`${name}.nft`))).toEqual(done);
    expect(list()).toBe(fixture(`${name}.listed.nft`));
  });

  it.each(['rules', 'headers', 'bits', 'kube-proxy'])('reads back what it printed of %s', (name) => {
    const { load, list } = node();
    expect(load(fixture(`${name}.listed.nft`))).toEqual(done);
    expect(list()).toBe(fixture(`${name}.listed.nft`));
  });
});

const TABLE = `table ip t {
	set s {
		type ipv4_addr
		elements = { 1.1.1.1 }
	}

	map m {
		type ipv4_addr . inet_service : verdict
		elements = { 1.1.1.1 . 80 : goto other }
	}

	chain base {
		type filter hook input priority filter; policy accept;
		ip saddr . tcp dport vmap @m
		jump other
	}

	chain other {
		ip saddr @s drop
	}
}
`;

describe('a transaction', () => {
  it.each([
    ['add element ip t s { 2.2.2.2 }\nadd rule ip t nope accept', 'No such file or directory'],
    ['flush chain ip t base\nflush map ip t m\ndelete chain ip t other\nfoo', 'syntax error, unexpected foo'],
    ['flush ruleset\nadd table ip x\nadd element ip t s { 1.1.1.1 }', 'No such file or directory'],
    ['delete element ip t s { 1.1.1.1 }\ndelete element ip t s { 9.9.9.9 }', 'No such file or directory'],
    ['add rule ip t other jump other', 'Too many links'],
    [
      'add chain ip t a\nadd rule ip t a goto other\nadd element ip t m { 1.2.3.4 . 5 : jump a }\nadd rule ip t other ip saddr . tcp dport vmap @m',
      'Too many links',
    ],
    ['add chain ip t base { type nat hook forward priority 0 ; }', 'File exists'],
    ['add chain ip t n { type nat hook forward priority 0 ; }', 'Operation not supported'],
    ['delete chain ip t other', 'Device or resource busy'],
    ['delete set ip t s', 'Device or resource busy'],
    ['add element ip t m { 1.1.1.1 . 80 : drop }', 'File exists'],
    ['add set ip t s { type inet_service ; }', 'File exists'],
    ['add rule ip t base ip saddr 1.1.1.256 drop', 'Could not resolve hostname'],
    ['table ip t { chain base { "', 'unexpected junk'],
    ['add table arp t', 'Operation not supported'],
    ['add rule ip t base fib saddr . daddr type local', 'fib: saddr and daddr are mutually exclusive'],
    ['add rule ip t base fib daddr . iif . oif type local', 'fib: iif and oif are mutually exclusive'],
    ['add rule ip t base fib iif type local', 'fib: need either saddr or daddr'],
    ['add rule ip t base fib daddr check exists', 'unexpected check, expecting type or oif or oifname'],
    ['add rule ip t base fib dport type local', 'unexpected dport'],
    ['add rule ip t base fib daddr . oif oifname "lo"', 'Invalid argument'],
    ['add rule ip t base ip dscp 64', 'Value 64 exceeds valid range 0-63'],
    ['add rule ip t base tcp window > 70000', 'Value 70000 exceeds valid range 0-65535'],
    [
      'add rule ip t base meta mark set ip id',
      'datatype mismatch: expected packet mark, expression has type integer',
    ],
    ['add rule ip t base @th,0,40 1', 'other than 1 to 32 bits'],
    ['add rule ip t base @th,0,0 1', 'other than 1 to 32 bits'],
    ['add rule ip t base accept counter', 'Statement after terminal statement has no effect'],
    ['add rule ip t base reject log', 'Statement after terminal statement has no effect'],
    ['add rule ip t base log level loud', 'invalid log level'],
    ['add rule ip t base log group 1 level info', 'level and group are mutually exclusive'],
    ['add rule ip t base meta nfproto ipv4', 'meta nfproto is only useful in the inet family'],
    ['add rule ip t base reject with icmpx admin-prohibited', 'abstracted ICMP unreachable not supported'],
    ['add rule ip t base limit rate 5/minute burst 0 packets', 'packet limit burst must be > 0'],
    ['add rule ip t base meta mark & ip saddr == 1', 'bitwise operations take a constant on their right'],
    ['add rule ip t base @ll,0,8 1', 'payload base ll is not supported'],
    ['add rule ip t base ct original 1', 'unexpected 1'],
    ['add rule ip t base ip6 saddr ::1', 'conflicting protocols specified: ip vs. ip6'],
    ['add rule ip t base ct original ip6 saddr ::1', 'conflicting protocols specified: ip vs. ip6'],
    ['add rule ip t base udp dport 1 tcp dport 1', 'conflicting protocols specified: udp vs. tcp'],
    ['add rule ip t base udp dport 1 reject with tcp reset', 'you cannot use tcp reset with this protocol'],
    ['add rule ip t base reject with icmpv6 no-route', 'conflicting protocols specified: ip vs ip6'],
    ['add rule ip t base dnat to 1.1.1.1:80', 'only valid after transport protocol match'],
    ['add rule ip t base iif nodev', 'Interface does not exist'],
    [
      'add rule ip t base tcp dport @s',
      'expected internet network service, expression has type IPv4 address',
    ],
    ['add rule ip t base update @s { tcp dport }', 'expected IPv4 address, expression has type internet'],
    ['add rule ip t base ip saddr { }', 'unexpected }'],
    ['add element ip t s { 1.1.1.0/24 }', "You must add 'flags interval'"],
    ['rename chain ip t other renamed\nrename chain ip t base renamed', 'File exists'],
    [
      'add table inet i\nadd chain inet i c\nadd rule inet i c dnat to 1.1.1.1',
      'ip or ip6 must be specified',
    ],
    ['add rule ip t base ct reply port 1', 'unexpected ct reply port'],
    ['add rule ip t base masquerade', 'Operation not supported'],
    ['add rule ip t other fib daddr . oif type local', 'Operation not supported'],
    [
      'add chain ip t n\nadd rule ip t n snat to 1.1.1.1\nadd rule ip t other goto n',
      'Operation not supported',
    ],
    [
      'add chain ip t n\nadd rule ip t n masquerade\nadd element ip t m { 2.2.2.2 . 80 : jump n }',
      'Operation not supported',
    ],
  ])('that fails changes nothing: %s', (text, message) => {
    const { load, list } = node();
    expect(load(TABLE)).toEqual(done);
    const before = list();
    expect(before).toBe(TABLE);
    const result = load(text);
    expect(result.exitCode).toBe(1);
    expect(result.stderr).toContain(message);
    expect(list()).toBe(before);
  });

  it('renames a chain wherever it is named, in its place', () => {
    const { load, list } = node();
    load(TABLE);
    expect(load('rename chain ip t other renamed')).toEqual(done);
    expect(list()).toBe(TABLE.replaceAll('other', 'renamed'));
    expect(load('rename chain ip t renamed other')).toEqual(done);
    expect(list()).toBe(TABLE);
  });

  it('may call anything from where nothing leads any more', () => {
    const { load, list } = node();
    load(TABLE);
    expect(load('flush chain ip t base').stderr).toBe('');
    expect(load('add rule ip t other masquerade')).toEqual(done);
    expect(list()).toContain('\t\tmasquerade\n');
    expect(load('add rule ip t base jump other').stderr).toContain('Operation not supported');
  });

  it('points at the mistake', () => {
    const { load, nft } = node();
    expect(load('add table ip t\nadd rule ip t c accept').stderr).toBe(
      '/dev/stdin:2:15-15: Error: No such file or directory\nadd rule ip t c accept\n              ^\n',
    );
    expect(nft('list table ip nope').stderr).toBe(
      'Error: No such file or directory\nlist table ip nope\n              ^^^^\n',
    );
  });

  it('may delete what it has made unused, and put it back in another order', () => {
    const { load, list } = node();
    load(TABLE);
    const again =
      'delete element ip t m { 1.1.1.1 . 80 }\nflush chain ip t base\ndelete chain ip t other\nadd chain ip t other';
    expect(load(again)).toEqual(done);
    expect(list()).toContain('\tchain other {\n\t}\n}');
  });
});

describe('commands', () => {
  it('insert, index and delete rules', () => {
    const { nft } = node();
    for (const each of [
      'add table t',
      'add chain t c',
      'add rule t c accept',
      'insert rule t c drop',
      'add rule t c index 0 return',
      'insert rule t c index 1 counter',
    ])
      expect(nft(each)).toEqual(done);
    const text = nft('list chain ip t c').stdout;
    expect(text).toMatch(/drop\n\t\tcounter packets 0 bytes 0\n\t\treturn\n\t\taccept\n/);
    const handles = nft('list chain t c');
    expect(handles.stdout).not.toContain('handle');
    expect(nft('delete rule t c handle 3')).toEqual(done);
    expect(nft('list chain t c').stdout).not.toContain('drop');
  });

  it('destroy what may not be there, create what must not be there', () => {
    const { nft } = node();
    expect(nft('destroy table ip t')).toEqual(done);
    expect(nft('create table ip t')).toEqual(done);
    expect(nft('create table ip t').stderr).toContain('File exists');
    nft('add set t s { type mark; }');
    expect(nft('destroy element t s { 1 }')).toEqual(done);
    expect(nft('destroy set t s')).toEqual(done);
    expect(nft('destroy set t s')).toEqual(done);
  });

  it('list sets of one kind, and single elements', () => {
    const { load, nft } = node();
    load(TABLE);
    expect(nft('list set t s').stdout).toBe(
      'table ip t {\n\tset s {\n\t\ttype ipv4_addr\n\t\telements = { 1.1.1.1 }\n\t}\n}\n',
    );
    expect(nft('list map t s').exitCode).toBe(1);
    expect(nft('get element t s { 1.1.1.1 }').stdout).toContain('elements = { 1.1.1.1 }');
    expect(nft('get element t s { 1.1.1.2 }').stderr).toContain('No such file or directory');
    expect(nft('list ruleset ip6').stdout).toBe('');
  });

  it('refuse elements that overlap, and more than a set has room for', () => {
    const { load, list } = node();
    expect(
      load(
        'add table t\nadd set t r { type ipv4_addr; flags interval; size 3; }\nadd element t r { 10.0.0.0/8 }',
      ),
    ).toEqual(done);
    expect(load('add element t r { 10.1.0.0-11.0.0.0 }').stderr).toContain('File exists');
    expect(load('add element t r { 10.1.0.1 }').stderr).toContain('File exists');
    expect(load('add element t r { 9.0.0.0/8, 11.0.0.0/8, 12.0.0.0/8 }').stderr).toContain(
      'Too many open files',
    );
    expect(load('add element t r { 9.0.0.0/8, 11.0.0.0/8 }')).toEqual(done);
    expect(list()).toContain('elements = { 9.0.0.0/8, 10.0.0.0/8,\n\t\t\t     11.0.0.0/8 }');
  });

  it('merge what touches, and split what loses a part, where they are told to', () => {
    const { load, list } = node();
    const declaration = 'add table t\nadd set t r { type ipv4_addr; flags interval; auto-merge; }\n';
    expect(load(`${declaration}add element t r { 10.0.0.0/8, 11.0.0.0/8, 9.0.0.1, 8.0.0.1 }`)).toEqual(done);
    expect(list()).toContain('elements = { 8.0.0.1, 9.0.0.1,\n\t\t\t     10.0.0.0/7 }');
    expect(load('delete element t r { 10.1.0.0/16, 8.0.0.1 }')).toEqual(done);
    expect(list()).toContain('elements = { 9.0.0.1, 10.0.0.0/16,\n\t\t\t     10.2.0.0-11.255.255.255 }');
    expect(load('delete element t r { 10.1.0.0 }').stderr).toContain('element does not exist');
    expect(load('add element t r { 0.0.0.0/0 }\nfoo').exitCode).toBe(1);
    expect(list()).toContain('9.0.0.1, 10.0.0.0/16');
  });

  it('forget elements whose time is over', async () => {
    const { load, list, clock } = node();
    load('add table t\nadd set t s { type mark; flags timeout; }\nadd element t s { 1 timeout 10s, 2 }');
    expect(list()).toContain('0x00000001 timeout 10s expires 10s, 0x00000002');
    await clock.runUntil(() => false, 11_000);
    expect(list()).toContain('elements = { 0x00000002 }');
  });
});
