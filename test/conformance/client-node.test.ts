import {
  CoreV1Api,
  KubeConfig,
  makeInformer,
  PatchStrategy,
  setHeaderOptions,
  type V1ConfigMap,
  Watch,
} from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../integration/eventually.ts';
import { RunningCluster } from '../integration/running-cluster.ts';

let cluster: RunningCluster;
let config: KubeConfig;
let core: CoreV1Api;
const namespace = 'default';

beforeAll(async () => {
  cluster = await RunningCluster.start('127.0.63.0/24', ['--nodes=1']);
  config = new KubeConfig();
  config.loadFromFile(cluster.state.kubeconfig);
  core = config.makeApiClient(CoreV1Api);
});
afterAll(() => cluster?.stop());

const configMap = (name: string, data: Record<string, string> = {}): V1ConfigMap => ({
  metadata: { name, labels: { suite: 'js' } },
  data,
});

describe('the official JavaScript client', () => {
  it('creates, reads, replaces, patches and deletes', async () => {
    const created = await core.createNamespacedConfigMap({ namespace, body: configMap('plain', { a: '1' }) });
    expect(created.metadata?.uid).toBeTruthy();
    const replaced = await core.replaceNamespacedConfigMap({
      namespace,
      name: 'plain',
      body: { ...created, data: { a: '2' } },
    });
    expect(replaced.data).toEqual({ a: '2' });
    const patched = await core.patchNamespacedConfigMap(
      { namespace, name: 'plain', body: { data: { b: '3' } } },
      setHeaderOptions('Content-Type', PatchStrategy.MergePatch),
    );
    expect(patched.data).toEqual({ a: '2', b: '3' });
    await core.deleteNamespacedConfigMap({ namespace, name: 'plain' });
    await expect(core.readNamespacedConfigMap({ namespace, name: 'plain' })).rejects.toMatchObject({
      code: 404,
    });
  });

  it('lists by label and page by page', async () => {
    for (let index = 0; index < 5; index++) {
      await core.createNamespacedConfigMap({ namespace, body: configMap(`page-${index}`) });
    }
    const seen: string[] = [];
    let next: string | undefined;
    do {
      const page = await core.listNamespacedConfigMap({
        namespace,
        labelSelector: 'suite=js',
        limit: 2,
        ...(next === undefined ? {} : { _continue: next }),
      });
      seen.push(...page.items.map(({ metadata }) => metadata?.name ?? ''));
      next = page.metadata?._continue || undefined;
    } while (next !== undefined);
    expect(seen).toEqual(['page-0', 'page-1', 'page-2', 'page-3', 'page-4']);
  });

  it('watches', async () => {
    const events: string[] = [];
    const watch = new Watch(config);
    const aborted = await watch.watch(
      `/api/v1/namespaces/${namespace}/configmaps`,
      { fieldSelector: 'metadata.name=watched' },
      (phase) => events.push(phase),
      () => {},
    );
    await core.createNamespacedConfigMap({ namespace, body: configMap('watched') });
    await core.deleteNamespacedConfigMap({ namespace, name: 'watched' });
    await eventually(() => expect(events).toEqual(['ADDED', 'DELETED']));
    aborted.abort();
  });

  it('keeps an informer up to date', async () => {
    const informer = makeInformer(config, `/api/v1/namespaces/${namespace}/configmaps`, () =>
      core.listNamespacedConfigMap({ namespace }),
    );
    const names = new Set<string>();
    informer.on('add', ({ metadata }) => names.add(metadata?.name ?? ''));
    informer.on('delete', ({ metadata }) => names.delete(metadata?.name ?? ''));
    await informer.start();
    await core.createNamespacedConfigMap({ namespace, body: configMap('informed') });
    await eventually(() => expect(names).toContain('informed'));
    await core.deleteNamespacedConfigMap({ namespace, name: 'informed' });
    await eventually(() => expect(names).not.toContain('informed'));
    await informer.stop();
  });

  it('is told in Kubernetes own form what is wrong', async () => {
    const body = { metadata: { name: 'Not A Name' } };
    const failure = await core
      .createNamespacedConfigMap({ namespace, body })
      .catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 422 });
    expect(String((failure as { body?: unknown }).body)).toContain('metadata.name');
  });
});
