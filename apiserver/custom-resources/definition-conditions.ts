import type {
  CustomResourceDefinitionCondition as Condition,
  CustomResourceDefinition,
} from '../../openapi/generated/types.ts';

export type ConditionType = 'NamesAccepted' | 'Established' | 'Terminating';

export function conditionOf(
  { status }: CustomResourceDefinition,
  wanted: string | undefined,
): Condition | undefined {
  return status?.conditions?.find(({ type }) => type === wanted);
}

export function hasCondition(crd: CustomResourceDefinition, type: ConditionType): boolean {
  return conditionOf(crd, type)?.status === 'True';
}

/** The conditions with one of them replaced; its time is kept unless its status changes. */
export function withCondition(crd: CustomResourceDefinition, wanted: Condition, now: string): Condition[] {
  const before = conditionOf(crd, wanted.type);
  const lastTransitionTime = before?.status === wanted.status ? before?.lastTransitionTime : now;
  const condition = { ...wanted, lastTransitionTime };
  const others = crd.status?.conditions ?? [];
  return before ? others.map((each) => (each === before ? condition : each)) : [...others, condition];
}
