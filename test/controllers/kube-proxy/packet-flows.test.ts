import { afterEach, describe, expect, it } from 'vitest';
import { PROXY_MODES } from '../../../controllers/kube-proxy/configuration/proxy-config.ts';
import type { EndpointInfo } from '../../../controllers/kube-proxy/endpoint-info.ts';
import { IPV4 } from '../../../controllers/kube-proxy/ip-family.ts';
import { features } from './features.ts';
import { type Attempt, ProxiedNode } from './proxied-node.ts';
import { proxiedPort } from './proxied-port.ts';

const HERE: Partial<EndpointInfo> = { ip: '10.244.1.3', nodeName: 'node-1' };
const THERE: Partial<EndpointInfo> = { ip: '10.244.2.2', nodeName: 'node-2' };
const POD = '10.244.1.2';
const OUTSIDE = '172.18.0.100';
const NODE = '172.18.0.2';
const VIP = '10.96.0.10';

type Feature = Parameters<typeof proxiedPort>[0];
/** [from, to, port, what becomes of it, and what under IPVS if that is something else]. */
type Row = readonly [Attempt['from'], string, number, string, string?];

const EXTERNAL: Feature = {
  nodePort: 30080,
  externalIps: ['192.0.2.1'],
  loadBalancerIps: ['192.0.2.2'],
};

const TABLE: readonly (readonly [string, Feature, readonly Row[]])[] = [
  [
    'a ClusterIP',
    { endpoints: [HERE] },
    [
      [POD, VIP, 80, '10.244.1.3:8080'],
      ['10.244.1.3', VIP, 80, '10.244.1.3:8080 masq'],
      [OUTSIDE, VIP, 80, '10.244.1.3:8080 masq'],
    ],
  ],
  ['a ClusterIP with an endpoint elsewhere', { endpoints: [THERE] }, [[POD, VIP, 80, '10.244.2.2:8080']]],
  ['a ClusterIP without endpoints', {}, [[POD, VIP, 80, 'REJECT']]],
  [
    'endpoints that are not ready',
    { endpoints: [{ ...HERE, ready: false, serving: false }] },
    [[POD, VIP, 80, 'REJECT']],
  ],
  [
    'endpoints that serve while they terminate',
    { endpoints: [{ ...HERE, ready: false, terminating: true }] },
    [[POD, VIP, 80, '10.244.1.3:8080']],
  ],
  [
    'the internal policy Local',
    { endpoints: [HERE, THERE], internalLocal: true },
    [[POD, VIP, 80, '10.244.1.3:8080']],
  ],
  [
    'the internal policy Local, without local endpoints',
    { endpoints: [THERE], internalLocal: true },
    [[POD, VIP, 80, 'DROP', '10.244.2.2:8080']],
  ],
  [
    'external addresses under the Cluster policy',
    { ...EXTERNAL, endpoints: [HERE] },
    [
      [OUTSIDE, NODE, 30080, '10.244.1.3:8080 masq'],
      [OUTSIDE, '192.0.2.1', 80, '10.244.1.3:8080 masq'],
      [OUTSIDE, '192.0.2.2', 80, '10.244.1.3:8080 masq'],
      [POD, NODE, 30080, '10.244.1.3:8080 masq'],
      [POD, '192.0.2.2', 80, '10.244.1.3:8080 masq'],
      [POD, VIP, 80, '10.244.1.3:8080'],
    ],
  ],
  [
    'external addresses under the Local policy',
    { ...EXTERNAL, endpoints: [HERE, THERE], externalLocal: true },
    [
      [OUTSIDE, NODE, 30080, '10.244.1.3:8080'],
      [OUTSIDE, '192.0.2.1', 80, '10.244.1.3:8080'],
      [OUTSIDE, '192.0.2.2', 80, '10.244.1.3:8080'],
    ],
  ],
  [
    'external addresses under the Local policy, without local endpoints',
    { ...EXTERNAL, endpoints: [THERE], externalLocal: true },
    [
      [OUTSIDE, NODE, 30080, 'DROP', '10.244.2.2:8080'],
      [OUTSIDE, '192.0.2.2', 80, 'DROP', '10.244.2.2:8080'],
      [POD, '192.0.2.2', 80, '10.244.2.2:8080'],
      [POD, VIP, 80, '10.244.2.2:8080'],
    ],
  ],
  [
    'external addresses without endpoints',
    EXTERNAL,
    [
      [OUTSIDE, NODE, 30080, 'REJECT'],
      [OUTSIDE, '192.0.2.1', 80, 'REJECT'],
      [OUTSIDE, '192.0.2.2', 80, 'REJECT'],
    ],
  ],
  [
    'source ranges',
    { ...EXTERNAL, endpoints: [HERE], loadBalancerSourceRanges: ['198.51.100.0/24'] },
    [
      [OUTSIDE, '192.0.2.2', 80, 'DROP'],
      [OUTSIDE, NODE, 30080, '10.244.1.3:8080 masq'],
      [OUTSIDE, '192.0.2.1', 80, '10.244.1.3:8080 masq'],
    ],
  ],
  [
    'source ranges that the client is in',
    { ...EXTERNAL, endpoints: [HERE], loadBalancerSourceRanges: ['198.51.100.0/24', '172.18.0.64/26'] },
    [[OUTSIDE, '192.0.2.2', 80, '10.244.1.3:8080 masq']],
  ],
  [
    'source ranges that the node is not in',
    { ...EXTERNAL, protocol: 'udp', endpoints: [HERE], loadBalancerSourceRanges: ['198.51.100.0/24'] },
    [['node', '192.0.2.2', 80, 'DROP']],
  ],
  [
    'source ranges that the node is in',
    { ...EXTERNAL, protocol: 'udp', endpoints: [HERE], loadBalancerSourceRanges: ['172.18.0.0/29'] },
    [['node', '192.0.2.2', 80, '10.244.1.3:8080 masq']],
  ],
  [
    'hints for zones',
    {
      endpoints: [
        { ...HERE, hints: { nodes: [], zones: ['there'] } },
        { ...THERE, hints: { nodes: [], zones: ['here'] } },
      ],
    },
    [[POD, VIP, 80, '10.244.2.2:8080']],
  ],
  [
    'hints for nodes before those for zones',
    {
      endpoints: [
        { ...HERE, hints: { nodes: ['node-1'], zones: ['there'] } },
        { ...THERE, hints: { nodes: ['node-2'], zones: ['here'] } },
      ],
    },
    [[POD, VIP, 80, '10.244.1.3:8080']],
  ],
  [
    'hints that not all have',
    { endpoints: [HERE, { ...THERE, ready: false, serving: false, hints: { nodes: [], zones: ['here'] } }] },
    [[POD, VIP, 80, '10.244.1.3:8080']],
  ],
  ['session affinity', { endpoints: [HERE], affinitySeconds: 60 }, [[POD, VIP, 80, '10.244.1.3:8080']]],
];

let node: ProxiedNode;
afterEach(() => node.close());

describe.each(PROXY_MODES)('packets under %s', (mode) => {
  it.each(TABLE)('%s', async (_name, feature, rows) => {
    node = new ProxiedNode(mode);
    await node.sync([proxiedPort(feature)]);
    for (const [from, to, port, usual, underIpvs] of rows) {
      const expected = mode === 'ipvs' ? (underIpvs ?? usual) : usual;
      expect(await node.outcome({ from, to, port }), `${from} to ${to}:${port}`).toBe(expected);
    }
  });

  it('spreads over all endpoints', async () => {
    node = new ProxiedNode(mode);
    await node.sync([proxiedPort({ endpoints: [HERE, THERE] })]);
    const seen = new Set<string>();
    for (let i = 0; i < 40; i++) seen.add(await node.outcome({ from: POD, to: VIP, port: 80 }));
    expect([...seen].sort()).toEqual(['10.244.1.3:8080', '10.244.2.2:8080']);
  });

  it('keeps a client at its endpoint until its time is over', async () => {
    node = new ProxiedNode(mode);
    const endpoints = Array.from({ length: 8 }, (_, i) => ({ ip: `10.244.2.${i + 2}`, nodeName: 'node-2' }));
    await node.sync([proxiedPort({ endpoints, affinitySeconds: 60 })]);
    const first = await node.outcome({ from: POD, to: VIP, port: 80 });
    for (let i = 0; i < 20; i++) expect(await node.outcome({ from: POD, to: VIP, port: 80 })).toBe(first);
    const later = new Set<string>();
    for (let i = 0; i < 20; i++) {
      await node.world.clock.runUntil(() => false, 61_000);
      later.add(await node.outcome({ from: POD, to: VIP, port: 80 }));
    }
    expect(later.size).toBeGreaterThan(1);
  });

  it('follows endpoints that come and go, and leaves nothing behind', async () => {
    node = new ProxiedNode(mode);
    const other = proxiedPort({ name: 'default/other', clusterIp: '10.96.0.11', endpoints: [HERE] });
    await node.sync([proxiedPort({ ...EXTERNAL, affinitySeconds: 60, endpoints: [HERE] }), other]);
    await node.sync([proxiedPort({ ...EXTERNAL, affinitySeconds: 30, endpoints: [THERE] }), other]);
    expect(await node.outcome({ from: POD, to: VIP, port: 80 })).toBe('10.244.2.2:8080');
    await node.sync([proxiedPort({ endpoints: [] }), other]);
    expect(await node.outcome({ from: POD, to: VIP, port: 80 })).toBe('REJECT');
    expect(await node.outcome({ from: OUTSIDE, to: NODE, port: 30080 })).not.toContain('10.244');
    expect(await node.outcome({ from: POD, to: '10.96.0.11', port: 80 })).toBe('10.244.1.3:8080');
    await node.sync([other]);
    await node.world.clock.runUntil(() => false, 2000);
    await node.sync([proxiedPort({ name: 'default/x', clusterIp: '10.96.0.12' }), other]);
    let all = await node.run('ip', 'addr');
    for (const command of ['iptables-save', 'nft list ruleset', 'ipvsadm -S -n', 'ipset save'])
      all += await node.run(...command.split(' '));
    expect(all).toContain('10.96.0.11');
    expect(all).not.toMatch(/10\.96\.0\.10\b|192\.0\.2|10\.244\.2\.2\b|default\/web/);
  });

  it('masquerades everything if it is told to, by whatever mark', async () => {
    node = new ProxiedNode(mode, { masqueradeAll: true, masqueradeBit: 20 });
    await node.sync([proxiedPort({ endpoints: [THERE] })]);
    expect(await node.outcome({ from: POD, to: VIP, port: 80 })).toBe('10.244.2.2:8080 masq');
  });

  it('has node ports at the addresses that it is told', async () => {
    node = new ProxiedNode(mode, { nodePortAddresses: ['10.244.1.0/24'] });
    await node.sync([proxiedPort({ nodePort: 30_080, endpoints: [HERE] })]);
    expect(await node.outcome({ from: POD, to: '10.244.1.1', port: 30_080 })).toBe('10.244.1.3:8080 masq');
    expect(await node.outcome({ from: OUTSIDE, to: NODE, port: 30_080 })).not.toContain('10.244.1.3');
  });

  it.each(features(IPV4))('is understood by the node: $name', async ({ ports, config = {} }) => {
    node = new ProxiedNode(mode, config);
    await node.sync(ports);
    await node.sync([]);
    await node.sync(ports);
  });

  it('speaks UDP, from pods and from the node itself', async () => {
    node = new ProxiedNode(mode);
    await node.sync([proxiedPort({ protocol: 'udp', port: 53, endpoints: [HERE] })]);
    const to = { to: VIP, port: 53, protocol: 'udp' as const };
    expect(await node.outcome({ from: POD, ...to })).toBe('10.244.1.3:8080');
    expect(await node.outcome({ from: 'node', ...to })).toBe('10.244.1.3:8080 masq');
    expect(await node.outcome({ from: POD, ...to, protocol: 'tcp' })).not.toContain('10.244.1.3');
  });
});
