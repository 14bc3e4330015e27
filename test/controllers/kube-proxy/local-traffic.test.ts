import { describe, expect, it } from 'vitest';
import type {
  DetectLocal,
  ProxyConfig,
  ProxyModeName,
} from '../../../controllers/kube-proxy/configuration/proxy-config.ts';
import { IPV4, IPV6, type IpFamily } from '../../../controllers/kube-proxy/ip-family.ts';
import { proxiedPort } from './proxied-port.ts';
import { RecordingNode } from './recording-node.ts';
import { testConfig } from './rule-settings.ts';

const MODES: readonly [DetectLocal, iptables: string, nft: string, IpFamily][] = [
  [{ mode: 'ClusterCIDR' }, '-s 10.244.0.0/16', 'ip saddr 10.244.0.0/16', IPV4],
  [{ mode: 'NodeCIDR' }, '-s 10.244.1.0/24', 'ip saddr 10.244.1.0/24', IPV4],
  [{ mode: 'NodeCIDR' }, '-s fd00:244:0:1::/64', 'ip6 saddr fd00:244:0:1::/64', IPV6],
  [{ mode: 'BridgeInterface', bridge: 'cni0' }, '-i cni0', 'iifname cni0', IPV4],
  [{ mode: 'BridgeInterface', bridge: 'cni0' }, '-i cni0', 'iifname cni0', IPV6],
  [{ mode: 'InterfaceNamePrefix', prefix: 'cali' }, '-i cali+', 'iifname cali*', IPV4],
];

async function written(
  mode: ProxyModeName,
  family: IpFamily,
  more: Partial<ProxyConfig>,
  externalLocal = true,
): Promise<string[]> {
  const node = new RecordingNode(testConfig(mode, more), family);
  const isIpv6 = family === IPV6;
  await node.sync([
    proxiedPort({
      clusterIp: isIpv6 ? 'fd00:96::10' : '10.96.0.10',
      nodePort: 30_080,
      externalLocal,
      endpoints: [{ ip: isIpv6 ? 'fd00:244:0:1::2' : '10.244.1.2' }],
    }),
  ]);
  return node.text.split('\n');
}

const negatedNft = (match: string): string => match.replace(/^(.*) (\S+)$/, '$1 != $2');

describe.each(MODES)("a node's pods told by %j", (detectLocal, iptables, nft, family) => {
  const ip = family === IPV6 ? 'fd00:96::10' : '10.96.0.10';

  it('go past the Local policy, and others are masqueraded, under iptables', async () => {
    const lines = await written('iptables', family, { detectLocal });
    expect(lines.filter((line) => line.includes(`${iptables} -j`))).toEqual([
      expect.stringMatching(
        new RegExp(
          `^-A KUBE-SVC-\\w+ .* -d ${ip} --dport 80 ! ${iptables.replace('+', '\\+')} -j KUBE-MARK-MASQ$`,
        ),
      ),
      expect.stringMatching(
        new RegExp(
          `^-A KUBE-EXT-\\w+ -m comment --comment "pod traffic for default/web:http external destinations" ${iptables.replace('+', '\\+')} -j KUBE-SVC-`,
        ),
      ),
    ]);
  });

  it('and so under nftables', async () => {
    const service = 'service-DIFBE55G-default/web/tcp/http';
    const lines = await written('nftables', family, { detectLocal });
    const own = lines.filter((line) => / (iifname|saddr) /.test(line) && !line.includes(' endpoint-'));
    expect(own.map((line) => line.replace(/service-[A-Z2-7]{8}-/g, 'service-DIFBE55G-'))).toEqual([
      `add rule ${family.nft} kube-proxy ${service} ${family.nft} daddr ${ip} tcp dport 80 ${negatedNft(nft)} jump mark-for-masquerade`,
      expect.stringContaining(`${nft} goto ${service} comment "short-circuit pod traffic"`),
      expect.stringContaining('fib saddr type local jump'),
      expect.stringContaining('fib saddr type local goto'),
    ]);
  });

  it('and so under IPVS', async () => {
    const set = family === IPV6 ? 'KUBE-6-CLUSTER-IP' : 'KUBE-CLUSTER-IP';
    expect(await written('ipvs', family, { detectLocal })).toContain(
      `-A KUBE-SERVICES -m comment --comment "Kubernetes service cluster ip + port for masquerade purpose" -m set --match-set ${set} dst,dst ! ${iptables} -j KUBE-MARK-MASQ`,
    );
  });
});

it('masquerades all by address and port', async () => {
  const lines = await written('nftables', IPV4, { masqueradeAll: true });
  expect(lines.join('\n')).toContain(' ip daddr 10.96.0.10 tcp dport 80 jump mark-for-masquerade\n');
});
