import { deepEqual } from '../../openapi/deep-equal.ts';
import type {
  CustomResourceDefinitionCondition as Condition,
  CustomResourceDefinition,
  CustomResourceDefinitionNames as Names,
  CustomResourceDefinitionStatus as Status,
} from '../../openapi/generated/types.ts';
import { approvalCondition } from '../../openapi/kinds/custom-resource-definition/api-approval.ts';
import { conditionOf, hasCondition, withCondition } from './definition-conditions.ts';
import type { NameSpace } from './taken-names.ts';

/** Whether another definition of the group has a name. */
type IsTaken = (space: NameSpace, name: string) => boolean;

/**
 * What a definition's status must say, given the names that others have: which of its names it gets, and whether
 * it is established, which it stays (k8s apiextensions-apiserver pkg/controller/status/naming_controller.go,
 * pkg/controller/establish). Undefined when the status says it already.
 */
export function statusOf(crd: CustomResourceDefinition, isTaken: IsTaken, now: string): Status | undefined {
  const { acceptedNames, condition } = accept(crd, isTaken);
  const wanted = [condition, ...establishedCondition(crd, condition), approvalCondition(crd)];
  let next: CustomResourceDefinition = { ...crd, status: { ...crd.status, acceptedNames } };
  for (const each of wanted) {
    if (each) next = { ...next, status: { ...next.status, conditions: withCondition(next, each, now) } };
  }
  return deepEqual(next.status, crd.status) ? undefined : next.status;
}

/** Every name that is free is given, even where another is not. */
function accept(
  crd: CustomResourceDefinition,
  isTaken: IsTaken,
): { acceptedNames: Names; condition: Condition } {
  const wanted = crd.spec?.names ?? {};
  const acceptedNames: Names = { ...crd.status?.acceptedNames };
  let conflict: Condition | undefined;
  const claim = (field: 'plural' | 'singular' | 'kind' | 'listKind', reason: string): void => {
    const name = wanted[field] ?? '';
    const space = field === 'kind' || field === 'listKind' ? 'kind' : 'resource';
    if (name === acceptedNames[field] || !isTaken(space, name)) acceptedNames[field] = name;
    else conflict = refusal(reason, [name]);
  };
  claim('plural', 'PluralConflict');
  claim('singular', 'SingularConflict');
  const clashes = (wanted.shortNames ?? []).filter(
    (name) => !acceptedNames.shortNames?.includes(name) && isTaken('resource', name),
  );
  if (clashes.length > 0) conflict = refusal('ShortNamesConflict', clashes);
  else setOrDelete(acceptedNames, 'shortNames', wanted.shortNames);
  claim('kind', 'KindConflict');
  claim('listKind', 'ListKindConflict');
  setOrDelete(acceptedNames, 'categories', wanted.categories);
  return { acceptedNames, condition: conflict ?? ACCEPTED };
}

function setOrDelete(names: Names, field: 'shortNames' | 'categories', value: string[] | undefined): void {
  if (value) names[field] = value;
  else delete names[field];
}

const ACCEPTED: Condition = {
  type: 'NamesAccepted',
  status: 'True',
  reason: 'NoConflicts',
  message: 'no conflicts found',
};

function refusal(reason: string, names: readonly string[]): Condition {
  const texts = names.map((name) => `${JSON.stringify(name)} is already in use`);
  const message = texts.length === 1 ? texts[0]! : `[${texts.join(', ')}]`;
  return { type: 'NamesAccepted', status: 'False', reason, message };
}

function establishedCondition(crd: CustomResourceDefinition, names: Condition): Condition[] {
  if (hasCondition(crd, 'Established')) return [];
  if (names.status === 'True') {
    return [
      {
        type: 'Established',
        status: 'True',
        reason: 'InitialNamesAccepted',
        message: 'the initial names have been accepted',
      },
    ];
  }
  if (conditionOf(crd, 'Established')) return [];
  return [
    {
      type: 'Established',
      status: 'False',
      reason: 'NotAccepted',
      message: 'not all names are accepted',
    },
  ];
}
