import type { CertificateSigningRequest } from '../../openapi/generated/types.ts';
import { resources } from '../../openapi/resources.ts';
import type { AccessAttributes, Verdict } from '../authorization/authorizer.ts';
import { errors } from '../errors.ts';
import type { AdmissionRequest, AdmissionStep } from './admission.ts';

const CLIENT_SIGNER = 'kubernetes.io/kube-apiserver-client';

/**
 * A request says who made it; only whom a signer's rules name approves or signs; nobody asks for
 * `system:masters` (k8s plugin/pkg/admission/certificates).
 */
export function certificateRequests(authorize: (attributes: AccessAttributes) => Verdict): AdmissionStep {
  return {
    name: 'CertificateRequests',
    mutate({ operation, definition, subresource, object, user }) {
      if (!isRequest(definition, subresource, '') || operation !== 'CREATE') return;
      const request = object as unknown as CertificateSigningRequest;
      const { name, uid, groups, extra } = user;
      const { request: pem, signerName, expirationSeconds, usages } = request.spec ?? {};
      request.spec = {
        ...definedOnly({ request: pem, signerName, expirationSeconds, usages }),
        username: name,
        groups: [...groups],
        ...(uid ? { uid } : {}),
        ...(extra ? { extra: copyLists(extra) } : {}),
      };
    },
    validate(request) {
      const { operation, definition, subresource } = request;
      if (isRequest(definition, subresource, 'approval')) requireVerb(authorize, request, 'approve');
      else if (isRequest(definition, subresource, 'status') && signs(request))
        requireVerb(authorize, request, 'sign');
      else if (isRequest(definition, subresource, '') && operation === 'CREATE')
        return refuseMasters(request);
    },
  };
}

function isRequest(definition: AdmissionRequest['definition'], subresource: string, wanted: string): boolean {
  return definition === resources.certificatesigningrequests && subresource === wanted;
}

function definedOnly<T extends object>(object: T): T {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as T;
}

function copyLists(lists: Readonly<Record<string, readonly string[]>>): Record<string, string[]> {
  return Object.fromEntries(Object.entries(lists).map(([key, values]) => [key, [...values]]));
}

function signs({ object, previous }: AdmissionRequest): boolean {
  const now = (object as unknown as CertificateSigningRequest | undefined)?.status;
  const before = (previous as unknown as CertificateSigningRequest | undefined)?.status;
  const failed = (status: typeof now): boolean =>
    status?.conditions?.some(({ type }) => type === 'Failed') ?? false;
  return now?.certificate !== before?.certificate || failed(now) !== failed(before);
}

/** A rule may name the signer, or all signers of its domain. */
function requireVerb(
  authorize: (attributes: AccessAttributes) => Verdict,
  { definition, object, user, name }: AdmissionRequest,
  verb: 'approve' | 'sign',
): void {
  const signer = (object as unknown as CertificateSigningRequest).spec?.signerName ?? '';
  const domain = `${signer.split('/', 1)[0]}/*`;
  const may = (resourceName: string): boolean =>
    authorize({
      user,
      verb,
      path: '',
      fieldSelector: '',
      resource: {
        group: 'certificates.k8s.io',
        resource: 'signers',
        subresource: '',
        namespace: '',
        name: resourceName,
      },
    }).allowed;
  if (may(signer) || may(domain)) return;
  throw errors.forbidden(
    definition,
    name,
    `user not permitted to ${verb} requests with signerName ${JSON.stringify(signer)}`,
  );
}

async function refuseMasters({ definition, object, name }: AdmissionRequest): Promise<void> {
  const { signerName, request = '' } = (object as unknown as CertificateSigningRequest).spec ?? {};
  if (signerName !== CLIENT_SIGNER) return;
  const { requestedGroups } = await import('./requested-groups.ts');
  if (requestedGroups(request).includes('system:masters')) {
    throw errors.forbidden(
      definition,
      name,
      `use of ${CLIENT_SIGNER} signer with system:masters group is not allowed`,
    );
  }
}
