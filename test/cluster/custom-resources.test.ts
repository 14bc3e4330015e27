import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isNotFound } from '../../client/api-error.ts';
import { type Cluster, createCluster } from '../../cluster/create-cluster.ts';
import { customResource } from '../../openapi/resource-definition.ts';
import { type KubernetesObject, resources } from '../../openapi/resources.ts';
import { widget, widgets } from '../apiserver/custom-resources/definitions.ts';

const widgetResource = customResource('example.com', 'v1', 'widgets', { kind: 'Widget' });

let cluster: Cluster;

beforeEach(async () => {
  cluster = await createCluster({ nodes: 1, seed: 5 });
  await cluster.client.create(resources.customresourcedefinitions, widgets() as KubernetesObject);
  await cluster.until(async () => {
    const { status } = await cluster.get(resources.customresourcedefinitions, 'widgets.example.com');
    return (
      status?.conditions?.some(({ type, status: is }) => type === 'Established' && is === 'True') ?? false
    );
  });
});
afterEach(() => cluster.stop());

const gone = (name: string, namespace: string): Promise<void> =>
  cluster.until(() => cluster.client.get(widgetResource, name, { namespace }).then(() => false, isNotFound));

async function make(name: string, namespace: string, owner?: KubernetesObject): Promise<KubernetesObject> {
  const { apiVersion, kind, metadata } = owner ?? { metadata: {} };
  const reference = { apiVersion, kind, name: metadata.name, uid: metadata.uid };
  const object = widget(name, { size: 1 });
  if (owner) object.metadata.ownerReferences = [reference];
  return (await cluster.client.create(widgetResource, object as KubernetesObject, {
    namespace,
  })) as KubernetesObject;
}

describe('the controllers', () => {
  it('collect custom resources whose owners are gone, be they built in or custom', async () => {
    const namespace = 'default';
    const map = { metadata: { name: 'owner', namespace } };
    const owner = await cluster.client.create(resources.configmaps, map, { namespace });
    const first = await make('first', namespace, { apiVersion: 'v1', kind: 'ConfigMap', ...owner });
    await make('second', namespace, { ...first, apiVersion: 'example.com/v1', kind: 'Widget' });
    await make('free', namespace);
    await cluster.client.delete(resources.configmaps, 'owner', { namespace });
    await gone('first', namespace);
    await gone('second', namespace);
    expect(await cluster.client.get(widgetResource, 'free', { namespace })).toMatchObject({
      spec: { size: 1 },
    });
  });

  it('empty a namespace of custom resources', async () => {
    const namespace = 'going';
    await cluster.client.create(resources.namespaces, { metadata: { name: namespace } });
    await make('a', namespace);
    await cluster.client.delete(resources.namespaces, namespace);
    await cluster.until(() => cluster.get(resources.namespaces, namespace).then(() => false, isNotFound));
    expect((await cluster.client.list(widgetResource)).items).toEqual([]);
  });
});
