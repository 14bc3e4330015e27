import { Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
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

async function commandsOf(mode: ProxyModeName, ...addresses: string[]): Promise<string[]> {
  const commands: string[] = [];
  const config = testConfig(mode);
  const clock = new VirtualClock();
  const proxy = new NodeProxy({
    nodeName: 'node-1',
    processors: 1,
    shell: {
      run: async (argv, stdin = '') => {
        commands.push(`${argv.join(' ')}\n${stdin}`);
        return { exitCode: 0, stdout: '', stderr: '' };
      },
    },
    families: nodeFacts(node(...addresses)),
    config,
    configBefore: undefined,
    modeOf: (family) => proxyMode(config, family, { serviceCidrs: () => [], now: () => clock.now() }),
    metrics: new ProxyMetrics(new Registry()),
    clock,
    logger: silentLogger,
  });
  const ports = new Map([
    [IPV4, [proxiedPort({ endpoints: [{}] })]],
    [IPV6, [proxiedPort({ clusterIp: 'fd00:96::10', endpoints: [{ ip: 'fd00:244::2' }] })]],
  ]);
  await proxy.sync((family) => ports.get(family)!, true);
  return commands;
}

describe.each(PROXY_MODES)('a node under %s', (mode) => {
  it.each([
    ['172.18.0.2', 'fd00:18::2'],
    ['172.18.0.2'],
    ['fd00:18::2'],
  ])('is programmed for both families, known by %s %s', async (...addresses) => {
    const commands = await commandsOf(mode, ...addresses);
    const isOfIpv6 = (command: string): boolean => /ip6|inet6|ipv6|ip -6|fd00:96|KUBE-6/.test(command);
    for (const [address, isIn] of [
      ['10.96.0.10', (command: string) => !isOfIpv6(command)],
      ['fd00:96::10', isOfIpv6],
    ] as const)
      expect(commands.filter(isIn).join('')).toContain(address);
  });
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
