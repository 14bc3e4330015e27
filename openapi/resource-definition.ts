import type { MessageKey } from './field-table.ts';
import type * as api from './generated/types.ts';

/** What every stored object has. */
export interface KubernetesObject {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata: api.ObjectMeta;
}

/** A path below an object, such as `status`; its body may be of another kind. */
export interface SubresourceDefinition {
  readonly name: string;
  /** Left out: the kind of the resource itself. */
  readonly kind?: string;
  readonly group?: string;
  readonly version?: string;
  readonly verbs: readonly string[];
  readonly message?: MessageKey;
}

/**
 * Everything that the API's machinery knows of one resource: an entry here is what adds a kind. Discovery,
 * routes, schemas, protobuf and typed clients follow from it.
 */
export interface ResourceDefinition<T extends KubernetesObject = KubernetesObject> {
  readonly group: string;
  readonly version: string;
  /** The plural, as in paths. */
  readonly resource: string;
  readonly singular: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly verbs: readonly string[];
  readonly subresources: readonly SubresourceDefinition[];
  /** The kind's message in the field table. */
  readonly message: MessageKey;
  /**
   * The definition whose objects these are under another version or group; left out for one that is stored
   * as it is. See registry/conversions.ts.
   */
  readonly storedAs?: ResourceDefinition;
  /** False for a review: it is answered, never stored. */
  readonly stored: boolean;
  /** metadata.generation counts the changes of everything but metadata and status. */
  readonly generation: boolean;
  /** Only for the type checker: never set. */
  readonly object?: T;
}

/** The object type of a resource: `ResourceObject<typeof resources.pods>` is `Pod`. */
export type ResourceObject<R extends ResourceDefinition> = R extends ResourceDefinition<infer T> ? T : never;

const ALL_VERBS = [
  'create',
  'delete',
  'deletecollection',
  'get',
  'list',
  'patch',
  'update',
  'watch',
] as const;

/** The verbs of a resource that is going away. */
const LAST_VERBS = ['delete', 'deletecollection', 'get', 'list', 'watch'] as const;

/** The `message` of a custom resource begins with this: its schema is not in the field table. */
const CUSTOM = 'custom:';

/** What is said of a resource where it differs from the usual. */
interface Entry {
  readonly kind: string;
  readonly namespaced?: boolean;
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  readonly subresources?: readonly SubresourceDefinition[];
  readonly generation?: boolean;
  readonly singular?: string;
  readonly storedAs?: ResourceDefinition;
}

/** Declares the resources of one group-version; `pkg` is its package in the field table. */
export function group(name: string, version: string, pkg: string) {
  return <T extends KubernetesObject>(resource: string, entry: Entry): ResourceDefinition<T> => ({
    group: name,
    version,
    resource,
    singular: entry.singular ?? entry.kind.toLowerCase(),
    kind: entry.kind,
    namespaced: entry.namespaced ?? true,
    shortNames: entry.shortNames ?? [],
    categories: entry.categories ?? [],
    verbs: ALL_VERBS,
    subresources: entry.subresources ?? [],
    message: `${pkg}.${entry.kind}`,
    generation: entry.generation ?? false,
    stored: true,
    ...(entry.storedAs ? { storedAs: entry.storedAs } : {}),
  });
}

/** A version of a custom resource. */
export function customResource(
  name: string,
  version: string,
  resource: string,
  entry: Entry & { readonly isTerminating?: boolean },
): ResourceDefinition {
  const pkg = [...name.split('.').reverse(), version].join('.');
  const definition = group(name, version, `${CUSTOM}${pkg}`)(resource, { ...entry, generation: true });
  return entry.isTerminating ? { ...definition, verbs: LAST_VERBS } : definition;
}

/** The name that a custom resource's schema has in documents; undefined for a kind of the field table. */
export function customSchemaName(message: MessageKey): string | undefined {
  return message.startsWith(CUSTOM) ? message.slice(CUSTOM.length) : undefined;
}

/** A kind that is only ever created, to be answered with what the server says about it. */
export function review<T extends KubernetesObject>(definition: ResourceDefinition<T>): ResourceDefinition<T> {
  return { ...definition, verbs: ['create'], stored: false };
}

/** `v1` or `apps/v1`. */
export function groupVersion({ group, version }: { group: string; version: string }): string {
  return group === '' ? version : `${group}/${version}`;
}

/** `pods` or `deployments.apps`, as messages name a resource. */
export function groupResource({ group, resource }: { group: string; resource: string }): string {
  return group === '' ? resource : `${resource}.${group}`;
}
