import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Netns } from '../../../agents/netstack/netns.ts';
import { seededRng } from '../../../platform/rng.ts';
import { VirtualClock } from '../../../platform/virtual-clock.ts';
import { kubeRules } from './kube-rules.ts';

const fixture = (name: string): string =>
  readFileSync(new URL(`./fixtures/${name}`, import.meta.url), 'utf8');
const newNetns = () => new Netns({ name: 'node', clock: new VirtualClock(), rng: seededRng(1) });
const withoutComments = (text: string) =>
  text
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .join('\n');

/** The .saved files are what iptables-save v1.8.9 (legacy) printed after iptables-restore of the same text. */
describe('restore, then save', () => {
  it.each(['rules', 'headers', 'calico'])(
    'prints a corpus of matches and targets as the real iptables-save does: %s',
    (name) => {
      const ns = newNetns();
      expect(ns.iptables.restore(fixture(`${name}.iptables`))).toEqual({ ok: true });
      expect(withoutComments(ns.iptables.save())).toBe(fixture(`${name}.saved.iptables`));
    },
  );

  it("prints kube-proxy's rules as the real iptables-save does", () => {
    const ns = newNetns();
    const endpoints = ['10.244.1.2:8080', '10.244.2.2:8080', '10.244.2.3:8080'];
    expect(ns.iptables.restore(kubeRules({ endpoints, nodeIndex: 1 }), { noflush: true })).toEqual({
      ok: true,
    });
    expect(withoutComments(ns.iptables.save())).toBe(fixture('kube-proxy.saved.iptables'));
  });

  it('makes a rule of each pair of addresses, and takes all of them away', () => {
    const ns = newNetns();
    const words = '-s 1.1.1.1,2.2.2.2 -d 3.3.3.3,4.4.4.4';
    const command = (text: string) => ns.iptables.command(text.split(' ')).exitCode;
    const saved = () => [...ns.iptables.save().matchAll(/-A INPUT (.*)/g)].map(([, rule]) => rule);
    expect(command(`-A INPUT ${words}`)).toBe(0);
    const pairs = ['1.1.1.1', '2.2.2.2'].flatMap((from) =>
      ['3.3.3.3', '4.4.4.4'].map((to) => `-s ${from}/32 -d ${to}/32`),
    );
    expect(saved()).toEqual(pairs);
    expect([command(`-C INPUT ${words}`), command(`-C INPUT ${words} -p tcp`)]).toEqual([0, 1]);
    expect(command(`-D INPUT ${words}`)).toBe(0);
    expect(saved()).toEqual([]);
    expect(command(`-I INPUT ${words}`)).toBe(0);
    expect(saved()).toEqual(pairs.toReversed());
    expect(command(`-R INPUT 1 ${words}`)).not.toBe(0);
  });

  it('reads back what it printed', () => {
    const [first, second] = [newNetns(), newNetns()];
    first.iptables.restore(fixture('rules.iptables'));
    const text = first.iptables.save({ counters: true });
    expect(second.iptables.restore(text, { counters: true })).toEqual({ ok: true });
    expect(second.iptables.save({ table: 'filter', counters: true })).toBe(
      first.iptables.save({ table: 'filter', counters: true }),
    );
  });
});

describe('a text with a fault', () => {
  const hint = "Try `iptables-restore -h' or 'iptables-restore --help' for more information.";
  const parse = (line: number, message: string) =>
    `iptables-restore v1.8.9 (legacy): ${message}\nError occurred at line: ${line}\n${hint}`;

  it.each([
    ['-A INPUT -j NOSUCH', parse(2, "Couldn't load target `NOSUCH':No such file or directory\n")],
    ['-A INPUT -p tcp --dport x -j ACCEPT', parse(2, "invalid port/service `x' specified")],
    ['-A INPUT -m length', parse(2, 'length: option "--length" must be specified\n')],
    ['-A INPUT -m ttl ! --ttl-lt 5', parse(2, 'ttl: option "--ttl-lt" cannot be inverted.\n')],
    ['-A INPUT -m dscp', parse(2, 'DSCP match: Parameter --dscp is required')],
    ['-A INPUT -m dscp --dscp-class foo', parse(2, "Invalid DSCP value `foo'")],
    ['-A INPUT -m iprange --src-range x-y', parse(2, 'iprange: Bad value for "--src-range" option: "x"')],
    ['-A INPUT -m pkttype --pkt-type foo', parse(2, "Bad packet type 'foo'")],
    ['-A INPUT -m hl --hl-eq 5', parse(2, "Couldn't load match `hl':No such file or directory\n")],
    ['-A INPUT -p tcp -j TCPMSS', parse(2, 'TCPMSS target: At least one parameter is required')],
    ['-A INPUT --bogus -j ACCEPT', parse(2, 'unknown option "--bogus"')],
    ['-A INPUT -m nosuch -j ACCEPT', parse(2, "Couldn't load match `nosuch':No such file or directory\n")],
    ['-A INPUT -s 300.1.1.1 -j ACCEPT', parse(2, "host/network `300.1.1.1' not found")],
    ['-A INPUT -s 10.0.0.0/33 -j ACCEPT', parse(2, "invalid mask `33' specified")],
    ['-A INPUT ! -p all', parse(2, 'rule would never match protocol')],
    ['-A INPUT -p tcp -p udp', parse(2, 'multiple -p flags not allowed')],
    ['-A INPUT -s 1.1.1.1 -s 2.2.2.2', parse(2, 'multiple -s flags not allowed')],
    ['-A INPUT -p tcp --dport 1 --dport 2', parse(2, "Only one `--destination-port' allowed")],
    ['-A INPUT -m comment ! --comment x', parse(2, 'comment: option "--comment" cannot be inverted.\n')],
    [
      '-A INPUT -j REJECT ! --reject-with tcp-reset',
      parse(2, 'REJECT: option "--reject-with" cannot be inverted.\n'),
    ],
    ['-A INPUT -m mark --mark 1 --mark 2', parse(2, 'mark: option "--mark" can only be used once.\n')],
    ['-A INPUT -p tcp --dport ! 80', parse(2, "invalid port/service `!' specified")],
    ['-A INPUT -p icmp --icmp-type 8/256', parse(2, "Unknown ICMP code `8/256'")],
    ['-A INPUT -m recent --rcheck --reap', parse(2, 'recent: option "--reap" also requires "--seconds".\n')],
    [
      '-A INPUT -p icmp -m multiport --dports 1',
      parse(2, 'multiport only works with TCP, UDP, UDPLITE, SCTP and DCCP'),
    ],
    ['-A INPUT -p foo -j ACCEPT', parse(2, 'unknown protocol "foo" specified')],
    ['-A INPUT -m conntrack --ctstate FOO -j ACCEPT', parse(2, 'Bad ctstate "FOO"')],
    ['-A INPUT -m comment -j ACCEPT', parse(2, 'comment: option "--comment" must be specified\n')],
    ['-A INPUT -p tcp -j DNAT', parse(2, 'DNAT: option "--to-destination" must be specified\n')],
    [
      '-A INPUT -m statistic --mode random -j ACCEPT',
      parse(2, '--probability must be specified when using random mode'),
    ],
    ['-A INPUT -j ACCEPT -j DROP', parse(2, 'multiple -j flags not allowed')],
    ['-A INPUT foo -j ACCEPT', `Bad argument \`foo'\nError occurred at line: 2\n${hint}`],
  ])('%s', (rule, error) => {
    const result = newNetns().iptables.restore(`*filter\n${rule}\nCOMMIT\n`);
    expect(result).toEqual({ ok: false, line: 2, exitCode: 2, error });
  });

  it.each([
    ['-A NOCHAIN -j ACCEPT', /^iptables-restore: line 2 failed/],
    ['-D INPUT -s 9.9.9.9 -j ACCEPT', /^iptables-restore: line 2 failed/],
    ['-A INPUT -j DNAT --to-destination 1.1.1.1', /^iptables-restore: line 3 failed/],
    [':A - [0:0]\n:B - [0:0]\n-A A -j B\n-A B -j A', /^iptables-restore: line 6 failed/],
    ['garbage', /line.* 2/],
  ])('cannot be put in force: %s', (rules, expected) => {
    const result = newNetns().iptables.restore(`*filter\n${rules}\nCOMMIT\n`);
    expect(result.ok === false && result.error).toMatch(expected);
  });

  it.each([
    ['nat', '-A PREROUTING -j MASQUERADE', 'PREROUTING'],
    ['nat', ':A - [0:0]\n:B - [0:0]\n-A B -j MASQUERADE\n-A A -j B\n-A OUTPUT -j A', 'OUTPUT'],
    ['nat', '-A POSTROUTING -j REDIRECT', 'POSTROUTING'],
    ['nat', '-A PREROUTING -j SNAT --to-source 1.1.1.1', 'PREROUTING'],
    ['filter', ':A - [0:0]\n-A A -j MASQUERADE', 'A'],
    ['mangle', ':A - [0:0]\n-A A -m rpfilter -j DROP\n-A FORWARD -j A', 'FORWARD'],
    ['mangle', '-A OUTPUT -m addrtype --dst-type LOCAL --limit-iface-in', 'OUTPUT'],
  ])('calls a rule from where it must not be: %s %s', (table, rules, chain) => {
    const result = newNetns().iptables.restore(`*${table}\n${rules}\nCOMMIT\n`);
    expect(result.ok === false && result.error).toContain(
      `RULE_APPEND failed (Invalid argument): rule in chain ${chain}`,
    );
  });

  it('leads to a rule of before from where it must not be called', () => {
    const { iptables } = newNetns();
    const nat = (...argv: string[]) => iptables.command(['-t', 'nat', ...argv]);
    for (const chain of ['A', 'B']) expect(nat('-N', chain).exitCode).toBe(0);
    expect(nat('-A', 'PREROUTING', '-j', 'A').exitCode).toBe(0);
    expect(nat('-A', 'B', '-j', 'MASQUERADE').exitCode).toBe(0);
    expect(nat('-A', 'A', '-j', 'B').stderr).toContain('rule in chain A');
    expect(nat('-F', 'PREROUTING').exitCode).toBe(0);
    expect(nat('-A', 'A', '-j', 'B').exitCode).toBe(0);
    expect(nat('-A', 'POSTROUTING', '-j', 'A').exitCode).toBe(0);
  });

  it('leaves its table as it was', () => {
    const ns = newNetns();
    ns.iptables.restore('*filter\n:KEEP - [0:0]\n-A KEEP -j ACCEPT\nCOMMIT\n');
    const before = ns.iptables.save();
    expect(ns.iptables.restore('*filter\n-A INPUT -j DROP\n-A INPUT --bogus\nCOMMIT\n').ok).toBe(false);
    expect(ns.iptables.restore('*filter\n-A INPUT -j DROP\n').ok).toBe(false);
    expect(ns.iptables.save()).toBe(before);
  });

  it('without COMMIT', () => {
    const result = newNetns().iptables.restore('*filter\n-A INPUT -j ACCEPT\n');
    expect(result).toMatchObject({
      ok: false,
      exitCode: 1,
      error: 'iptables-restore: COMMIT expected at line 3',
    });
  });
});

describe('restore --noflush', () => {
  it('flushes only the chains that it names and keeps their counters of use', () => {
    const ns = newNetns();
    ns.iptables.restore(
      '*nat\n:A - [0:0]\n:B - [0:0]\n-A A -j B\n-A B -j ACCEPT\n-A PREROUTING -j A\nCOMMIT\n',
    );
    ns.iptables.restore('*nat\n:B - [0:0]\n-A B -j RETURN\nCOMMIT\n', { noflush: true });
    const text = ns.iptables.save({ table: 'nat' });
    expect(text).toContain('-A PREROUTING -j A');
    expect(text).toContain('-A A -j B');
    expect(text).toContain('-A B -j RETURN');
    expect(text).not.toContain('-A B -j ACCEPT');
  });

  it('can flush and delete stale chains in one go', () => {
    const ns = newNetns();
    ns.iptables.restore('*nat\n:A - [0:0]\n:B - [0:0]\n-A A -j B\nCOMMIT\n');
    const result = ns.iptables.restore('*nat\n:A - [0:0]\n:B - [0:0]\n-X A\n-X B\nCOMMIT\n', {
      noflush: true,
    });
    expect(result).toEqual({ ok: true });
    expect(ns.iptables.save()).not.toContain(':A ');
  });
});

describe('single commands', () => {
  it('-C tells whether a rule is there, by exit code', () => {
    const { iptables } = newNetns();
    const rule = [
      '-t',
      'nat',
      '-m',
      'comment',
      '--comment',
      'kubernetes service portals',
      '-j',
      'KUBE-SERVICES',
    ];
    expect(iptables.command(['-w', '5', '-N', 'KUBE-SERVICES', '-t', 'nat']).exitCode).toBe(0);
    expect(iptables.command(['-C', 'PREROUTING', ...rule]).exitCode).toBe(1);
    expect(iptables.command(['-I', 'PREROUTING', ...rule]).exitCode).toBe(0);
    expect(iptables.command(['-C', 'PREROUTING', ...rule]).exitCode).toBe(0);
    expect(iptables.command(['-t', 'nat', '-S', 'PREROUTING']).stdout).toBe(
      '-P PREROUTING ACCEPT\n-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES\n',
    );
    expect(iptables.command(['-t', 'nat', '-X', 'KUBE-SERVICES']).exitCode).toBe(1);
    expect(iptables.command(['-D', 'PREROUTING', ...rule]).exitCode).toBe(0);
    expect(iptables.command(['-t', 'nat', '-X', 'KUBE-SERVICES']).exitCode).toBe(0);
  });
});
