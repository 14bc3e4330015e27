import type { PolicyRule } from '../../../openapi/generated/types.ts';

export const READ = 'get,list,watch';
export const WRITE = 'create,delete,deletecollection,patch,update';

/**
 * Rules in short: verbs and resources, separated by commas. A resource is `pods`, `pods/status`,
 * `deployments.apps`, `deployments.apps/status`, or `*.*` for all of all groups; one rule comes out for each
 * group.
 */
export function allow(verbs: string, resources: string, resourceNames?: readonly string[]): PolicyRule[] {
  const byGroup = new Map<string, string[]>();
  for (const text of resources.split(',')) {
    const [qualified = '', subresource] = text.split('/');
    const [resource = '', ...group] = qualified.split('.');
    const name = subresource === undefined ? resource : `${resource}/${subresource}`;
    const key = group.join('.');
    byGroup.set(key, [...(byGroup.get(key) ?? []), name]);
  }
  return [...byGroup].map(([group, names]) => ({
    verbs: verbs.split(','),
    apiGroups: [group],
    resources: names,
    ...(resourceNames ? { resourceNames: [...resourceNames] } : {}),
  }));
}

/** A rule about paths that name no resource. */
export function allowPaths(...nonResourceURLs: readonly string[]): PolicyRule[] {
  return [{ verbs: ['get'], nonResourceURLs: [...nonResourceURLs] }];
}

/** What everyone who reports events needs. */
export const WRITE_EVENTS: readonly PolicyRule[] = allow(
  'create,patch,update',
  'events,events.events.k8s.io',
);
