import { afterEach, expect, it } from 'vitest';
import { type Cluster, createCluster } from '../../cluster/create-cluster.ts';
import { resources } from '../../openapi/resources.ts';

let cluster: Cluster;
afterEach(() => cluster.stop());

const rulesOf = (command: string[]): Promise<string> => cluster.exec('node-1', command);

async function setMode(mode: string): Promise<void> {
  const data = { 'config.conf': `kind: KubeProxyConfiguration\nmode: ${mode}\n` };
  await cluster.client.patch(
    resources.configmaps,
    'kube-proxy',
    'merge',
    { data },
    { namespace: 'kube-system' },
  );
}

it('changes on a running cluster, and the old mode leaves nothing behind', async () => {
  cluster = await createCluster({ nodes: 1, seed: 5, proxyMode: 'nftables' });
  await cluster.until(async () =>
    /10\.96\.0\.1 \. tcp \. 443/.test(await rulesOf(['nft', 'list', 'ruleset'])),
  );
  expect(await rulesOf(['iptables-save'])).not.toContain('KUBE-SERVICES');

  await setMode('iptables');
  await cluster.until(async () => (await rulesOf(['nft', 'list', 'tables'])) === '');
  expect(await rulesOf(['iptables-save', '-t', 'nat'])).toContain('-A KUBE-SERVICES -d 10.96.0.1/32');

  await setMode('ipvs');
  await cluster.until(async () =>
    (await rulesOf(['ipvsadm', '-S', '-n'])).includes('-A -t 10.96.0.1:443 -s rr'),
  );
  await cluster.until(async () => !(await rulesOf(['iptables-save'])).includes('KUBE-SVC-'));
  expect(await rulesOf(['iptables-save'])).toContain('KUBE-IPVS-FILTER');
  expect(await rulesOf(['ip', 'addr', 'show', 'dev', 'kube-ipvs0'])).toContain('10.96.0.1/32');

  await setMode('nonsense');
  await setMode('nftables');
  await cluster.until(async () => !(await rulesOf(['iptables-save'])).includes('KUBE-'));
  await cluster.until(async () => !(await rulesOf(['ip', 'link'])).includes('kube-ipvs0'));
  expect(await rulesOf(['ipset', 'save'])).toBe('');
  expect(await rulesOf(['nft', 'list', 'map', 'ip', 'kube-proxy', 'service-ips'])).toContain('10.96.0.1');
});
