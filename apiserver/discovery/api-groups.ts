import type { ResourceDefinition } from '../../openapi/resources.ts';
import { byPreference } from '../custom-resources/kube-version.ts';

/** Resources by group and version, in the order of the registry; the core group first. */
export interface GroupVersionResources {
  readonly group: string;
  readonly version: string;
  readonly resources: readonly ResourceDefinition[];
}

const grouped = new WeakMap<readonly ResourceDefinition[], readonly GroupVersionResources[]>();

/** The served group versions; made once for as long as the same resources are served. */
export function groupVersions(definitions: readonly ResourceDefinition[]): readonly GroupVersionResources[] {
  const known = grouped.get(definitions);
  if (known) return known;
  const made = group(definitions);
  grouped.set(definitions, made);
  return made;
}

interface Entry extends GroupVersionResources {
  readonly resources: ResourceDefinition[];
}

/** Built-in versions are in order of preference already; those of custom resources come as they come. */
function group(definitions: readonly ResourceDefinition[]): GroupVersionResources[] {
  const groups = new Map<string, Map<string, Entry>>();
  for (const definition of definitions) {
    const { group, version } = definition;
    const versions = groups.get(group) ?? new Map<string, Entry>();
    const entry = versions.get(version) ?? { group, version, resources: [] };
    entry.resources.push(definition);
    groups.set(group, versions.set(version, entry));
  }
  return [...groups.values()].flatMap((versions) =>
    [...versions.values()].sort((a, b) => byPreference(a.version, b.version)),
  );
}
