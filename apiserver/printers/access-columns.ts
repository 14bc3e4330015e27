import type { CertificateSigningRequest, RoleBinding } from '../../openapi/generated/types.ts';
import type { KubeObject } from '../cache/stored-object.ts';
import { ageColumn, type Column, column, nameColumn, shortDuration, wide } from './column.ts';

export const createdAtColumn = column<KubeObject>(
  'Created At',
  ({ metadata }) => metadata.creationTimestamp ?? '<unknown>',
);

const subjects =
  (kind: string) =>
  (binding: RoleBinding): string =>
    (binding.subjects ?? [])
      .filter((subject) => subject.kind === kind)
      .map(({ name, namespace }) => (kind === 'ServiceAccount' ? `${namespace}/${name}` : name))
      .join(', ');

const bindingColumns: readonly Column[] = [
  nameColumn,
  column<RoleBinding>('Role', ({ roleRef }) => `${roleRef?.kind}/${roleRef?.name}`),
  ageColumn,
  wide<RoleBinding>('Users', subjects('User')),
  wide<RoleBinding>('Groups', subjects('Group')),
  wide<RoleBinding>('ServiceAccounts', subjects('ServiceAccount')),
];

export const accessColumns: Readonly<Record<string, readonly Column[]>> = {
  'roles.rbac.authorization.k8s.io': [nameColumn, createdAtColumn],
  'clusterroles.rbac.authorization.k8s.io': [nameColumn, createdAtColumn],
  'rolebindings.rbac.authorization.k8s.io': bindingColumns,
  'clusterrolebindings.rbac.authorization.k8s.io': bindingColumns,
  'certificatesigningrequests.certificates.k8s.io': [
    nameColumn,
    ageColumn,
    column<CertificateSigningRequest>('SignerName', ({ spec }) => spec?.signerName ?? '<none>'),
    column<CertificateSigningRequest>('Requestor', ({ spec }) => spec?.username),
    column<CertificateSigningRequest>('RequestedDuration', ({ spec }) =>
      spec?.expirationSeconds === undefined ? '<none>' : shortDuration(spec.expirationSeconds * 1000),
    ),
    column<CertificateSigningRequest>('Condition', requestCondition),
  ],
};

/** `Approved,Issued`, as kubectl says it. */
function requestCondition({ status }: CertificateSigningRequest): string {
  const types = new Set((status?.conditions ?? []).map(({ type }) => type));
  const decided = types.has('Denied') ? 'Denied' : types.has('Approved') ? 'Approved' : 'Pending';
  const parts = [
    decided,
    ...(types.has('Failed') ? ['Failed'] : []),
    ...(status?.certificate ? ['Issued'] : []),
  ];
  return parts.join(',');
}
