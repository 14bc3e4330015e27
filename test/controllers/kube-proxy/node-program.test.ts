import { describe, expect, it } from 'vitest';
import { nodeProgram } from '../../../controllers/kube-proxy/iptables/node-program.ts';
import { NOTHING_WRITTEN, restoreText } from '../../../controllers/kube-proxy/iptables/restore-text.ts';
import type { TableName } from '../../../controllers/kube-proxy/iptables/rule.ts';
import { serviceText } from '../../../controllers/kube-proxy/iptables/service-text.ts';
import type { ProxiedPort } from '../../../controllers/kube-proxy/service-port.ts';
import { proxiedPort } from './proxied-port.ts';
import { testSettings } from './rule-settings.ts';

const settings = testSettings('iptables');
const NODE = { nodeName: 'node-1', nodeIp: '172.18.0.2', zone: '', podCidr: '' };
const OPTIONS = { ...NODE, settings, isLarge: false, hasAccounts: true };
const BASE = { settings, nodePortIps: undefined, isLarge: false, hasAccounts: true };

/** The rules that a node gets: table → chain → rules without `-A CHAIN`. */
function chainsOf(ports: readonly ProxiedPort[]): Record<TableName, Map<string, string[]>> {
  const program = nodeProgram(
    ports.map((port) => serviceText(port, OPTIONS)),
    BASE,
  );
  const chains = { filter: new Map<string, string[]>(), nat: new Map<string, string[]>() };
  let table: TableName = 'filter';
  for (const line of restoreText(program, NOTHING_WRITTEN, []).text.split('\n')) {
    if (line.startsWith('*')) table = line.slice(1) as TableName;
    if (line.startsWith(':')) chains[table].set(line.slice(1, line.indexOf(' ')), []);
    const [, name = '', rule = ''] = /^-A (\S+) (.*)$/.exec(line) ?? [];
    if (name) chains[table].get(name)!.push(rule);
  }
  return chains;
}

const chain = (ports: readonly ProxiedPort[], table: TableName, name: string): string[] =>
  chainsOf(ports)[table].get(name) ?? [];

/** The one chain whose name begins so. */
function chainLike(ports: readonly ProxiedPort[], prefix: string): string[] {
  const names = [...chainsOf(ports).nat.keys()].filter((name) => name.startsWith(prefix));
  expect(names).toHaveLength(1);
  return chain(ports, 'nat', names[0]!);
}

const TWO = [
  { ip: '10.244.0.2', nodeName: 'node-1' },
  { ip: '10.244.1.2', nodeName: 'node-2' },
];

describe('nodeProgram', () => {
  it('sends a ClusterIP to each endpoint with the same odds', () => {
    const ports = [proxiedPort({ endpoints: TWO })];
    const rules = chainLike(ports, 'KUBE-SVC-');
    expect(rules[0]).toBe(
      '-m comment --comment "default/web:http cluster IP" -m tcp -p tcp -d 10.96.0.10 --dport 80 ! -s 10.244.0.0/16 -j KUBE-MARK-MASQ',
    );
    expect(rules[1]).toMatch(
      /^-m comment --comment "default\/web:http -> 10\.244\.0\.2:8080" -m statistic --mode random --probability 0\.5000000000 -j KUBE-SEP-/,
    );
    expect(rules[2]).toMatch(/^-m comment --comment "default\/web:http -> 10\.244\.1\.2:8080" -j KUBE-SEP-/);
  });

  it('marks what a pod sends to itself and rewrites the destination', () => {
    const rules = chainLike([proxiedPort({ endpoints: [{}] })], 'KUBE-SEP-');
    expect(rules).toEqual([
      '-m comment --comment default/web:http -s 10.244.0.2 -j KUBE-MARK-MASQ',
      '-m comment --comment default/web:http -m tcp -p tcp -j DNAT --to-destination 10.244.0.2:8080',
    ]);
  });

  it('ends KUBE-SERVICES with the node ports', () => {
    const rules = chain([proxiedPort({ endpoints: TWO })], 'nat', 'KUBE-SERVICES');
    expect(rules.at(-1)).toBe(
      '-m comment --comment "kubernetes service nodeports; NOTE: this must be the last rule in this chain" -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS',
    );
  });

  it('masquerades node port traffic under the Cluster policy', () => {
    const ports = [proxiedPort({ nodePort: 30080, endpoints: TWO })];
    expect(chain(ports, 'nat', 'KUBE-NODEPORTS')).toEqual([
      expect.stringMatching(/ -d 127\.0\.0\.0\/8 --dport 30080 -m nfacct --nfacct-name \w+ -j KUBE-EXT-/),
      expect.stringMatching(
        /^-m comment --comment default\/web:http -m tcp -p tcp --dport 30080 -j KUBE-EXT-/,
      ),
    ]);
    expect(chainLike(ports, 'KUBE-EXT-')).toEqual([
      '-m comment --comment "masquerade traffic for default/web:http external destinations" -j KUBE-MARK-MASQ',
      expect.stringMatching(/^-j KUBE-SVC-/),
    ]);
  });

  it('keeps outside traffic on the node under the Local policy', () => {
    const ports = [proxiedPort({ nodePort: 30080, externalLocal: true, endpoints: TWO })];
    expect(chainLike(ports, 'KUBE-EXT-').at(-1)).toMatch(/^-j KUBE-SVL-/);
    expect(chainLike(ports, 'KUBE-SVL-')).toEqual([expect.stringContaining('-> 10.244.0.2:8080')]);
  });

  it('rejects where there is no endpoint at all', () => {
    const ports = [proxiedPort({ nodePort: 30080 })];
    expect(chain(ports, 'filter', 'KUBE-SERVICES')).toEqual([
      '-m comment --comment "default/web:http has no endpoints" -m tcp -p tcp -d 10.96.0.10 --dport 80 -j REJECT',
    ]);
    expect(chain(ports, 'filter', 'KUBE-EXTERNAL-SERVICES')).toEqual([
      '-m comment --comment "default/web:http has no endpoints" -m addrtype --dst-type LOCAL -m tcp -p tcp --dport 30080 -j REJECT',
    ]);
    expect(chain(ports, 'nat', 'KUBE-NODEPORTS')).toEqual([]);
  });

  it('drops where another node has an endpoint and this one must not reach it', () => {
    const ports = [proxiedPort({ internalLocal: true, endpoints: [{ nodeName: 'node-2' }] })];
    expect(chain(ports, 'filter', 'KUBE-SERVICES')).toEqual([
      '-m comment --comment "default/web:http has no local endpoints" -m tcp -p tcp -d 10.96.0.10 --dport 80 -j DROP',
    ]);
  });

  it('sends a client back to the endpoint it had', () => {
    const ports = [proxiedPort({ affinitySeconds: 10_800, endpoints: [{}] })];
    expect(chainLike(ports, 'KUBE-SVC-')[1]).toMatch(
      /-m recent --name KUBE-SEP-\w+ --rcheck --seconds 10800 --reap -j KUBE-SEP-/,
    );
    expect(chainLike(ports, 'KUBE-SEP-')[1]).toMatch(
      /-m recent --name KUBE-SEP-\w+ --set -m tcp -p tcp -j DNAT/,
    );
  });

  it('falls back to endpoints that terminate but still serve', () => {
    const leaving = { ready: false, serving: true, terminating: true };
    const ports = [proxiedPort({ endpoints: [leaving, { ip: '10.244.0.3', ready: false, serving: false }] })];
    expect(chainLike(ports, 'KUBE-SEP-')[1]).toContain('--to-destination 10.244.0.2:8080');
  });

  it.each([
    [{}, { nat: 8, filter: 0 }],
    [{ nodePort: 30080 }, { nat: 12, filter: 0 }],
    [
      { nodePort: 30080, externalLocal: true },
      { nat: 15, filter: 0 },
    ],
    [{ affinitySeconds: 60 }, { nat: 10, filter: 0 }],
  ])('keeps the number of rules for %j with two endpoints', (feature, expected) => {
    const rules = chainsOf([proxiedPort({ ...feature, endpoints: TWO })]);
    const base = chainsOf([]);
    const count = (table: TableName) =>
      [...rules[table].values()].flat().length - [...base[table].values()].flat().length;
    expect({ nat: count('nat'), filter: count('filter') }).toEqual(expected);
  });
});
