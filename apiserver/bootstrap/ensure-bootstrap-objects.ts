import { groupVersion, type KubernetesObject, type ResourceDefinition } from '../../openapi/resources.ts';
import type { KubeObject, StoredObject } from '../cache/stored-object.ts';
import { createObject, type WriteOptions } from '../registry/create-object.ts';
import { updateObject } from '../registry/update-object.ts';
import type { ServerContext } from '../server-context.ts';
import { type BootstrapOptions, bootstrapObjects } from './bootstrap-objects.ts';

const WRITE: WriteOptions = {
  user: { name: 'system:apiserver', groups: ['system:masters'] },
  dryRun: false,
  warnings: [],
  manager: 'kube-apiserver',
};

/** Where the server is reached may differ from the last run: these follow it. */
const FOLLOWING = new Set(['endpoints', 'endpointslices']);

/** Makes what is missing and brings what follows the server's address up to date. */
export async function ensureBootstrapObjects(
  context: ServerContext,
  options: BootstrapOptions,
): Promise<void> {
  for (const { definition, object } of bootstrapObjects(options)) {
    const store = context.registry.of(definition);
    const { namespace = '', name = '' } = object.metadata;
    if (!store.cache.get(namespace, name)) {
      await createObject(context, store, typed(definition, object), WRITE);
    } else if (FOLLOWING.has(definition.resource)) {
      const apply = (current: StoredObject): KubeObject => ({
        ...typed(definition, object),
        metadata: current.copy().metadata,
      });
      await updateObject(context, store, { namespace, name, subresource: '', apply }, WRITE);
    }
  }
}

function typed(definition: ResourceDefinition, object: KubernetesObject): KubeObject {
  return { ...object, kind: definition.kind, apiVersion: groupVersion(definition) };
}
