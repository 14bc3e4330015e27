import type { ResourceDefinition, SubresourceDefinition } from '../../openapi/resources.ts';
import { type GroupVersionResources, groupVersions } from './api-groups.ts';

/** `/api` and `/apis` in one answer each (KEP-3352, apidiscovery.k8s.io/v2 and v2beta1). */
export function aggregatedDiscovery(
  definitions: readonly ResourceDefinition[],
  root: 'api' | 'apis',
  version: 'v2' | 'v2beta1',
): object {
  const served = groupVersions(definitions).filter(({ group }) => (group === '') === (root === 'api'));
  const groups = new Map<string, object[]>();
  for (const entry of served) {
    const versions = groups.get(entry.group) ?? [];
    versions.push(versionDiscovery(entry));
    groups.set(entry.group, versions);
  }
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: `apidiscovery.k8s.io/${version}`,
    metadata: {},
    items: [...groups].map(([name, versions]) => ({
      metadata: { ...(name === '' ? {} : { name }), creationTimestamp: null },
      versions,
    })),
  };
}

function versionDiscovery({ version, resources }: GroupVersionResources): object {
  return { version, resources: resources.map(resourceDiscovery), freshness: 'Current' };
}

function resourceDiscovery(definition: ResourceDefinition): object {
  const { group, version, kind, resource, namespaced, singular, verbs, shortNames, categories } = definition;
  return {
    resource,
    responseKind: { group, version, kind },
    scope: namespaced ? 'Namespaced' : 'Cluster',
    singularResource: singular,
    verbs,
    ...(shortNames.length > 0 ? { shortNames } : {}),
    ...(categories.length > 0 ? { categories } : {}),
    ...(definition.subresources.length > 0
      ? { subresources: definition.subresources.map((each) => subresourceDiscovery(definition, each)) }
      : {}),
  };
}

function subresourceDiscovery(definition: ResourceDefinition, subresource: SubresourceDefinition): object {
  const { name, verbs } = subresource;
  return {
    subresource: name,
    responseKind: {
      group: subresource.group ?? definition.group,
      version: subresource.version ?? definition.version,
      kind: subresource.kind ?? definition.kind,
    },
    verbs,
  };
}
