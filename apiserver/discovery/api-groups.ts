import { allResources, type ResourceDefinition } from '../../openapi/resources.ts';

/** Resources by group and version, in the order of the registry; the core group first. */
export interface GroupVersionResources {
  readonly group: string;
  readonly version: string;
  readonly resources: readonly ResourceDefinition[];
}

export function groupVersions(): readonly GroupVersionResources[] {
  const groups = new Map<string, { group: string; version: string; resources: ResourceDefinition[] }>();
  for (const definition of allResources) {
    const { group, version } = definition;
    const key = `${group}/${version}`;
    const entry = groups.get(key) ?? { group, version, resources: [] };
    entry.resources.push(definition);
    groups.set(key, entry);
  }
  return [...groups.values()];
}
