import type { ResourceDefinition } from '../../openapi/resources.ts';
import { groupVersions } from './api-groups.ts';

type Definitions = readonly ResourceDefinition[];

/** `/api`. */
export function apiVersions(serverAddress: string): object {
  return {
    kind: 'APIVersions',
    versions: ['v1'],
    serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress }],
  };
}

/** `/apis`. */
export function apiGroupList(definitions: Definitions): object {
  return { kind: 'APIGroupList', apiVersion: 'v1', groups: groups(definitions).map(groupBody) };
}

/** `/apis/<group>`; undefined for a group that is not served. */
export function apiGroup(definitions: Definitions, name: string): object | undefined {
  const group = groups(definitions).find((each) => each.name === name);
  return group && { kind: 'APIGroup', apiVersion: 'v1', ...groupBody(group) };
}

/** `/api/v1` and `/apis/<group>/<version>`; undefined for what is not served. */
export function apiResourceList(
  definitions: Definitions,
  group: string,
  version: string,
): object | undefined {
  const found = groupVersions(definitions).find((each) => each.group === group && each.version === version);
  return (
    found && {
      kind: 'APIResourceList',
      ...(group === '' ? {} : { apiVersion: 'v1' }),
      groupVersion: group === '' ? version : `${group}/${version}`,
      resources: found.resources.flatMap(apiResources),
    }
  );
}

interface Group {
  readonly name: string;
  readonly versions: readonly string[];
}

function groups(definitions: Definitions): Group[] {
  const names = new Map<string, string[]>();
  for (const { group, version } of groupVersions(definitions)) {
    if (group !== '') names.set(group, [...(names.get(group) ?? []), version]);
  }
  return [...names].map(([name, versions]) => ({ name, versions }));
}

function groupBody({ name, versions }: Group): object {
  const all = versions.map((version) => ({ groupVersion: `${name}/${version}`, version }));
  return { name, versions: all, preferredVersion: all[0] };
}

function apiResources(definition: ResourceDefinition): object[] {
  const { resource, singular, namespaced, kind, verbs, shortNames, categories } = definition;
  const main = {
    name: resource,
    singularName: singular,
    namespaced,
    kind,
    verbs,
    ...(shortNames.length > 0 ? { shortNames } : {}),
    ...(categories.length > 0 ? { categories } : {}),
  };
  const parts = definition.subresources.map((each) => ({
    name: `${resource}/${each.name}`,
    singularName: '',
    namespaced,
    // Only a kind of another group version says which; kubectl drain looks for Eviction's.
    ...(each.group === undefined ? {} : { group: each.group, version: each.version }),
    kind: each.kind ?? kind,
    verbs: each.verbs,
  }));
  return [main, ...parts];
}
