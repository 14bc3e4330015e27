import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { type Cluster, createCluster } from '../../cluster/create-cluster.ts';
import type { Pod } from '../../openapi/generated/types.ts';
import { resources } from '../../openapi/resources.ts';

const WEB = readFileSync('examples/web.yaml', 'utf8');
const running: Cluster[] = [];

async function cluster(options: Parameters<typeof createCluster>[0] = {}): Promise<Cluster> {
  const created = await createCluster({ nodes: 3, seed: 1, ...options });
  running.push(created);
  return created;
}

afterEach(async () => {
  for (const each of running.splice(0)) await each.stop();
});

async function podsOf(target: Cluster): Promise<readonly Pod[]> {
  return (await target.client.list(resources.pods, { namespace: 'default' })).items;
}

function readyPods(target: Cluster, count: number): Promise<void> {
  return target.until(async () => {
    const { items } = await target.client.list(resources.endpointslices, {
      namespace: 'default',
      labelSelector: 'kubernetes.io/service-name=web',
    });
    const ready = items
      .flatMap(({ endpoints }) => endpoints ?? [])
      .filter(({ conditions }) => conditions?.ready);
    return ready.length === count;
  }, 600_000);
}

/** The names of the pods that answer so many requests to a node's port. */
async function answers(target: Cluster, hostAddress: string, requests: number): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for (let index = 0; index < requests; index++) {
    const { status, body } = await target.fetch(`http://${hostAddress}:30080/`);
    expect(status).toBe(200);
    const { pod } = JSON.parse(body) as { pod: string };
    counts.set(pod, (counts.get(pod) ?? 0) + 1);
  }
  return counts;
}

async function story(target: Cluster): Promise<void> {
  await target.apply(WEB);
  await readyPods(target, 3);
  const [first] = await podsOf(target);
  const from = { pod: first!.metadata.name! };
  const { spec } = await target.get(resources.services, 'web');
  expect(await target.resolve('web', from)).toEqual([spec!.clusterIP]);
  expect((await target.fetch('http://web.default.svc.cluster.local/', { from })).status).toBe(200);

  const deployment = { metadata: { name: 'web' }, spec: { replicas: 5 } };
  await target.client.patch(resources.deployments, 'web', 'merge', deployment, { namespace: 'default' });
  await readyPods(target, 5);

  await target.killNode('node-3');
  await target.until(
    async () => (await podsOf(target)).filter(isActive).every(({ spec }) => spec!.nodeName !== 'node-3'),
    600_000,
  );
  await readyPods(target, 5);
  expect([...(await answers(target, '127.0.18.2', 10)).values()].reduce((sum, count) => sum + count)).toBe(
    10,
  );

  await target.startNode('node-3');
  await target.until(
    async () => (await podsOf(target)).every(({ metadata }) => metadata.deletionTimestamp === undefined),
    600_000,
  );
}

function isActive({ metadata }: Pod): boolean {
  return metadata.deletionTimestamp === undefined;
}

describe('a cluster in one process', () => {
  it('deploys, resolves, answers, scales, loses a node and recovers', async () => {
    await story(await cluster());
  });

  it('runs the same way twice from the same seed, and another way from another', async () => {
    const traces: string[] = [];
    for (const seed of [7, 7, 8]) {
      const target = await cluster({ seed });
      await story(target);
      traces.push(JSON.stringify(target.trace));
    }
    expect(traces[0]!.length).toBeGreaterThan(10_000);
    expect(traces[1]).toBe(traces[0]);
    expect(traces[2]).not.toBe(traces[0]);
  });

  it('spreads requests over all replicas, from every node, and hides the client behind the node', async () => {
    const target = await cluster();
    await target.apply(WEB);
    await readyPods(target, 3);
    for (const { hostAddress } of target.nodes) {
      const counts = await answers(target, hostAddress, 60);
      expect(counts.size).toBe(3);
      for (const count of counts.values()) expect(count).toBeGreaterThan(5);
    }
    const { body } = await target.fetch('http://127.0.18.3:30080/');
    expect((JSON.parse(body) as { client: string }).client).toMatch(/^10\.244\.\d+\.[01]:\d+$/);
  });

  it('never shows one address for two pods', async () => {
    const target = await cluster();
    await target.apply(WEB);
    await readyPods(target, 3);
    const duplicates: string[] = [];
    const check = async () => {
      const holders = new Map<string, string>();
      for (const { metadata, status } of await podsOf(target)) {
        const ip = status?.podIP;
        if (!ip || status.phase === 'Failed') continue;
        if (holders.has(ip)) duplicates.push(`${ip}: ${holders.get(ip)} and ${metadata.name}`);
        holders.set(ip, metadata.name ?? '');
      }
      return false;
    };
    await target.killNode('node-1');
    await target.startNode('node-1');
    await target.until(check, 3_000).catch(() => {});
    for (const pod of await podsOf(target)) {
      await target.client.delete(resources.pods, pod.metadata.name!, { namespace: 'default' });
    }
    await target.until(check, 10_000).catch(() => {});
    await readyPods(target, 3);
    expect(duplicates).toEqual([]);
  });

  it('keeps a container that declares no port to its own pod', async () => {
    const target = await cluster();
    await target.apply(`
apiVersion: v1
kind: Pod
metadata: { name: private }
spec:
  containers:
    - { name: server, image: podwire/echo }
`);
    await target.until(async () => (await target.get(resources.pods, 'private')).status?.phase === 'Running');
    const ip = (await target.get(resources.pods, 'private')).status!.podIP!;
    expect((await target.fetch('http://127.0.0.1:8080/', { from: { pod: 'private' } })).status).toBe(200);
    await expect(target.fetch(`http://${ip}:8080/`, { from: { node: 'node-1' } })).rejects.toMatchObject({
      code: 'ECONNREFUSED',
    });
  });

  it('shows the outside the node, not the pod', async () => {
    const target = await cluster();
    await target.apply(
      '{apiVersion: v1, kind: Pod, metadata: {name: client}, spec: {containers: [{name: c, image: pause}]}}',
    );
    await target.until(async () => (await target.get(resources.pods, 'client')).status?.phase === 'Running');
    const node = target.nodes.find(({ name }) => name === 'node-1')!;
    const { nodeName } = (await target.get(resources.pods, 'client')).spec!;
    const expected = target.nodes.find(({ name }) => name === nodeName)!.hostAddress;
    const seen: string[] = [];
    const server = await target.network.listenTcp({ address: '127.0.0.1', port: 9000 }, (stream) => {
      seen.push(stream.remote.address);
      stream.onData = () => {
        stream.write(Buffer.from('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi'));
        stream.end();
      };
    });
    expect((await target.fetch('http://172.18.0.1:9000/', { from: { pod: 'client' } })).body).toBe('hi');
    expect(seen).toEqual([expected]);
    expect(node.hostAddress).toBe('127.0.18.2');
    await server.close();
  });

  it('cleans up after a deletion', async () => {
    const target = await cluster();
    await target.apply(WEB);
    await readyPods(target, 3);
    await target.client.delete(resources.deployments, 'web', {
      namespace: 'default',
      propagationPolicy: 'Background',
    });
    await target.client.delete(resources.services, 'web', { namespace: 'default' });
    await target.until(async () => {
      const left = await Promise.all(
        [resources.pods, resources.replicasets, resources.endpointslices, resources.endpoints].map(
          (resource) => target.client.list(resource, { namespace: 'default' }),
        ),
      );
      const names = left.flatMap(({ items }) => items.map(({ metadata }) => metadata.name));
      return names.every((name) => name === 'kubernetes');
    });
    await target.until(
      async () => !(await target.exec('node-1', ['iptables-save', '-t', 'nat'])).includes('default/web'),
    );
    const { items } = await target.client.list(resources.ipaddresses);
    expect(items.map(({ spec }) => spec!.parentRef!.name).sort()).toEqual(['kube-dns', 'kubernetes']);
  });
});
