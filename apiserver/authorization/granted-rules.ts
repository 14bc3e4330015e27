import type {
  ClusterRole,
  ClusterRoleBinding,
  PolicyRule,
  Role,
  RoleBinding,
  RoleRef,
  Subject,
} from '../../openapi/generated/types.ts';
import type { UserInfo } from '../authentication/user-info.ts';
import { compileRule, type RuleMatcher } from './rule-matcher.ts';
import { describeSubject, isSubject } from './subject.ts';

/** The objects that say who may do what. */
export interface RbacObjects {
  role(namespace: string, name: string): Role | undefined;
  clusterRole(name: string): ClusterRole | undefined;
  roleBindings(): readonly RoleBinding[];
  clusterRoleBindings(): readonly ClusterRoleBinding[];
}

/** A rule that a user has, and by which binding. */
export interface GrantedRule {
  readonly rule: PolicyRule;
  readonly matches: RuleMatcher;
  readonly reason: string;
}

/** What a user has everywhere, and in each namespace besides. */
export interface Grants {
  readonly everywhere: readonly GrantedRule[];
  readonly byNamespace: ReadonlyMap<string, readonly GrantedRule[]>;
}

/** All rules of a user. A binding whose role is missing gives nothing. */
export function grantsOf(user: UserInfo, objects: RbacObjects): Grants {
  const everywhere: GrantedRule[] = [];
  for (const binding of objects.clusterRoleBindings())
    everywhere.push(...granted(binding, user, '', objects));
  const byNamespace = new Map<string, GrantedRule[]>();
  for (const binding of objects.roleBindings()) {
    const { namespace = '' } = binding.metadata;
    const rules = granted(binding, user, namespace, objects);
    if (rules.length > 0) byNamespace.set(namespace, [...(byNamespace.get(namespace) ?? []), ...rules]);
  }
  return { everywhere, byNamespace };
}

function granted(
  { metadata, roleRef, subjects = [] }: RoleBinding,
  user: UserInfo,
  namespace: string,
  objects: RbacObjects,
): GrantedRule[] {
  const subject = subjects.find((each) => isSubject(each, user, namespace));
  if (!subject || !roleRef) return [];
  const reason = reasonOf(metadata.name ?? '', roleRef, subject, namespace);
  return rulesOfRole(roleRef, namespace, objects).map((rule) => ({
    rule,
    matches: compileRule(rule),
    reason,
  }));
}

/** The rules of the role that a binding names. */
export function rulesOfRole(
  { kind, name = '' }: RoleRef,
  namespace: string,
  objects: RbacObjects,
): readonly PolicyRule[] {
  const role = kind === 'ClusterRole' ? objects.clusterRole(name) : objects.role(namespace, name);
  return role?.rules ?? [];
}

/** As k8s plugin/pkg/auth/authorizer/rbac/rbac.go words it. */
function reasonOf(
  binding: string,
  { kind, name = '' }: RoleRef,
  subject: Subject,
  namespace: string,
): string {
  const where =
    namespace === ''
      ? `ClusterRoleBinding ${JSON.stringify(binding)}`
      : `RoleBinding ${JSON.stringify(`${binding}/${namespace}`)}`;
  const role = kind === 'Role' ? `${name}/${namespace}` : name;
  return `RBAC: allowed by ${where} of ${kind} ${JSON.stringify(role)} to ${describeSubject(subject, namespace)}`;
}
