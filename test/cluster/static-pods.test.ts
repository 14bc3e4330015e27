import { afterEach, describe, expect, it } from 'vitest';
import { isNotFound } from '../../client/api-error.ts';
import { type Cluster, createCluster } from '../../cluster/create-cluster.ts';
import type { Pod } from '../../openapi/generated/types.ts';
import { resources } from '../../openapi/resources.ts';

const manifest = (spec = '', reply = 'one'): string => `apiVersion: v1
kind: Pod
metadata:
  name: web
  labels: { app: web }
spec:
  ${spec}
  terminationGracePeriodSeconds: 5
  containers:
  - name: web
    image: podwire/echo
    env: [{ name: REPLY, value: ${reply} }]
    ports: [{ containerPort: 8080 }]
`;

const SERVICE = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web' },
  spec: { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 8080 }] },
};

let cluster: Cluster;
afterEach(() => cluster?.stop());

async function startWith(text: string): Promise<void> {
  cluster = await createCluster({ nodes: 2, seed: 1 });
  await cluster.writeManifests('node-1', { 'web.yaml': text });
  await cluster.until(async () => isReady(await mirror()));
}

async function mirror(): Promise<Pod | undefined> {
  try {
    return await cluster.get(resources.pods, 'web-node-1');
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

const isReady = (pod: Pod | undefined): boolean =>
  pod?.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;
const containerId = (pod: Pod | undefined): string | undefined =>
  pod?.status?.containerStatuses?.[0]?.containerID;

describe('a static pod', () => {
  it('runs, is shown by a mirror pod of its node, and is behind Services', async () => {
    await startWith(manifest());
    const pod = await mirror();
    const node = await cluster.client.get(resources.nodes, 'node-1');
    const { annotations = {}, ownerReferences } = pod?.metadata ?? {};
    expect(annotations['kubernetes.io/config.mirror']).toMatch(/^[0-9a-f]{32}$/);
    expect(annotations['kubernetes.io/config.hash']).toBe(annotations['kubernetes.io/config.mirror']);
    expect(annotations['kubernetes.io/config.source']).toBe('file');
    expect(ownerReferences).toEqual([
      { apiVersion: 'v1', kind: 'Node', name: 'node-1', uid: node.metadata.uid, controller: true },
    ]);
    expect(pod?.spec?.serviceAccountName).toBeUndefined();
    expect(pod?.spec?.tolerations).toContainEqual({ operator: 'Exists', effect: 'NoExecute' });
    await cluster.apply([SERVICE]);
    const { clusterIP } = (await cluster.get(resources.services, 'web')).spec ?? {};
    await cluster.until(async () => {
      const answer = await cluster
        .fetch(`http://${clusterIP}/`, { from: { node: 'node-2' } })
        .catch(() => {});
      return answer?.status === 200;
    });
  });

  it('goes on when its mirror pod is deleted, which comes back', async () => {
    await startWith(manifest());
    const before = await mirror();
    await cluster.client.delete(resources.pods, 'web-node-1', { namespace: 'default' });
    await cluster.until(async () => {
      const pod = await mirror();
      return pod?.metadata.uid !== before?.metadata.uid && isReady(pod);
    });
    const after = await mirror();
    expect(containerId(after)).toBe(containerId(before));
    expect(after?.status?.podIP).toBe(before?.status?.podIP);
  });

  it('is another one when its manifest changes, and gone when that is', async () => {
    await startWith(manifest());
    const before = await mirror();
    await cluster.writeManifests('node-1', { 'web.yaml': manifest('', 'two') });
    await cluster.until(async () => {
      const pod = await mirror();
      return pod?.metadata.uid !== before?.metadata.uid && isReady(pod);
    });
    const after = await mirror();
    expect(after?.spec?.containers?.[0]?.env).toEqual([{ name: 'REPLY', value: 'two' }]);
    expect(containerId(after)).not.toBe(containerId(before));
    await cluster.writeManifests('node-1', {});
    await cluster.until(async () => (await mirror()) === undefined);
    expect(await cluster.exec('node-1', ['ip', 'link'])).not.toContain('veth');
  });

  it('on the network of its node has its address', async () => {
    await startWith(manifest('hostNetwork: true'));
    expect((await mirror())?.status?.podIP).toBe('172.18.0.2');
    expect((await cluster.fetch('http://127.0.18.2:8080/')).status).toBe(200);
  });

  it('runs again when its node does, under the mirror pod that was there', async () => {
    await startWith(manifest());
    const before = await mirror();
    await cluster.killNode('node-1');
    await cluster.startNode('node-1');
    await cluster.until(async () => {
      const pod = await mirror();
      return isReady(pod) && containerId(pod) !== containerId(before);
    });
    expect((await mirror())?.metadata.uid).toBe(before?.metadata.uid);
  });

  it('is not made of a manifest that is no pod', async () => {
    cluster = await createCluster({ nodes: 1, seed: 1 });
    const give = (text: string) => cluster.writeManifests('node-1', { 'a.yaml': text });
    await expect(give('kind: Service\napiVersion: v1\n')).rejects.toThrow('a.yaml: it is no Pod of v1');
    await expect(give('{')).rejects.toThrow(/^a\.yaml: yaml: /);
    await expect(
      give('{apiVersion: v1, kind: Pod, metadata: {name: A_}, spec: {containers: []}}'),
    ).rejects.toThrow(/metadata\.name: Invalid value.*spec\.containers: Required value/);
  });
});

it('an orphaned mirror pod is deleted by its node', async () => {
  cluster = await createCluster({ nodes: 1, seed: 1 });
  const containers = [{ name: 'web', image: 'podwire/echo' }];
  const annotations = { 'kubernetes.io/config.mirror': 'f00d' };
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web-node-1', annotations } };
  await cluster.apply([{ ...pod, spec: { nodeName: 'node-1', containers } }] as never);
  await cluster.until(async () => (await mirror()) === undefined);
});
