import { isConflict, isNotFound } from '../../client/api-error.ts';
import type { ControllerContext } from '../../client/controller-context.ts';
import { runQueue } from '../../client/run-queue.ts';
import type { CertificateSigningRequest } from '../../openapi/generated/types.ts';
import { resources } from '../../openapi/resources.ts';
import { isOwnSigner } from './signer-policy.ts';

export interface CertificateSignerOptions {
  /** The authority that client certificates are checked against, PEM; left out: nothing is signed. */
  readonly signing?: { readonly cert: string; readonly key: string } | undefined;
}

/** A certificate nobody asked to be shorter (--cluster-signing-duration). */
const YEAR_SECONDS = 365 * 24 * 3600;

/** Signs approved CertificateSigningRequests of Kubernetes' own signers. */
export async function startCertificateSigner(
  context: ControllerContext,
  { signing }: CertificateSignerOptions,
): Promise<void> {
  if (!signing) return;
  const { client, clock, informers, signal } = context;
  const requests = informers.for(resources.certificatesigningrequests);
  const queue = runQueue(context, 'certificate_signer', async (name) => {
    const request = requests.store.get(name);
    if (!request || !isWaiting(request)) return;
    // Few clusters ever sign: what it takes is loaded when it is needed.
    const { signRequest } = await import('./sign-request.ts');
    const status = await signRequest(request.spec ?? {}, {
      ...signing,
      now: clock.now(),
      longestSeconds: YEAR_SECONDS,
    });
    await client
      .update(
        resources.certificatesigningrequests,
        {
          ...request,
          status: {
            ...request.status,
            ...('certificate' in status
              ? { certificate: Buffer.from(status.certificate).toString('base64') }
              : { conditions: [...(request.status?.conditions ?? []), failed(status.fault)] }),
          },
        },
        'status',
      )
      .catch((error) => {
        if (!isNotFound(error) && !isConflict(error)) throw error;
      });
  });
  const add = ({ metadata }: CertificateSigningRequest): void => queue.add(metadata.name ?? '');
  requests.addHandler({ onAdd: add, onUpdate: (_, request) => add(request) });
  await informers.start(signal);
}

function isWaiting({ spec, status }: CertificateSigningRequest): boolean {
  const types = new Set(status?.conditions?.map(({ type }) => type));
  return (
    isOwnSigner(spec?.signerName) &&
    types.has('Approved') &&
    !types.has('Denied') &&
    !types.has('Failed') &&
    !status?.certificate
  );
}

function failed(message: string) {
  return { type: 'Failed', status: 'True', reason: 'SignerValidationFailure', message };
}
