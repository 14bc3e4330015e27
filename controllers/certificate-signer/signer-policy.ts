import type { CertificateSigningRequestSpec } from '../../openapi/generated/types.ts';
import type { RequestedSubject } from '../../platform/certificate-authority.ts';

const CLIENT = ['digital signature', 'key encipherment', 'client auth'];
const SERVING = ['digital signature', 'key encipherment', 'server auth'];
const NODE_PREFIX = 'system:node:';

type Policy = (subject: RequestedSubject, usages: readonly string[]) => string | undefined;

/** The signers that are served here, and why they would not sign (k8s pkg/controller/certificates/signer). */
const policies: Readonly<Record<string, Policy>> = {
  'kubernetes.io/kube-apiserver-client': (_subject, usages) => usageFault(usages, CLIENT, 'client auth'),
  'kubernetes.io/kube-apiserver-client-kubelet': (subject, usages) =>
    nodeFault(subject) ??
    (names(subject).length > 0 ? 'DNS, IP, email and URI subjectAltNames are not allowed' : undefined) ??
    usageFault(usages, CLIENT, 'client auth'),
  'kubernetes.io/kubelet-serving': (subject, usages) =>
    nodeFault(subject) ??
    (subject.dnsNames.length + subject.addresses.length === 0
      ? 'DNS or IP subjectAltName is required'
      : undefined) ??
    (subject.otherNames.length > 0 ? 'email and URI subjectAltNames are not allowed' : undefined) ??
    usageFault(usages, SERVING, 'server auth'),
};

export function isOwnSigner(signerName: string | undefined): boolean {
  return signerName !== undefined && Object.hasOwn(policies, signerName);
}

/** Undefined: it may be signed. */
export function signerFault(
  { signerName = '', usages = [] }: CertificateSigningRequestSpec,
  subject: RequestedSubject,
): string | undefined {
  return policies[signerName]?.(subject, usages);
}

function names({ dnsNames, addresses, otherNames }: RequestedSubject): readonly string[] {
  return [...dnsNames, ...addresses, ...otherNames];
}

function nodeFault({ commonName, organizations }: RequestedSubject): string | undefined {
  if (organizations.length !== 1 || organizations[0] !== 'system:nodes')
    return 'subject organization is not system:nodes';
  return commonName.startsWith(NODE_PREFIX)
    ? undefined
    : `subject common name does not begin with ${NODE_PREFIX}`;
}

function usageFault(
  usages: readonly string[],
  allowed: readonly string[],
  required: string,
): string | undefined {
  if (!usages.includes(required)) return `usages did not contain ${required}`;
  const other = usages.find((usage) => !allowed.includes(usage));
  return other === undefined ? undefined : `usages contain ${other}, which the signer does not sign`;
}
