import { isAlreadyExists, isNotFound } from '../../client/api-error.ts';
import type { ControllerContext } from '../../client/controller-context.ts';
import { objectKey } from '../../client/informer.ts';
import { runQueue } from '../../client/run-queue.ts';
import { resources } from '../../openapi/resources.ts';

export interface ServiceAccountOptions {
  /** PEM of the cluster's certificate authority, published to every namespace. */
  readonly rootCa: string;
}

/** Gives each namespace its `default` ServiceAccount and the ConfigMap `kube-root-ca.crt`, and keeps them. */
export async function startServiceAccount(
  context: ControllerContext,
  options: ServiceAccountOptions,
): Promise<void> {
  const { client, informers, signal } = context;
  const namespaces = informers.for(resources.namespaces);
  const accounts = informers.for(resources.serviceaccounts, { fieldSelector: 'metadata.name=default' });
  const roots = informers.for(resources.configmaps, { fieldSelector: 'metadata.name=kube-root-ca.crt' });
  const data = { 'ca.crt': options.rootCa };

  const queue = runQueue(context, 'service_account', async (namespace) => {
    const owner = namespaces.store.get(namespace);
    if (!owner || owner.metadata.deletionTimestamp !== undefined) return;
    if (!accounts.store.get(`${namespace}/default`)) {
      await client
        .create(resources.serviceaccounts, { metadata: { name: 'default', namespace } }, { namespace })
        .catch(ignorable);
    }
    const root = roots.store.get(`${namespace}/kube-root-ca.crt`);
    if (!root) {
      await client
        .create(
          resources.configmaps,
          { metadata: { name: 'kube-root-ca.crt', namespace }, data },
          { namespace },
        )
        .catch(ignorable);
    } else if (root.data?.['ca.crt'] !== options.rootCa) {
      await client.patch(resources.configmaps, 'kube-root-ca.crt', 'merge', { data }, { namespace });
    }
  });
  namespaces.addHandler({
    onAdd: (namespace) => queue.add(objectKey(namespace)),
    onUpdate: (_, namespace) => queue.add(objectKey(namespace)),
  });
  accounts.addHandler({ onDelete: ({ metadata }) => queue.add(metadata.namespace ?? '') });
  roots.addHandler({
    onUpdate: (_, { metadata }) => queue.add(metadata.namespace ?? ''),
    onDelete: ({ metadata }) => queue.add(metadata.namespace ?? ''),
  });
  await informers.start(signal);
}

/** Somebody else made it, or the namespace is gone. */
function ignorable(error: unknown): void {
  if (!isAlreadyExists(error) && !isNotFound(error)) throw error;
}
