import type { LabelSelector, LabelSelectorRequirement } from '../../openapi/generated/types.ts';

type Labels = Readonly<Record<string, string>>;

/** Whether labels match a selector; an empty selector matches everything (k8s apimachinery LabelSelector). */
export function selectorMatches(selector: LabelSelector, labels: Labels = {}): boolean {
  return (
    labelsMatch(selector.matchLabels ?? {}, labels) &&
    (selector.matchExpressions ?? []).every((requirement) => requirementHolds(requirement, labels))
  );
}

/** Whether every wanted label is there: a Service's or a ReplicationController's plain selector. */
export function labelsMatch(wanted: Labels, labels: Labels = {}): boolean {
  for (const key in wanted) if (labels[key] !== wanted[key]) return false;
  return true;
}

/** One requirement; an operator that is not known holds for nothing. */
export function requirementHolds(requirement: LabelSelectorRequirement, labels: Labels): boolean {
  const value = labels[requirement.key ?? ''];
  const values = requirement.values ?? [];
  switch (requirement.operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'Gt':
      return value !== undefined && Number(value) > Number(values[0]);
    case 'Lt':
      return value !== undefined && Number(value) < Number(values[0]);
    default:
      return false;
  }
}
