import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isNotFound } from '../../client/api-error.ts';
import { type Cluster, createCluster } from '../../cluster/create-cluster.ts';
import type { Deployment, Pod } from '../../openapi/generated/types.ts';
import { resources } from '../../openapi/resources.ts';

let cluster: Cluster;
const namespace = 'default';
const labels = { app: 'web' };

beforeEach(async () => {
  cluster = await createCluster({ nodes: 3, seed: 5 });
});
afterEach(() => cluster.stop());

const template = (image = 'podwire/echo') => ({
  metadata: { labels },
  spec: { containers: [{ name: 'main', image, ports: [{ containerPort: 8080 }] }] },
});

function deployment(replicas: number, strategy: object = {}): Deployment {
  return {
    metadata: { name: 'web', namespace },
    spec: { replicas, selector: { matchLabels: labels }, template: template(), strategy },
  };
}

async function pods(): Promise<readonly Pod[]> {
  return (await cluster.client.list(resources.pods, { namespace })).items;
}

const ready = (count: number) =>
  cluster.until(async () => {
    const { status, spec, metadata } = await cluster.get(resources.deployments, 'web');
    return (
      status?.observedGeneration === metadata.generation &&
      status?.updatedReplicas === count &&
      status.availableReplicas === count &&
      status.replicas === spec!.replicas
    );
  }, 120_000);

const gone = (what: () => Promise<unknown>) =>
  cluster.until(() =>
    what().then(
      () => false,
      (error) => isNotFound(error),
    ),
  );

describe('a Deployment', () => {
  it('rolls a new template out without ever having too few pods, and back again', async () => {
    await cluster.client.create(resources.deployments, deployment(6), { namespace });
    await ready(6);
    let fewest = 6;
    const patch = { spec: { template: template('httpd') } };
    await cluster.client.patch(resources.deployments, 'web', 'strategic', patch, { namespace });
    await cluster.until(async () => {
      const { status } = await cluster.get(resources.deployments, 'web');
      fewest = Math.min(fewest, status?.availableReplicas ?? 0);
      return status?.updatedReplicas === 6 && status.replicas === 6 && status.availableReplicas === 6;
    }, 120_000);
    expect(fewest).toBeGreaterThanOrEqual(5);
    expect(new Set((await pods()).map(({ spec }) => spec!.containers![0]!.image))).toEqual(
      new Set(['httpd']),
    );
    const sets = (await cluster.client.list(resources.replicasets, { namespace })).items;
    expect(
      sets.map(({ metadata }) => metadata.annotations!['deployment.kubernetes.io/revision']).sort(),
    ).toEqual(['1', '2']);
  });

  it('takes its pods along when it is deleted in the foreground, and leaves them as orphans if asked', async () => {
    await cluster.client.create(resources.deployments, deployment(2), { namespace });
    await ready(2);
    await cluster.client.delete(resources.deployments, 'web', { namespace, propagationPolicy: 'Orphan' });
    await gone(() => cluster.get(resources.deployments, 'web'));
    expect(await pods()).toHaveLength(2);
    await cluster.client.create(resources.deployments, deployment(2), { namespace });
    await ready(2);
    expect(await pods()).toHaveLength(2);
    await cluster.client.delete(resources.deployments, 'web', { namespace, propagationPolicy: 'Foreground' });
    await gone(() => cluster.get(resources.deployments, 'web'));
    expect((await pods()).filter(({ metadata }) => metadata.deletionTimestamp === undefined)).toHaveLength(0);
  });
});

it('a DaemonSet runs one pod on every node, new nodes included', async () => {
  const spec = { selector: { matchLabels: labels }, template: template() };
  await cluster.client.create(
    resources.daemonsets,
    { metadata: { name: 'agent', namespace }, spec },
    { namespace },
  );
  await cluster.until(
    async () => (await cluster.get(resources.daemonsets, 'agent')).status?.numberReady === 3,
  );
  expect(new Set((await pods()).map((pod) => pod.spec!.nodeName)).size).toBe(3);
  const [first] = await pods();
  await cluster.client.delete(resources.pods, first!.metadata.name!, { namespace });
  await cluster.until(async () => {
    const names = (await pods()).map(({ metadata }) => metadata.name);
    const { status } = await cluster.get(resources.daemonsets, 'agent');
    return !names.includes(first!.metadata.name) && status?.numberReady === 3;
  });
});

it('a namespace takes everything in it along', async () => {
  await cluster.client.create(resources.namespaces, { metadata: { name: 'shop' } });
  const inShop = { ...deployment(2), metadata: { name: 'web', namespace: 'shop' } };
  await cluster.client.create(resources.deployments, inShop, { namespace: 'shop' });
  await cluster.until(
    async () => (await cluster.get(resources.deployments, 'web', 'shop')).status?.readyReplicas === 2,
  );
  await cluster.client.delete(resources.namespaces, 'shop');
  await gone(() => cluster.get(resources.namespaces, 'shop'));
  expect((await cluster.client.list(resources.pods, { namespace: 'shop' })).items).toEqual([]);
});

it('every namespace has its default ServiceAccount and the root certificate, and gets them back', async () => {
  await cluster.until(async () => (await cluster.get(resources.serviceaccounts, 'default')) !== undefined);
  await cluster.client.delete(resources.configmaps, 'kube-root-ca.crt', { namespace });
  await cluster.until(() =>
    cluster.get(resources.configmaps, 'kube-root-ca.crt').then(
      () => true,
      () => false,
    ),
  );
});

it('a headless Service names each of its pods', async () => {
  await cluster.client.create(resources.deployments, deployment(2), { namespace });
  const spec = {
    clusterIP: 'None',
    selector: labels,
    ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
  };
  await cluster.client.create(
    resources.services,
    { metadata: { name: 'peers', namespace }, spec },
    { namespace },
  );
  await ready(2);
  const addresses = (await pods()).map(({ status }) => status!.podIP!).sort();
  const from = { pod: (await pods())[0]!.metadata.name! };
  await cluster.until(async () => {
    const found = await cluster.resolve('peers', from).catch(() => []);
    return JSON.stringify([...found].sort()) === JSON.stringify(addresses);
  });
});

it('hand-written Endpoints are mirrored, and a Service without selector leads to them', async () => {
  await cluster.client.create(resources.deployments, deployment(1), { namespace });
  await ready(1);
  const ip = (await pods())[0]!.status!.podIP!;
  const ports = [{ port: 80, protocol: 'TCP', targetPort: 8080 }];
  await cluster.client.create(
    resources.services,
    { metadata: { name: 'by-hand', namespace }, spec: { ports } },
    { namespace },
  );
  const subsets = [{ addresses: [{ ip }], ports: [{ port: 8080, protocol: 'TCP' }] }];
  await cluster.client.create(
    resources.endpoints,
    { metadata: { name: 'by-hand', namespace }, subsets },
    { namespace },
  );
  await cluster.until(async () => {
    const answer = await cluster
      .fetch('http://by-hand/', { from: { pod: (await pods())[0]!.metadata.name! }, timeoutMs: 2_000 })
      .catch(() => undefined);
    return answer?.status === 200;
  });
});

it('a Service without endpoints refuses at once', async () => {
  await cluster.client.create(resources.deployments, deployment(1), { namespace });
  await ready(1);
  const ports = [{ port: 80, protocol: 'TCP' }];
  await cluster.client.create(
    resources.services,
    { metadata: { name: 'empty', namespace }, spec: { selector: { app: 'nobody' }, ports } },
    { namespace },
  );
  const from = { pod: (await pods())[0]!.metadata.name! };
  await cluster.until(async () =>
    (await cluster.exec('node-1', ['iptables-save'])).includes('default/empty has no endpoints'),
  );
  await expect(cluster.fetch('http://empty/', { from })).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});

it('a pod that no node can take says why', async () => {
  const spec = { nodeSelector: { disk: 'ssd' }, containers: [{ name: 'c', image: 'pause' }] };
  await cluster.client.create(
    resources.pods,
    { metadata: { name: 'picky', namespace }, spec },
    { namespace },
  );
  await cluster.until(async () => {
    const { status } = await cluster.get(resources.pods, 'picky');
    return (
      status?.conditions?.some(
        ({ reason, message }) =>
          reason === 'Unschedulable' && message!.startsWith('0/3 nodes are available: 3 '),
      ) ?? false
    );
  });
  await cluster.client.patch(resources.nodes, 'node-2', 'merge', { metadata: { labels: { disk: 'ssd' } } });
  await cluster.until(async () => (await cluster.get(resources.pods, 'picky')).spec!.nodeName === 'node-2');
});
