import type { PolicyRule, Subject } from '../../../openapi/generated/types.ts';

const RBAC_GROUP = 'rbac.authorization.k8s.io';

/** A role that every cluster has, and who has it. */
export interface DefaultRole {
  readonly name: string;
  readonly rules: readonly PolicyRule[];
  readonly labels?: Readonly<Record<string, string>>;
  /** The label whose bearers' rules it gathers, in place of rules of its own. */
  readonly aggregates?: string;
  readonly subjects?: readonly Subject[];
  /** A Role of this namespace; left out: a ClusterRole. */
  readonly namespace?: string;
  /** The name of its binding; left out: its own. */
  readonly binding?: string;
}

export function user(name: string): Subject {
  return { kind: 'User', apiGroup: RBAC_GROUP, name };
}

export function group(name: string): Subject {
  return { kind: 'Group', apiGroup: RBAC_GROUP, name };
}

export function serviceAccount(name: string): Subject {
  return { kind: 'ServiceAccount', name, namespace: 'kube-system' };
}
