import { afterEach, describe, expect, it } from 'vitest';
import { type Cluster, createCluster } from '../../cluster/create-cluster.ts';
import { resources } from '../../openapi/resources.ts';

const pod = (name: string, ports: object[], spec: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name },
  spec: {
    ...spec,
    containers: [
      {
        name: 'web',
        image: 'registry.k8s.io/e2e-test-images/agnhost:2.53',
        args: ['netexec', '--http-port=8080'],
        ports,
      },
    ],
  },
});

let cluster: Cluster | undefined;
afterEach(async () => {
  await cluster?.stop();
  cluster = undefined;
});

async function running(...pods: ReturnType<typeof pod>[]): Promise<Cluster> {
  cluster = await createCluster({
    nodes: 1,
    seed: 1,
    clusterCidr: '10.244.0.0/16,fd00:10:244::/56',
    serviceCidr: '10.96.0.0/16,fd00:10:96::/112',
  });
  const present = cluster;
  await present.apply(pods);
  for (const { metadata } of pods) {
    await present.until(
      async () => (await present.get(resources.pods, metadata.name)).status?.phase === 'Running',
    );
  }
  return present;
}

const WEB = pod('web', [{ containerPort: 8080, hostPort: 80 }]);

describe('a host port', () => {
  it('is a port of the node, for the machine, for pods, for the node itself and for its own pod', async () => {
    const present = await running(WEB, pod('client', [{ containerPort: 8080 }]));
    const ask = async (url: string, options = {}) => (await present.fetch(url, options)).status;
    expect(await ask('http://127.0.18.2/')).toBe(200);
    expect(await ask('http://172.18.0.2/', { from: { pod: 'client' } })).toBe(200);
    expect(await ask('http://172.18.0.2/', { from: { pod: 'web' } })).toBe(200);
    expect(await ask('http://172.18.0.2/', { from: { node: 'node-1' } })).toBe(200);
    expect(await ask('http://127.0.0.1/', { from: { node: 'node-1' } })).toBe(200);
    expect(await ask('http://[fd00:172:18::2]/', { from: { pod: 'client' } })).toBe(200);
  });

  it('has the rules of the portmap plugin, which go with the pod', async () => {
    const present = await running(WEB);
    const rules = async () => (await present.exec('node-1', ['iptables-save', '-t', 'nat'])).split('\n');
    const ip = (await present.get(resources.pods, 'web')).status?.podIP;
    const found = (await rules()).filter((line) => line.includes('CNI-'));
    const chain = /^:(CNI-DN-[0-9a-f]{21}) /.exec(
      found.find((line) => line.startsWith(':CNI-DN-')) ?? '',
    )?.[1];
    expect(found.filter((line) => line.startsWith(`-A ${chain}`))).toEqual([
      `-A ${chain} -s ${ip?.replace(/\d+$/, '0')}/24 -p tcp -m tcp --dport 80 -j CNI-HOSTPORT-SETMARK`,
      `-A ${chain} -s 127.0.0.1/32 -p tcp -m tcp --dport 80 -j CNI-HOSTPORT-SETMARK`,
      `-A ${chain} -p tcp -m tcp --dport 80 -j DNAT --to-destination ${ip}:8080`,
    ]);
    expect(found.join('\n')).toMatch(
      /-A CNI-HOSTPORT-DNAT -p tcp -m comment --comment "dnat name: \\"cbr0\\" id: \\"[0-9a-f]{64}\\"" -m multiport --dports 80 -j CNI-DN-/,
    );
    await present.client.delete(resources.pods, 'web', { namespace: 'default' });
    await present.until(async () => !(await rules()).some((line) => line.includes('CNI-DN-')));
    await expect(present.fetch('http://127.0.18.2/', { timeoutMs: 500 })).rejects.toThrow();
  });

  it('of a pod on the network of the node is its own port', async () => {
    const present = await running(pod('host', [{ containerPort: 8080 }], { hostNetwork: true }));
    expect((await present.fetch('http://127.0.18.2:8080/')).status).toBe(200);
  });
});
