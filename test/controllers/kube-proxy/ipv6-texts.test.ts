import { describe, expect, it } from 'vitest';
import { PROXY_MODES } from '../../../controllers/kube-proxy/configuration/proxy-config.ts';
import { IPV4, IPV6 } from '../../../controllers/kube-proxy/ip-family.ts';
import { features } from './features.ts';
import { RecordingNode } from './recording-node.ts';
import { testConfig } from './rule-settings.ts';

const SHOWN = ['session affinity', 'LoadBalancer, source ranges with the node', 'everything external'];

describe.each(PROXY_MODES)('what a node is told for IPv6 under %s', (mode) => {
  it('is what it was; to renew: npx vitest run -u', async () => {
    const node = new RecordingNode(testConfig(mode), IPV6);
    const ports = features(IPV6)
      .filter(({ name }) => SHOWN.includes(name))
      .flatMap((feature, i) =>
        feature.ports.map(({ service, endpoints }) => ({
          endpoints,
          service: {
            ...service,
            name: `default/web${i}`,
            clusterIp: `fd00:96::${i + 1}`,
            loadBalancerIps: service.loadBalancerIps.map(() => `2001:db8:2::${i}`),
          },
        })),
      );
    await node.sync(ports);
    await expect(node.text).toMatchFileSnapshot(`ipv6-${mode}.txt`);
  });

  it.each(features(IPV6))('names nothing of IPv4: $name', async ({ ports, config = {} }) => {
    const node = new RecordingNode(testConfig(mode, config), IPV6);
    await node.sync(ports);
    await node.sync([]);
    expect(node.text).not.toMatch(
      /\b(10|127|172|192|198)\.\d+\.|\biptables|\bip kube-proxy|ip [sd]addr|inet |ipv4/,
    );
  });

  it.each(features(IPV4))('is not said for IPv4: $name', async ({ ports, config = {} }) => {
    const node = new RecordingNode(testConfig(mode, config), IPV4);
    await node.sync(ports);
    expect(node.text).not.toMatch(/ip6|inet6|ipv6|fd00|2001:|KUBE-6|::/);
  });
});
