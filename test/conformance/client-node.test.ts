import {
  ApiextensionsV1Api,
  AppsV1Api,
  AuthenticationV1Api,
  AuthorizationV1Api,
  CoreV1Api,
  CustomObjectsApi,
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

  it('patches in every way', async () => {
    await core.createNamespacedConfigMap({ namespace, body: configMap('patched', { a: '1', b: '2' }) });
    const patch = (body: object, strategy: string, more: object = {}) =>
      core.patchNamespacedConfigMap(
        { namespace, name: 'patched', body, ...more },
        setHeaderOptions('Content-Type', strategy),
      );
    const json = await patch([{ op: 'remove', path: '/data/a' }], PatchStrategy.JsonPatch);
    expect(json.data).toEqual({ b: '2' });
    const merged = await patch({ data: { b: null, c: '3' } }, PatchStrategy.MergePatch);
    expect(merged.data).toEqual({ c: '3' });
    const strategic = await patch(
      { metadata: { finalizers: ['example.com/hold'] } },
      PatchStrategy.StrategicMergePatch,
    );
    expect(strategic.metadata?.finalizers).toEqual(['example.com/hold']);
    const config = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'patched' }, data: { d: '4' } };
    const applied = await patch(config, PatchStrategy.ServerSideApply, { fieldManager: 'tests' });
    expect(applied.data).toEqual({ c: '3', d: '4' });
    expect(
      applied.metadata?.managedFields?.some(
        ({ manager, operation }) => manager === 'tests' && operation === 'Apply',
      ),
    ).toBe(true);
    const conflict = await patch({ ...config, data: { c: 'x' } }, PatchStrategy.ServerSideApply, {
      fieldManager: 'others',
    }).catch((error: unknown) => error);
    expect(conflict).toMatchObject({ code: 409 });
    await patch([{ op: 'remove', path: '/metadata/finalizers' }], PatchStrategy.JsonPatch);
    await core.deleteNamespacedConfigMap({ namespace, name: 'patched' });
  });

  it('lists with every option', async () => {
    const first = await core.createNamespacedConfigMap({ namespace, body: configMap('option-1') });
    await core.createNamespacedConfigMap({ namespace, body: configMap('option-2') });
    const names = async (options: object): Promise<string[]> => {
      const { items } = await core.listNamespacedConfigMap({ namespace, ...options });
      return items.map(({ metadata }) => metadata?.name ?? '').filter((name) => name.startsWith('option-'));
    };
    expect(await names({ fieldSelector: 'metadata.name=option-2' })).toEqual(['option-2']);
    expect(await names({ fieldSelector: 'metadata.name!=option-2' })).toEqual(['option-1']);
    expect(await names({ labelSelector: 'suite notin (js)' })).toEqual([]);
    const resourceVersion = first.metadata?.resourceVersion;
    expect(await names({ resourceVersion, resourceVersionMatch: 'Exact' })).toEqual(['option-1']);
    expect(await names({ resourceVersion, resourceVersionMatch: 'NotOlderThan' })).toEqual([
      'option-1',
      'option-2',
    ]);
    expect(await names({ resourceVersion: '0' })).toEqual(['option-1', 'option-2']);
    await expect(names({ resourceVersion: '999999999999999' })).rejects.toMatchObject({ code: 504 });
    await expect(names({ labelSelector: '((' })).rejects.toMatchObject({ code: 400 });
  });

  it('deletes with every option', async () => {
    const make = async (name: string): Promise<V1ConfigMap> =>
      core.createNamespacedConfigMap({ namespace, body: configMap(name) });
    const { metadata } = await make('gone');
    await core.deleteNamespacedConfigMap({ namespace, name: 'gone', dryRun: 'All' });
    const wrong = core.deleteNamespacedConfigMap({
      namespace,
      name: 'gone',
      body: { preconditions: { uid: 'x' } },
    });
    await expect(wrong).rejects.toMatchObject({ code: 409 });
    await core.deleteNamespacedConfigMap({
      namespace,
      name: 'gone',
      body: { preconditions: { uid: metadata?.uid ?? '', resourceVersion: metadata?.resourceVersion ?? '' } },
    });
    const owner = await make('owner');
    const owned = (name: string): V1ConfigMap => ({
      metadata: {
        name,
        ownerReferences: [
          {
            apiVersion: 'v1',
            kind: 'ConfigMap',
            name: 'owner',
            uid: owner.metadata?.uid ?? '',
            blockOwnerDeletion: true,
          },
        ],
      },
    });
    await core.createNamespacedConfigMap({ namespace, body: owned('owned') });
    await core.deleteNamespacedConfigMap({ namespace, name: 'owner', propagationPolicy: 'Orphan' });
    await eventually(async () => {
      const orphan = await core.readNamespacedConfigMap({ namespace, name: 'owned' });
      expect(orphan.metadata?.ownerReferences ?? []).toEqual([]);
    });
    const second = await make('owner');
    await core.replaceNamespacedConfigMap({
      namespace,
      name: 'owned',
      body: {
        metadata: {
          name: 'owned',
          ownerReferences: [
            {
              apiVersion: 'v1',
              kind: 'ConfigMap',
              name: 'owner',
              uid: second.metadata?.uid ?? '',
              blockOwnerDeletion: true,
            },
          ],
        },
      },
    });
    await core.deleteNamespacedConfigMap({ namespace, name: 'owner', propagationPolicy: 'Foreground' });
    const isGone = async (name: string): Promise<void> => {
      await expect(core.readNamespacedConfigMap({ namespace, name })).rejects.toMatchObject({ code: 404 });
    };
    await eventually(() => isGone('owner'));
    await isGone('owned');
    await make('many-1');
    await make('many-2');
    await core.deleteCollectionNamespacedConfigMap({ namespace, fieldSelector: 'metadata.name=many-1' });
    await isGone('many-1');
    await core.deleteNamespacedConfigMap({ namespace, name: 'many-2' });
  });

  it('asks who may, for a service account with a token of its own', async () => {
    await core.createNamespacedServiceAccount({ namespace, body: { metadata: { name: 'robot' } } });
    const { status } = await core.createNamespacedServiceAccountToken({
      namespace,
      name: 'robot',
      body: { spec: { audiences: [], expirationSeconds: 600 } },
    });
    const robot = new KubeConfig();
    robot.loadFromClusterAndUser(config.getCurrentCluster()!, { name: 'robot', token: status?.token ?? '' });
    const review = await robot.makeApiClient(AuthenticationV1Api).createSelfSubjectReview({ body: {} });
    expect(review.status?.userInfo?.username).toBe(`system:serviceaccount:${namespace}:robot`);
    const access = await robot.makeApiClient(AuthorizationV1Api).createSelfSubjectAccessReview({
      body: { spec: { resourceAttributes: { namespace, verb: 'list', resource: 'secrets' } } },
    });
    expect(access.status?.allowed).toBe(false);
    await expect(robot.makeApiClient(CoreV1Api).listNamespacedSecret({ namespace })).rejects.toMatchObject({
      code: 403,
    });
  });

  it('scales, and uses a custom resource', async () => {
    const apps = config.makeApiClient(AppsV1Api);
    const labels = { app: 'scaled' };
    await apps.createNamespacedDeployment({
      namespace,
      body: {
        metadata: { name: 'scaled' },
        spec: {
          selector: { matchLabels: labels },
          template: { metadata: { labels }, spec: { containers: [{ name: 'web', image: 'nginx' }] } },
        },
      },
    });
    // The controller writes too: who comes between has to try again.
    await eventually(async () => {
      const scale = await apps.readNamespacedDeploymentScale({ namespace, name: 'scaled' });
      const body = { ...scale, spec: { replicas: 2 } };
      await apps.replaceNamespacedDeploymentScale({ namespace, name: 'scaled', body });
    });
    await eventually(async () => {
      const deployment = await apps.readNamespacedDeployment({ namespace, name: 'scaled' });
      expect(deployment.status?.readyReplicas).toBe(2);
    });
    await apps.deleteNamespacedDeployment({ namespace, name: 'scaled' });
    const schema = {
      type: 'object',
      properties: { spec: { type: 'object', properties: { size: { type: 'integer' } } } },
    };
    await config.makeApiClient(ApiextensionsV1Api).createCustomResourceDefinition({
      body: {
        metadata: { name: 'gadgets.example.com' },
        spec: {
          group: 'example.com',
          scope: 'Namespaced',
          names: { plural: 'gadgets', kind: 'Gadget' },
          versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema } }],
        },
      },
    });
    const custom = config.makeApiClient(CustomObjectsApi);
    const where = { group: 'example.com', version: 'v1', namespace, plural: 'gadgets' };
    const body = {
      apiVersion: 'example.com/v1',
      kind: 'Gadget',
      metadata: { name: 'g' },
      spec: { size: 3, lost: true },
    };
    await eventually(() => custom.createNamespacedCustomObject({ ...where, body }));
    const { items } = await custom.listNamespacedCustomObject(where);
    expect(items).toMatchObject([{ spec: { size: 3 } }]);
    expect(items[0].spec).not.toHaveProperty('lost');
    const bad = custom.createNamespacedCustomObject({ ...where, body: { ...body, spec: { size: 'x' } } });
    await expect(bad).rejects.toMatchObject({ code: 422 });
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
