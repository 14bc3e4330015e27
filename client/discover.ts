import { customResource } from '../openapi/resource-definition.ts';
import { allResources, type ResourceDefinition } from '../openapi/resources.ts';
import type { RestClient } from './rest-client.ts';

/** apidiscovery.k8s.io/v2, as far as it is needed here. */
interface GroupDiscoveryList {
  readonly items: readonly {
    readonly metadata: { readonly name?: string };
    readonly versions: readonly {
      readonly version: string;
      readonly resources?: readonly {
        readonly resource: string;
        readonly scope: string;
        readonly verbs: readonly string[];
        readonly responseKind?: { readonly kind: string };
      }[];
    }[];
  }[];
}

const AGGREGATED = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';

/**
 * The resources that the server has beyond the built-in ones, such as custom resources, each in the version
 * that the server prefers.
 */
export async function discoverOthers(client: RestClient): Promise<readonly ResourceDefinition[]> {
  const { items } = await client.raw<GroupDiscoveryList>('GET', '/apis', undefined, AGGREGATED);
  const found = new Map<string, ResourceDefinition>();
  for (const { metadata, versions } of items) {
    const group = metadata.name ?? '';
    for (const { version, resources = [] } of versions) {
      for (const { resource, scope, verbs, responseKind } of resources) {
        const key = `${resource}.${group}`;
        if (BUILT_IN.has(key) || found.has(key)) continue;
        const kind = responseKind?.kind ?? '';
        const definition = customResource(group, version, resource, {
          kind,
          namespaced: scope === 'Namespaced',
        });
        found.set(key, { ...definition, verbs });
      }
    }
  }
  return [...found.values()];
}

const BUILT_IN: ReadonlySet<string> = new Set(
  allResources.map(({ group, resource }) => `${resource}.${group}`),
);
