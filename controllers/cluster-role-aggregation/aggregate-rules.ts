import { deepEqual } from '../../openapi/deep-equal.ts';
import type { ClusterRole, PolicyRule } from '../../openapi/generated/types.ts';
import { selectorMatches } from '../runtime/label-selector.ts';

/**
 * The rules of the roles that an aggregated role selects, by name, each rule once (k8s
 * pkg/controller/clusterroleaggregation).
 */
export function aggregateRules(role: ClusterRole, all: readonly ClusterRole[]): PolicyRule[] {
  const rules: PolicyRule[] = [];
  for (const selector of role.aggregationRule?.clusterRoleSelectors ?? []) {
    const selected = all
      .filter(({ metadata }) => metadata.name !== role.metadata.name)
      .filter(({ metadata }) => selectorMatches(selector, metadata.labels))
      .sort((a, b) => ((a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1));
    for (const rule of selected.flatMap((each) => each.rules ?? [])) {
      if (!rules.some((known) => deepEqual(known, rule))) rules.push(rule);
    }
  }
  return rules;
}
