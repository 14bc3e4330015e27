import type { Faults } from '../faults.ts';
import type { LabelSelector } from '../generated/types.ts';
import { labelsFaults, labelValueFault, qualifiedNameFault } from './names.ts';

const OPERATORS = ['DoesNotExist', 'Exists', 'In', 'NotIn'] as const;

/** A selector in an object (k8s apimachinery/pkg/apis/meta/v1/validation). */
export function validateLabelSelector(selector: LabelSelector, at: string, faults: Faults): void {
  labelsFaults(selector.matchLabels, `${at}.matchLabels`, faults);
  for (const [index, { key = '', operator = '', values = [] }] of (
    selector.matchExpressions ?? []
  ).entries()) {
    const path = `${at}.matchExpressions[${index}]`;
    const fault = qualifiedNameFault(key);
    if (fault !== undefined) faults.invalid(`${path}.key`, key, fault);
    if (operator === 'In' || operator === 'NotIn') {
      if (values.length === 0)
        faults.required(`${path}.values`, "must be specified when `operator` is 'In' or 'NotIn'");
    } else if (operator === 'Exists' || operator === 'DoesNotExist') {
      if (values.length > 0)
        faults.forbidden(
          `${path}.values`,
          "may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
        );
    } else {
      faults.notSupported(`${path}.operator`, operator, OPERATORS);
    }
    for (const [at2, value] of values.entries()) {
      const problem = labelValueFault(value);
      if (problem !== undefined) faults.invalid(`${path}.values[${at2}]`, value, problem);
    }
  }
}

export function isEmptySelector(selector: LabelSelector): boolean {
  return (
    Object.keys(selector.matchLabels ?? {}).length === 0 && (selector.matchExpressions ?? []).length === 0
  );
}

/** Whether labels satisfy a selector; unknown operators match nothing. */
export function selectorMatches(selector: LabelSelector, labels: Readonly<Record<string, string>>): boolean {
  const has = (key: string): boolean => Object.hasOwn(labels, key);
  const equal = Object.entries(selector.matchLabels ?? {}).every(
    ([key, value]) => has(key) && labels[key] === value,
  );
  return (
    equal &&
    (selector.matchExpressions ?? []).every(({ key = '', operator, values = [] }) => {
      if (operator === 'In') return has(key) && values.includes(labels[key] ?? '');
      if (operator === 'NotIn') return !has(key) || !values.includes(labels[key] ?? '');
      return operator === 'Exists' ? has(key) : operator === 'DoesNotExist' && !has(key);
    })
  );
}
