import type { StoredObject } from '../cache/stored-object.ts';
import type { WatchScope } from '../cache/watcher.ts';
import { parseFieldSelector } from '../selectors/field-selector.ts';
import { parseLabelSelector } from '../selectors/label-selector.ts';
import type { ResourceRequest } from './resource-request.ts';

/** Which objects a list, watch or deletecollection is about. */
export function selectionOf({ store, info, query }: ResourceRequest): WatchScope {
  const { definition, strategy } = store;
  const labels = parseLabelSelector(query.get('labelSelector'));
  const fields = parseFieldSelector(query.get('fieldSelector'), strategy.selectableFields);
  const fieldNamespace = definition.namespaced ? fields?.exact.get('metadata.namespace') : undefined;
  const namespace = info.namespace !== '' ? info.namespace : fieldNamespace;
  return {
    namespace: definition.namespaced ? namespace : undefined,
    name: info.name !== '' ? info.name : fields?.exact.get('metadata.name'),
    trigger: strategy.triggerField === undefined ? undefined : fields?.exact.get(strategy.triggerField),
    matches: matcher(labels, fields?.matches),
  };
}

function matcher(
  labels: ((labels: Readonly<Record<string, string>>) => boolean) | undefined,
  fields: ((object: StoredObject) => boolean) | undefined,
): WatchScope['matches'] {
  if (!labels && !fields) return undefined;
  return (object) => (fields?.(object) ?? true) && (labels?.(object.attributes.labels) ?? true);
}

/** The objects of a scope, from a list of its namespace's. */
export function selected(
  objects: readonly StoredObject[],
  { name, matches }: WatchScope,
): readonly StoredObject[] {
  const named = name === undefined ? objects : objects.filter((object) => object.name === name);
  return matches ? named.filter(matches) : named;
}
