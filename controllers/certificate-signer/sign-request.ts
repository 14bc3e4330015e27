import type { CertificateSigningRequestSpec } from '../../openapi/generated/types.ts';
import { CertificateAuthority, type RequestedCertificate } from '../../platform/certificate-authority.ts';
import { signerFault } from './signer-policy.ts';

export interface SigningOptions {
  /** PEM. */
  readonly cert: string;
  readonly key: string;
  /** Milliseconds. */
  readonly now: number;
  readonly longestSeconds: number;
}

/** The certificate, PEM, or why there is none. */
export async function signRequest(
  spec: CertificateSigningRequestSpec,
  { cert, key, now, longestSeconds }: SigningOptions,
): Promise<{ readonly certificate: string } | { readonly fault: string }> {
  const authority = await CertificateAuthority.restore({ cert, key }, now);
  const requested = await readRequest(authority, spec);
  if (!requested) return { fault: 'the request is not a certificate request that its key has signed' };
  const fault = signerFault(spec, requested.subject);
  if (fault !== undefined) return { fault };
  const seconds = Math.min(spec.expirationSeconds ?? longestSeconds, longestSeconds);
  return { certificate: await requested.sign(seconds * 1000, spec.usages ?? []) };
}

async function readRequest(
  authority: CertificateAuthority,
  { request = '' }: CertificateSigningRequestSpec,
): Promise<RequestedCertificate | undefined> {
  try {
    return await authority.read(Buffer.from(request, 'base64').toString('latin1'));
  } catch {
    return undefined;
  }
}
