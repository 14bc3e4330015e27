import type * as api from '../generated/types.ts';
import { group, review } from '../resource-definition.ts';
import { APPROVAL, STATUS } from './subresources.ts';

const rbac = group('rbac.authorization.k8s.io', 'v1', 'rbac.v1');
const authentication = group('authentication.k8s.io', 'v1', 'authentication.v1');
const authorization = group('authorization.k8s.io', 'v1', 'authorization.v1');
const certificates = group('certificates.k8s.io', 'v1', 'certificates.v1');

/** Who may do what, and who is who. */
export const accessResources = {
  clusterrolebindings: rbac<api.ClusterRoleBinding>('clusterrolebindings', {
    kind: 'ClusterRoleBinding',
    namespaced: false,
  }),
  clusterroles: rbac<api.ClusterRole>('clusterroles', { kind: 'ClusterRole', namespaced: false }),
  rolebindings: rbac<api.RoleBinding>('rolebindings', { kind: 'RoleBinding' }),
  roles: rbac<api.Role>('roles', { kind: 'Role' }),
  selfsubjectreviews: review(
    authentication<api.SelfSubjectReview>('selfsubjectreviews', {
      kind: 'SelfSubjectReview',
      namespaced: false,
    }),
  ),
  tokenreviews: review(
    authentication<api.TokenReview>('tokenreviews', { kind: 'TokenReview', namespaced: false }),
  ),
  localsubjectaccessreviews: review(
    authorization<api.LocalSubjectAccessReview>('localsubjectaccessreviews', {
      kind: 'LocalSubjectAccessReview',
    }),
  ),
  selfsubjectaccessreviews: review(
    authorization<api.SelfSubjectAccessReview>('selfsubjectaccessreviews', {
      kind: 'SelfSubjectAccessReview',
      namespaced: false,
    }),
  ),
  selfsubjectrulesreviews: review(
    authorization<api.SelfSubjectRulesReview>('selfsubjectrulesreviews', {
      kind: 'SelfSubjectRulesReview',
      namespaced: false,
    }),
  ),
  subjectaccessreviews: review(
    authorization<api.SubjectAccessReview>('subjectaccessreviews', {
      kind: 'SubjectAccessReview',
      namespaced: false,
    }),
  ),
  certificatesigningrequests: certificates<api.CertificateSigningRequest>('certificatesigningrequests', {
    kind: 'CertificateSigningRequest',
    namespaced: false,
    shortNames: ['csr'],
    subresources: [APPROVAL, STATUS],
  }),
} as const;
