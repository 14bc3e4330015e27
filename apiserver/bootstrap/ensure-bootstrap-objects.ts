import { deepEqual } from '../../openapi/deep-equal.ts';
import {
  groupVersion,
  type KubernetesObject,
  type ResourceDefinition,
  resources,
} from '../../openapi/resources.ts';
import type { KubeObject, StoredObject } from '../cache/stored-object.ts';
import { StatusError } from '../errors.ts';
import { createObject, type WriteOptions } from '../registry/create-object.ts';
import { updateObject } from '../registry/update-object.ts';
import type { ServerContext } from '../server-context.ts';
import { type BootstrapObject, type BootstrapOptions, bootstrapObjects } from './bootstrap-objects.ts';

const WRITE: WriteOptions = {
  user: { name: 'system:apiserver', groups: ['system:masters'] },
  dryRun: false,
  warnings: [],
  manager: 'kube-apiserver',
};

const RBAC_GROUP = 'rbac.authorization.k8s.io';
const AUTOUPDATE = 'rbac.authorization.kubernetes.io/autoupdate';

/** Where the server is reached may differ from the last run: these follow it. */
const FOLLOWING = new Set(['endpoints', 'endpointslices', 'configmaps']);

/** Makes what is missing and brings what follows the server's address up to date. */
export async function ensureBootstrapObjects(
  context: ServerContext,
  options: BootstrapOptions,
): Promise<void> {
  const all = bootstrapObjects(options);
  const isNamespace = ({ definition }: BootstrapObject): boolean => definition === resources.namespaces;
  for (const each of all.filter(isNamespace)) await ensure(context, each);
  await Promise.all(all.filter((each) => !isNamespace(each)).map((each) => ensure(context, each)));
}

async function ensure(context: ServerContext, { definition, object }: BootstrapObject): Promise<void> {
  const store = context.registry.of(definition);
  const { namespace = '', name = '' } = object.metadata;
  if (!store.cache.get(namespace, name)) {
    await createObject(context, store, typed(definition, object), WRITE).catch(unlessThere);
  } else if (definition.group === RBAC_GROUP) {
    await completeRole(context, definition, object);
  } else if (FOLLOWING.has(definition.resource)) {
    const apply = (current: StoredObject): KubeObject => ({
      ...typed(definition, object),
      metadata: current.copy().metadata,
    });
    await updateObject(context, store, { namespace, name, subresource: '', apply }, WRITE);
  }
}

/** Another server on the same etcd may start at the same time. */
function unlessThere(error: unknown): void {
  if (!(error instanceof StatusError) || error.status.reason !== 'AlreadyExists') throw error;
}

/** A default role or binding lacks nothing, unless somebody said that it should stay as it is. */
async function completeRole(
  context: ServerContext,
  definition: ResourceDefinition,
  wanted: KubernetesObject,
): Promise<void> {
  const store = context.registry.of(definition);
  const { namespace = '', name = '' } = wanted.metadata;
  const current = store.require(namespace, name);
  if (current.object.metadata.annotations?.[AUTOUPDATE] !== 'true') return;
  if (deepEqual(completed(current.object, wanted), current.object)) return;
  const apply = (present: StoredObject): KubeObject => completed(present.copy(), wanted);
  await updateObject(context, store, { namespace, name, subresource: '', apply }, WRITE);
}

/** With the rules and subjects that are missing. */
function completed(present: KubeObject, wanted: KubernetesObject): KubeObject {
  const object: KubeObject = { ...present };
  for (const field of ['rules', 'subjects']) {
    const list = (wanted as unknown as Record<string, unknown>)[field];
    if (!Array.isArray(list)) continue;
    const own = (present[field] ?? []) as unknown[];
    const missing = list.filter((item) => !own.some((each) => deepEqual(each, item)));
    if (missing.length > 0) object[field] = [...own, ...missing];
  }
  return object;
}

function typed(definition: ResourceDefinition, object: KubernetesObject): KubeObject {
  return { ...object, kind: definition.kind, apiVersion: groupVersion(definition) };
}
