import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Netns } from '../../../../agents/netstack/netns.ts';
import { runNodeCommand } from '../../../../agents/shell/run-node-command.ts';
import { FlowWorld } from '../flow/flow-world.ts';

const fixture = (name: string): string =>
  readFileSync(new URL(`../fixtures/${name}`, import.meta.url), 'utf8');
const TEXT = fixture('ruleset.nft');
/** What nft 1.0.6 on Linux lists after loading it. */
const LISTED = fixture('ruleset.listed');

let world: FlowWorld;
let ns: Netns;
beforeEach(() => {
  world = new FlowWorld({ rules: '' });
  ns = world.ns;
});
afterEach(() => ns.delete());

const listed = (): string => ns.nftables.run('list ruleset').stdout;
const load = (text: string): void => expect(ns.nftables.run(text).stderr).toBe('');
const refusal = (text: string): string => {
  const { exitCode, stderr } = ns.nftables.run(text, { file: '/dev/stdin' });
  return exitCode === 0 ? 'accepted' : stderr;
};

describe('text', () => {
  it('is listed as nft lists it', () => {
    load(TEXT);
    expect(listed()).toBe(LISTED);
  });

  it('that was listed can be loaded, and lists the same', () => {
    load(LISTED);
    expect(listed()).toBe(LISTED);
    load(`flush ruleset\n${LISTED}`);
    expect(listed()).toBe(LISTED);
  });

  it.runIf(canAskKernel())('that is printed here is understood by the real nft', () => {
    load(TEXT);
    const real = spawnSync('unshare', ['-n', 'sh', '-c', 'nft -f - && nft list ruleset'], {
      input: listed(),
      encoding: 'utf8',
    });
    expect(real.stderr).toBe('');
    expect(real.stdout).toBe(listed());
  });
});

/** Root, nft and a kernel with network namespaces. */
function canAskKernel(): boolean {
  try {
    execFileSync('unshare', ['-n', 'nft', 'list', 'ruleset'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

describe('a transaction', () => {
  it.each([
    ['add chain ip none c', 'No such file or directory'],
    ['add table ip t\nadd rule ip t none accept', 'No such file or directory'],
    ['add table ip t\nadd chain ip t c\nadd rule ip t c jump none', 'No such file or directory'],
    ['create table ip kube-proxy', 'File exists'],
    ['delete chain ip kube-proxy services', 'Device or resource busy'],
    ['delete set ip kube-proxy cluster-ips', 'Device or resource busy'],
    ['add element ip kube-proxy service-ips { 172.30.0.41 . tcp . 80 : drop }', 'File exists'],
    ['delete element ip kube-proxy service-ips { 9.9.9.9 . tcp . 80 }', 'No such file or directory'],
    ['add rule ip kube-proxy services jump services', 'Too many links'],
    ['add rule ip kube-proxy endpoint-A goto services', 'Too many links'],
    ['add element ip kube-proxy service-ips { 1.1.1.1 . tcp . 1 : goto services }', 'Too many links'],
    ['add rule ip kube-proxy services ip daddr 300.0.0.1 accept', 'Could not resolve hostname'],
    ['add rule ip kube-proxy services ip daddr', 'unexpected end of file'],
    ['add rule ip kube-proxy services bogus', 'unexpected'],
    ['add rule ip kube-proxy services ip daddr @service-ips accept', 'datatype mismatch'],
    ['add rule ip kube-proxy services dnat to 1.2.3.4:80', 'transport protocol mapping'],
    ['add chain ip kube-proxy x { type filter hook nowhere priority 0 ; }', 'unknown chain hook'],
    ['add table arp t', 'Operation not supported'],
  ])('%s is refused, with all that came with it', (text, reason) => {
    load(TEXT);
    expect(
      refusal(`add table ip extra\nadd element ip kube-proxy cluster-ips { 7.7.7.7 }\n${text}`),
    ).toContain(reason);
    expect(listed()).toBe(LISTED);
  });

  it('that is refused leaves nothing in use that was not', () => {
    load('add table ip t\nadd chain ip t target\nadd set ip t s { type ipv4_addr ; }');
    const made = [
      'add chain ip t made',
      'add rule ip t made ip saddr 10.0.0.1 jump target',
      'insert rule ip t made ip saddr @s goto target',
      'add rule ip t made accept',
      'flush chain ip t made',
      'add rule ip t made jump target',
      'add rule ip t target ip daddr @s accept',
    ];
    expect(refusal(`${made.join('\n')}\nadd rule ip t nowhere accept`)).not.toBe('accepted');
    expect(listed()).not.toContain('made');
    load('delete chain ip t target\ndelete set ip t s');
    expect(listed()).toBe('table ip t {\n}\n');
  });

  it('says where a mistake is', () => {
    expect(refusal('add table ip t\nadd chain ip t c { type filter hook forward priority bogus ; }')).toMatch(
      /^\/dev\/stdin:2:.*: Error: invalid priority expression value in this context\.\nadd chain/,
    );
  });

  it('changes single objects', async () => {
    load('add table ip t\nadd chain ip t c\nadd set ip t s { type ipv4_addr ; }');
    const run = async (...argv: string[]): Promise<string> => {
      const { exitCode, stdout, stderr } = await runNodeCommand(['nft', ...argv], '', { ns });
      return exitCode === 0 ? stdout : stderr;
    };
    await run('add', 'rule', 'ip', 't', 'c', 'ip', 'daddr', '@s', 'counter', 'drop');
    await run('insert', 'rule', 'ip', 't', 'c', 'accept');
    await run('add', 'element', 'ip', 't', 's', '{ 10.0.0.1, 10.0.0.2 }');
    await run('delete', 'element', 'ip', 't', 's', '{ 10.0.0.1 }');
    expect(await run('-a', 'list', 'chain', 'ip', 't', 'c')).toBe(
      'table ip t {\n\tchain c { # handle 1\n\t\taccept # handle 4\n\t\tip daddr @s counter packets 0 bytes 0 drop # handle 3\n\t}\n}\n',
    );
    await run('replace', 'rule', 'ip', 't', 'c', 'handle', '4', 'return');
    await run('delete', 'rule', 'ip', 't', 'c', 'handle', '3');
    expect(await run('list', 'table', 't')).toBe(
      'table ip t {\n\tset s {\n\t\ttype ipv4_addr\n\t\telements = { 10.0.0.2 }\n\t}\n\n\tchain c {\n\t\treturn\n\t}\n}\n',
    );
    expect(await run('list', 'table', 'none')).toContain('No such file or directory');
    expect(await run('destroy', 'table', 'ip', 'none')).toBe('');
    await run('delete', 'table', 'ip', 't');
    expect(await run('list', 'ruleset')).toBe('');
  });
});
