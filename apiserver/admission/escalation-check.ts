import { deepEqual } from '../../openapi/deep-equal.ts';
import type { ClusterRole, PolicyRule, RoleBinding } from '../../openapi/generated/types.ts';
import { resources } from '../../openapi/resources.ts';
import type { UserInfo } from '../authentication/user-info.ts';
import type { AccessAttributes, Verdict } from '../authorization/authorizer.ts';
import { describeRules, notCovered } from '../authorization/grantable.ts';
import { type RbacObjects, rulesOfRole } from '../authorization/granted-rules.ts';
import type { RbacAuthorizer } from '../authorization/rbac-authorizer.ts';
import { errors } from '../errors.ts';
import type { AdmissionRequest, AdmissionStep } from './admission.ts';

export interface EscalationContext {
  readonly rbac: RbacAuthorizer;
  readonly objects: RbacObjects;
  readonly authorize: (attributes: AccessAttributes) => Verdict;
}

const EVERYTHING: readonly PolicyRule[] = [
  { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
  { verbs: ['*'], nonResourceURLs: ['*'] },
];

/**
 * Nobody grants what they do not have: a role's rules, or the role that a binding names, must be covered by
 * the writer's own, or the writer has `escalate` or `bind` (k8s pkg/registry/rbac/*\/policybased/storage.go).
 */
export function escalationCheck(context: EscalationContext): AdmissionStep {
  return {
    name: 'EscalationCheck',
    validate(request) {
      const { definition, object } = request;
      if (!object || request.subresource !== '' || request.user.groups.includes('system:masters')) return;
      if (definition === resources.roles || definition === resources.clusterroles)
        checkRole(context, request);
      else if (definition === resources.rolebindings || definition === resources.clusterrolebindings)
        checkBinding(context, request);
    },
  };
}

function checkRole(context: EscalationContext, request: AdmissionRequest): void {
  const role = request.object as unknown as ClusterRole;
  const previous = request.previous as unknown as ClusterRole | undefined;
  if (
    previous &&
    deepEqual(role.rules, previous.rules) &&
    deepEqual(role.aggregationRule, previous.aggregationRule)
  )
    return;
  if (may(context, request, 'escalate', request.definition.resource, request.name)) return;
  const wanted = [...(role.rules ?? [])];
  if (role.aggregationRule && !deepEqual(role.aggregationRule, previous?.aggregationRule))
    wanted.push(...EVERYTHING);
  requireRules(context, request, wanted);
}

function checkBinding(context: EscalationContext, request: AdmissionRequest): void {
  const { roleRef = {}, subjects } = request.object as unknown as RoleBinding;
  const previous = request.previous as unknown as RoleBinding | undefined;
  if (previous && deepEqual(subjects, previous.subjects) && deepEqual(roleRef, previous.roleRef)) return;
  const plural = roleRef.kind === 'ClusterRole' ? 'clusterroles' : 'roles';
  if (may(context, request, 'bind', plural, roleRef.name ?? '')) return;
  const role =
    roleRef.kind === 'ClusterRole'
      ? context.objects.clusterRole(roleRef.name ?? '')
      : context.objects.role(request.namespace, roleRef.name ?? '');
  if (!role) {
    throw errors.notFound({ group: 'rbac.authorization.k8s.io', resource: plural }, roleRef.name ?? '');
  }
  requireRules(context, request, rulesOfRole(roleRef, request.namespace, context.objects));
}

function may(
  { authorize }: EscalationContext,
  { user, namespace }: AdmissionRequest,
  verb: string,
  resource: string,
  name: string,
): boolean {
  return authorize({
    user,
    verb,
    path: '',
    fieldSelector: '',
    resource: { group: 'rbac.authorization.k8s.io', resource, subresource: '', namespace, name },
  }).allowed;
}

function requireRules(
  { rbac }: EscalationContext,
  { user, namespace, definition, name }: AdmissionRequest,
  wanted: readonly PolicyRule[],
): void {
  const { everywhere, byNamespace } = rbac.grants(user);
  const owned = [...everywhere, ...(namespace === '' ? [] : (byNamespace.get(namespace) ?? []))];
  const missing = notCovered(
    wanted,
    owned.map(({ rule }) => rule),
  );
  if (missing.length === 0) return;
  throw errors.forbidden(
    definition,
    name,
    `user ${describeUser(user)} is attempting to grant RBAC permissions not currently held:\n${describeRules(missing)}`,
  );
}

function describeUser({ name, groups }: UserInfo): string {
  return `${JSON.stringify(name)} (groups=[${groups.map((group) => JSON.stringify(group)).join(' ')}])`;
}
