import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { PROXY_COMMANDS } from '../../../agents/server/proxy-commands.ts';
import {
  PROXY_MODES,
  type ProxyModeName,
} from '../../../controllers/kube-proxy/configuration/proxy-config.ts';
import { IPV4, IPV6 } from '../../../controllers/kube-proxy/ip-family.ts';
import { NodeProxy } from '../../../controllers/kube-proxy/node-proxy.ts';
import { nodeFacts } from '../../../controllers/kube-proxy/proxied-node-facts.ts';
import { ProxyMetrics } from '../../../controllers/kube-proxy/proxy-metrics.ts';
import { proxyMode } from '../../../controllers/kube-proxy/proxy-mode.ts';
import { silentLogger } from '../../../platform/logger.ts';
import { VirtualClock } from '../../../platform/virtual-clock.ts';
import { proxiedPort } from './proxied-port.ts';
import { testConfig } from './rule-settings.ts';

const node = (...addresses: string[]) => ({
  metadata: { name: 'node-1' },
  status: { addresses: addresses.map((address) => ({ type: 'InternalIP', address })) },
});

const PORTS = new Map([
  [IPV4, [proxiedPort({ endpoints: [{}] })]],
  [IPV6, [proxiedPort({ clusterIp: 'fd00:96::10', endpoints: [{ ip: 'fd00:244::2' }] })]],
]);

/** A node that says yes to all, with what it prints. */
function programmed(
  mode: ProxyModeName,
  addresses: readonly string[],
  printed: (command: string) => string = () => '',
) {
  const commands: string[] = [];
  const registry = new Registry();
  const metrics = new ProxyMetrics(registry);
  metrics.show(mode);
  const config = testConfig(mode);
  const clock = new VirtualClock();
  const proxy = new NodeProxy({
    nodeName: 'node-1',
    processors: 1,
    shell: {
      run: async (argv, stdin = '') => {
        commands.push(`${argv.join(' ')}\n${stdin}`);
        return { exitCode: 0, stdout: printed(argv.join(' ')), stderr: '' };
      },
    },
    families: nodeFacts(node(...addresses)),
    config,
    configBefore: undefined,
    modeOf: (family) => proxyMode(config, family, { serviceCidrs: () => [], now: () => clock.now() }),
    metrics,
    clock,
    logger: silentLogger,
  });
  const sync = () => proxy.sync((family) => PORTS.get(family)!, true);
  return { commands, clock, registry, sync, proxy };
}

async function commandsOf(mode: ProxyModeName, ...addresses: string[]): Promise<string[]> {
  const { commands, sync } = programmed(mode, addresses);
  await sync();
  return commands;
}

describe.each(PROXY_MODES)('a node under %s', (mode) => {
  it.each([['172.18.0.2', 'fd00:18::2'], ['172.18.0.2'], ['fd00:18::2']])(
    'is programmed for both families, known by %s %s',
    async (...addresses) => {
      const commands = await commandsOf(mode, ...addresses);
      const isOfIpv6 = (command: string): boolean => /ip6|inet6|ipv6|ip -6|fd00:96|KUBE-6/.test(command);
      for (const [address, isIn] of [
        ['10.96.0.10', (command: string) => !isOfIpv6(command)],
        ['fd00:96::10', isOfIpv6],
      ] as const)
        expect(commands.filter(isIn).join('')).toContain(address);
    },
  );
});

it.each(PROXY_MODES)('runs nothing under %s that nodes do not let it run', async (mode) => {
  const programs = (await commandsOf(mode, '172.18.0.2')).map((command) => command.split(/\s/)[0]!);
  expect(programs.filter((program) => !PROXY_COMMANDS.has(program))).toEqual([]);
});

it('has what it says of itself for each family', () => {
  const facts = (...addresses: string[]) =>
    [...nodeFacts(node(...addresses))].map(([{ name }, { nodeIp }]) => [name, nodeIp]);
  expect(facts('fd00:18::2', '172.18.0.2')).toEqual([
    ['IPv4', '172.18.0.2'],
    ['IPv6', 'fd00:18::2'],
  ]);
  expect(facts('fd00:18::2')).toEqual([
    ['IPv4', ''],
    ['IPv6', 'fd00:18::2'],
  ]);
});

it('hands on what a node has counted and answered, once a period', async () => {
  const { clock, commands, registry, sync } = programmed('iptables', ['172.18.0.2'], (command) => {
    if (command === 'nfacct list')
      return '{ pkts = 00000000000000000007, bytes = 00000000000000000420 } = ct_state_invalid_dropped_pkts;\n';
    return command === 'kube-proxy-health' ? '{"healthz":{"200":3},"livez":{}}\n' : '';
  });
  const lists = () => commands.filter((command) => command.startsWith('nfacct list')).length;
  await sync();
  const first = lists();
  await sync();
  expect(lists()).toBe(first);
  await clock.runUntil(() => false, 30_000);
  await sync();
  expect(lists()).toBe(first + 1);
  const text = await registry.metrics();
  expect(text).toContain('kubeproxy_iptables_ct_state_invalid_dropped_packets_total 7\n');
  expect(text).toContain('kubeproxy_proxy_healthz_total{code="200"} 6\n');
});

it('says once a period that it lives, however often something changes', async () => {
  const { clock, commands, proxy, sync } = programmed('iptables', ['172.18.0.2']);
  const told = () => commands.filter((command) => command.startsWith('kube-proxy-health')).length;
  await sync();
  await clock.runUntil(() => false, 29_000);
  await sync();
  expect([told(), proxy.dueInMs]).toEqual([1, 1000]);
  await clock.runUntil(() => false, 1000);
  await sync();
  expect([told(), proxy.dueInMs]).toEqual([2, 30_000]);
});

it('forgets stale flows again when it has written everything', async () => {
  const { clock, commands, sync } = programmed('iptables', ['172.18.0.2']);
  const looks = () => commands.filter((command) => command.startsWith('conntrack -L -f ipv4')).length;
  await sync();
  await sync();
  expect(looks()).toBe(1);
  await clock.runUntil(() => false, 3_600_001);
  await sync();
  expect(looks()).toBe(2);
});
