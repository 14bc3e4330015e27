import type { PolicyRule } from '../../openapi/generated/types.ts';
import { compileRule, pathMatcher } from './rule-matcher.ts';

/** One verb on one resource or path: what rules come to when their lists are taken apart. */
interface Grant {
  readonly verb: string;
  readonly group?: string;
  readonly resource?: string;
  readonly resourceName?: string;
  readonly path?: string;
}

/** A role's rules taken apart; beyond it nobody but `escalate` may grant them. */
const MOST_GRANTS = 100_000;

/**
 * The parts of wanted rules that the owned ones do not cover; empty: they may be granted (k8s
 * component-helpers/auth/rbac/validation/policy_comparator.go). A wildcard is covered by a wildcard only.
 */
export function notCovered(wanted: readonly PolicyRule[], owned: readonly PolicyRule[]): PolicyRule[] {
  const covers = owned.map(coverOf);
  const missing: PolicyRule[] = [];
  let count = 0;
  for (const grant of wanted.flatMap(grantsOf)) {
    count++;
    if (count > MOST_GRANTS || !covers.some((cover) => cover(grant))) missing.push(asRule(grant));
  }
  return missing;
}

function grantsOf({
  verbs = [],
  apiGroups = [],
  resources = [],
  resourceNames = [],
  nonResourceURLs = [],
}: PolicyRule): Grant[] {
  const names = resourceNames.length > 0 ? resourceNames : [undefined];
  const size = verbs.length * (apiGroups.length * resources.length * names.length + nonResourceURLs.length);
  if (size > MOST_GRANTS) return [{ verb: '*', group: '*', resource: '*' }];
  return verbs.flatMap((verb) => [
    ...apiGroups.flatMap((group) =>
      resources.flatMap((resource) =>
        names.map((name) => ({
          verb,
          group,
          resource,
          ...(name === undefined ? {} : { resourceName: name }),
        })),
      ),
    ),
    ...nonResourceURLs.map((path) => ({ verb, path })),
  ]);
}

function coverOf(rule: PolicyRule): (grant: Grant) => boolean {
  const matches = compileRule(rule);
  const verbs = new Set(rule.verbs);
  const groups = new Set(rule.apiGroups);
  const resources = new Set(rule.resources);
  const limited = (rule.resourceNames?.length ?? 0) > 0;
  return ({ verb, group, resource, resourceName, path }) => {
    if (verb === '*' && !verbs.has('*')) return false;
    if (path !== undefined) {
      return (
        (verbs.has('*') || verbs.has(verb)) &&
        (rule.nonResourceURLs ?? []).some((own) => own === path || pathMatcher(own)(path))
      );
    }
    if (group === '*' && !groups.has('*')) return false;
    if (resource === '*' && !resources.has('*')) return false;
    if (limited && resourceName === undefined) return false;
    const [plain = '', subresource = ''] = (resource ?? '').split('/');
    return matches({
      user: NOBODY,
      verb,
      path: '',
      fieldSelector: '',
      resource: { group: group ?? '', resource: plain, subresource, namespace: '', name: resourceName ?? '' },
    });
  };
}

const NOBODY = { name: '', groups: [] } as const;

function asRule({ verb, group, resource, resourceName, path }: Grant): PolicyRule {
  if (path !== undefined) return { verbs: [verb], nonResourceURLs: [path] };
  return {
    verbs: [verb],
    apiGroups: [group ?? ''],
    resources: [resource ?? ''],
    ...(resourceName === undefined ? {} : { resourceNames: [resourceName] }),
  };
}

/** Rules that differ in their verbs only, as one; `{APIGroups:["apps"], Resources:["deployments"], Verbs:["get"]}`. */
export function describeRules(rules: readonly PolicyRule[]): string {
  const byTarget = new Map<string, PolicyRule>();
  for (const rule of rules) {
    const { verbs = [], ...target } = rule;
    const key = JSON.stringify(target);
    const known = byTarget.get(key);
    byTarget.set(key, { ...target, verbs: [...(known?.verbs ?? []), ...verbs] });
  }
  return [...byTarget.values()].map(describeRule).sort().join('\n');
}

function describeRule(rule: PolicyRule): string {
  const parts = [
    ['APIGroups', rule.apiGroups],
    ['Resources', rule.resources],
    ['ResourceNames', rule.resourceNames],
    ['NonResourceURLs', rule.nonResourceURLs],
    ['Verbs', rule.verbs],
  ] as const;
  const texts = parts.flatMap(([name, values]) =>
    values?.length ? [`${name}:[${values.map((value) => JSON.stringify(value)).join(' ')}]`] : [],
  );
  return `{${texts.join(', ')}}`;
}
