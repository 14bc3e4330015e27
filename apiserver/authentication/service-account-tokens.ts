import { type JWK, type JWTPayload, errors as joseErrors, jwtVerify, SignJWT } from 'jose';
import type { Clock } from '../../platform/clock.ts';
import { serviceAccountName } from './service-account-name.ts';
import { publicJwk, type SigningKeys } from './signing-keys.ts';

/** An object that a token lives no longer than. */
export interface TokenReferent {
  readonly name: string;
  readonly uid: string;
}

/** What a token says of its service account (k8s pkg/serviceaccount/claims.go). */
export interface TokenClaims {
  readonly namespace: string;
  readonly serviceAccount: TokenReferent;
  readonly pod?: TokenReferent;
  readonly secret?: TokenReferent;
  readonly node?: TokenReferent;
}

/** A token that was signed here and has not expired; whether its objects are still there is another question. */
export interface VerifiedToken {
  readonly claims: TokenClaims;
  readonly audiences: readonly string[];
  readonly id: string;
  /** Milliseconds. */
  readonly expires: number;
}

export interface IssuerOptions {
  readonly keys: SigningKeys;
  /** A URL: who the tokens say they are from. */
  readonly issuer: string;
  /** Whom a token is for when its request names nobody; this server answers to these names. */
  readonly audiences: readonly string[];
  readonly clock: Clock;
}

interface Payload extends JWTPayload {
  readonly 'kubernetes.io'?: {
    readonly namespace?: string;
    readonly serviceaccount?: TokenReferent;
    readonly pod?: TokenReferent;
    readonly secret?: TokenReferent;
    readonly node?: TokenReferent;
  };
}

/** Signs and checks the JSON Web Tokens of service accounts (KEP-1205). */
export class ServiceAccountTokens {
  readonly issuer: string;
  readonly audiences: readonly string[];
  readonly #keys: SigningKeys;
  readonly #clock: Clock;

  constructor({ keys, issuer, audiences, clock }: IssuerOptions) {
    this.issuer = issuer;
    this.audiences = audiences;
    this.#keys = keys;
    this.#clock = clock;
  }

  /** A token that is good from now until `expires`, milliseconds. */
  sign(claims: TokenClaims, audiences: readonly string[], expires: number, id: string): Promise<string> {
    const { signing } = this.#keys;
    const now = Math.floor(this.#clock.now() / 1000);
    const { namespace, serviceAccount, ...bound } = claims;
    return new SignJWT({ 'kubernetes.io': { namespace, serviceaccount: serviceAccount, ...bound } })
      .setProtectedHeader({ alg: signing.algorithm, kid: signing.id })
      .setIssuer(this.issuer)
      .setSubject(serviceAccountName(namespace, serviceAccount.name))
      .setAudience([...audiences])
      .setIssuedAt(now)
      .setNotBefore(now)
      .setExpirationTime(Math.floor(expires / 1000))
      .setJti(id)
      .sign(signing.key);
  }

  /** Undefined for anything that is not a good token of ours. */
  async verify(token: string): Promise<VerifiedToken | undefined> {
    try {
      const { payload } = await jwtVerify<Payload>(token, (header) => this.#key(header.kid, header.alg), {
        issuer: this.issuer,
        currentDate: new Date(this.#clock.now()),
        requiredClaims: ['exp', 'aud', 'sub'],
      });
      return verified(payload);
    } catch (error) {
      if (error instanceof joseErrors.JOSEError || error instanceof TypeError) return undefined;
      throw error;
    }
  }

  /** The public keys, for whoever checks tokens without asking (RFC 7517). */
  get jwks(): { readonly keys: readonly JWK[] } {
    return { keys: this.#keys.verification.map(publicJwk) };
  }

  /** OpenID Connect Discovery 1.0 §3. */
  discovery(server: string): object {
    return {
      issuer: this.issuer,
      jwks_uri: `${server}/openid/v1/jwks`,
      response_types_supported: ['id_token'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: [
        ...new Set(this.#keys.verification.map(({ algorithm }) => algorithm)),
      ],
    };
  }

  #key(id: string | undefined, algorithm: string | undefined) {
    const found = this.#keys.verification.find((key) => key.id === id && key.algorithm === algorithm);
    if (!found) throw new joseErrors.JWKSNoMatchingKey();
    return found.key;
  }
}

function verified(payload: Payload): VerifiedToken | undefined {
  const { namespace, serviceaccount, pod, secret, node } = payload['kubernetes.io'] ?? {};
  if (!namespace || !serviceaccount?.name || !serviceaccount.uid) return undefined;
  if (payload.sub !== serviceAccountName(namespace, serviceaccount.name)) return undefined;
  const { aud = [], jti = '', exp = 0 } = payload;
  return {
    claims: {
      namespace,
      serviceAccount: serviceaccount,
      ...(pod ? { pod } : {}),
      ...(secret ? { secret } : {}),
      ...(node ? { node } : {}),
    },
    audiences: typeof aud === 'string' ? [aud] : aud,
    id: jti,
    expires: exp * 1000,
  };
}
