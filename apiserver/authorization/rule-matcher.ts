import type { PolicyRule } from '../../openapi/generated/types.ts';
import type { AccessAttributes } from './authorizer.ts';

/** Whether a rule allows what a user wants (k8s pkg/apis/rbac/v1/evaluation_helpers.go). */
export type RuleMatcher = (attributes: AccessAttributes) => boolean;

const ALL = '*';

/** Looks each part up in a set, however long the rule's lists are. */
export function compileRule(rule: PolicyRule): RuleMatcher {
  const verbs = matcherOf(rule.verbs);
  const groups = matcherOf(rule.apiGroups);
  const resources = resourceMatcher(rule.resources);
  const names = rule.resourceNames?.length ? new Set(rule.resourceNames) : undefined;
  const paths = (rule.nonResourceURLs ?? []).map(pathMatcher);
  return ({ verb, resource, path }) => {
    if (!verbs(verb)) return false;
    if (!resource) return paths.some((matches) => matches(path));
    return (
      groups(resource.group) &&
      resources(resource.resource, resource.subresource) &&
      (names === undefined || names.has(resource.name))
    );
  };
}

function matcherOf(values: readonly string[] = []): (value: string) => boolean {
  if (values.includes(ALL)) return () => true;
  const set = new Set(values);
  return (value) => set.has(value);
}

/** `*` is every resource and subresource, and after a slash a subresource: that one of every resource. */
function resourceMatcher(values: readonly string[] = []): (resource: string, subresource: string) => boolean {
  if (values.includes(ALL)) return () => true;
  const set = new Set(values);
  return (resource, subresource) =>
    subresource === ''
      ? set.has(resource)
      : set.has(`${resource}/${subresource}`) || set.has(`${ALL}/${subresource}`);
}

/** A path ending in `*` is a prefix. */
export function pathMatcher(pattern: string): (path: string) => boolean {
  if (pattern === ALL) return () => true;
  if (!pattern.endsWith(ALL)) return (path) => path === pattern;
  const prefix = pattern.slice(0, -1);
  return (path) => path.startsWith(prefix);
}
