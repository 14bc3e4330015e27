import { afterEach, describe, expect, it } from 'vitest';
import { type Cluster, createCluster } from '../../cluster/create-cluster.ts';
import { resources } from '../../openapi/resources.ts';

const NETWORKS = {
  clusterCidr: '10.244.0.0/16,fd00:10:244::/56',
  serviceCidr: '10.96.0.0/16,fd00:10:96::/112',
};

const MANIFEST = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 2
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      containers:
        - name: web
          image: registry.k8s.io/e2e-test-images/agnhost:2.53
          args: [netexec, --http-port=8080]
          ports: [{ containerPort: 8080 }]
---
apiVersion: v1
kind: Pod
metadata: { name: client }
spec: { containers: [{ name: client, image: registry.k8s.io/pause:3.10 }] }
---
apiVersion: v1
kind: Service
metadata: { name: web }
spec:
  ipFamilyPolicy: PreferDualStack
  selector: { app: web }
  ports: [{ port: 80, targetPort: 8080 }]
---
apiVersion: v1
kind: Service
metadata: { name: six }
spec:
  ipFamilies: [IPv6]
  selector: { app: web }
  ports: [{ port: 80, targetPort: 8080 }]
---
apiVersion: v1
kind: Service
metadata: { name: headless }
spec:
  clusterIP: None
  ipFamilyPolicy: RequireDualStack
  selector: { app: web }
`;

let cluster: Cluster | undefined;
afterEach(async () => {
  await cluster?.stop();
  cluster = undefined;
});

async function webRunning(proxyMode: 'iptables' | 'ipvs' | 'nftables' = 'iptables'): Promise<Cluster> {
  cluster = await createCluster({ nodes: 2, seed: 1, proxyMode, ...NETWORKS });
  const running = cluster;
  await running.apply(MANIFEST);
  await running.until(async () => {
    const { status } = await running.get(resources.deployments, 'web');
    const client = await running.get(resources.pods, 'client');
    return status?.readyReplicas === 2 && client.status?.phase === 'Running';
  });
  // kube-proxy has written what it knows of all Services once the last of them, DNS among them, answers.
  await running.until(async () => (await answer(running, 'http://six/')) === 200);
  return running;
}

/** The status of an answer, or undefined if there was none. */
async function answer(running: Cluster, url: string): Promise<number | undefined> {
  const options = { from: { pod: 'client' }, timeoutMs: 2000 };
  return running.fetch(url, options).then(
    ({ status }) => status,
    () => undefined,
  );
}

const isSix = (address: string): boolean => address.includes(':');

describe('a cluster of both families', () => {
  it('gives nodes, pods and Services addresses of both', async () => {
    const running = await webRunning();
    const node = await running.get(resources.nodes, 'node-1', undefined);
    expect(node.spec?.podCIDRs).toHaveLength(2);
    expect(node.spec?.podCIDRs?.[1]).toMatch(/^fd00:10:244:.*:\/64$/);
    const internal = node.status?.addresses?.filter(({ type }) => type === 'InternalIP');
    expect(internal?.map(({ address }) => address)).toEqual(['172.18.0.2', 'fd00:172:18::2']);
    const { items } = await running.client.list(resources.pods, { namespace: 'default' });
    for (const { status } of items)
      expect(status?.podIPs?.map(({ ip = '' }) => isSix(ip))).toEqual([false, true]);
    const web = await running.get(resources.services, 'web');
    expect(web.spec).toMatchObject({ ipFamilies: ['IPv4', 'IPv6'], ipFamilyPolicy: 'PreferDualStack' });
    expect(web.spec?.clusterIPs?.map(isSix)).toEqual([false, true]);
    const six = await running.get(resources.services, 'six');
    expect(six.spec).toMatchObject({ ipFamilies: ['IPv6'], ipFamilyPolicy: 'SingleStack' });
    expect(six.spec?.clusterIP).toMatch(/^fd00:10:96::/);
  });

  it('has slices of each family, and answers A and AAAA', async () => {
    const running = await webRunning();
    const { items } = await running.client.list(resources.endpointslices, { namespace: 'default' });
    const types = (name: string) =>
      items
        .filter(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === name)
        .map(({ addressType }) => addressType)
        .sort();
    expect([types('web'), types('six'), types('headless')]).toEqual([
      ['IPv4', 'IPv6'],
      ['IPv6'],
      ['IPv4', 'IPv6'],
    ]);
    const from = { pod: 'client' };
    expect((await running.resolve('headless', from)).map(isSix)).toEqual([true, true, false, false]);
    expect((await running.resolve('web', from)).map(isSix)).toEqual([true, false]);
    expect((await running.resolve('six', from)).map(isSix)).toEqual([true]);
  });

  it('carries packets from pod to pod, across nodes without translation', async () => {
    const running = await webRunning();
    const { items } = await running.client.list(resources.pods, { namespace: 'default' });
    const client = items.find(({ metadata }) => metadata.name === 'client')!;
    for (const pod of items.filter(({ metadata }) => metadata.name !== 'client')) {
      const { body } = await running.fetch(`http://[${pod.status?.podIPs?.[1]?.ip}]:8080/clientip`, {
        from: { pod: 'client' },
      });
      expect(String(body)).toContain(`[${client.status?.podIPs?.[1]?.ip}]`);
    }
  });

  it.each(['iptables', 'ipvs', 'nftables'] as const)('reaches Services of both in %s mode', async (mode) => {
    const running = await webRunning(mode);
    const web = await running.get(resources.services, 'web');
    const six = await running.get(resources.services, 'six');
    const urls = [...(web.spec?.clusterIPs ?? []), six.spec?.clusterIP ?? ''].map((ip) =>
      isSix(ip) ? `http://[${ip}]/` : `http://${ip}/`,
    );
    for (const url of [...urls, 'http://web/', 'http://six/']) {
      expect([url, await answer(running, url)]).toEqual([url, 200]);
    }
  });

  it('adds a family to a Service that asks for it, and takes it back', async () => {
    const running = await webRunning();
    const change = (policy: string) =>
      running.client.patch(
        resources.services,
        'six',
        'merge',
        { spec: { ipFamilyPolicy: policy } },
        { namespace: 'default' },
      );
    const both = await change('PreferDualStack');
    expect(both.spec).toMatchObject({ ipFamilies: ['IPv6', 'IPv4'] });
    expect(both.spec?.clusterIPs?.map(isSix)).toEqual([true, false]);
    const one = await change('SingleStack');
    expect(one.spec?.clusterIPs).toEqual([both.spec?.clusterIP]);
  });
});

it('a cluster of one family refuses what needs two', async () => {
  cluster = await createCluster({ nodes: 1, seed: 1 });
  const service = (spec: object) => ({ metadata: { name: 'x' }, spec: { ports: [{ port: 80 }], ...spec } });
  const create = (spec: object) =>
    cluster!.client.create(resources.services, service(spec), { namespace: 'default' });
  await expect(create({ ipFamilyPolicy: 'RequireDualStack' })).rejects.toThrow(
    'this cluster is not configured for dual-stack services',
  );
  await expect(create({ ipFamilies: ['IPv6'] })).rejects.toThrow('not configured on this cluster');
  const web = await create({ ipFamilyPolicy: 'PreferDualStack' });
  expect(web.spec?.ipFamilies).toEqual(['IPv4']);
});

it.each([
  [{ clusterCidr: '10.244.0.0/16,fd00:10:244::/56' }, 'both need the same families'],
  [{ clusterCidr: 'fd00:10:244::/56', serviceCidr: 'fd00:10:96::/112' }, 'the networks are IPv6'],
])('refuses %j', async (networks, words) => {
  await expect(createCluster({ nodes: 1, ...networks })).rejects.toThrow(words);
});
