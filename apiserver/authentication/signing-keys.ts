import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto';
import type { JWK } from 'jose';

/** A key that verifies tokens, under the name that tokens call it by. */
export interface VerificationKey {
  readonly id: string;
  readonly algorithm: string;
  readonly key: KeyObject;
}

/** What service account tokens are signed with, and every key whose tokens are still believed. */
export interface SigningKeys {
  readonly signing: VerificationKey;
  readonly verification: readonly VerificationKey[];
}

/** Keys of the server's own, gone when it ends, and every token with them. */
export function generateSigningKeys(): SigningKeys {
  return signingKeysOf(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey, []);
}

/** From PEM: the private key, and other keys to believe. */
export function readSigningKeys(privateKey: string, others: readonly string[]): SigningKeys {
  return signingKeysOf(createPrivateKey(privateKey), others.map(createPublicKey));
}

function signingKeysOf(key: KeyObject, others: readonly KeyObject[]): SigningKeys {
  const own = verificationKey(createPublicKey(key.export({ type: 'pkcs8', format: 'pem' })));
  return {
    signing: { ...own, key },
    verification: [own, ...others.map(verificationKey)],
  };
}

/** RS256 for RSA, the curve's own algorithm for ECDSA (k8s pkg/serviceaccount/jwt.go). */
function verificationKey(key: KeyObject): VerificationKey {
  return { id: keyId(key), algorithm: algorithmOf(key), key };
}

const BY_CURVE: Readonly<Record<string, string>> = {
  prime256v1: 'ES256',
  secp384r1: 'ES384',
  secp521r1: 'ES512',
};

function algorithmOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): string {
  if (asymmetricKeyType === 'rsa') return 'RS256';
  const algorithm = BY_CURVE[asymmetricKeyDetails?.namedCurve ?? ''];
  if (algorithm === undefined) {
    throw new Error(`a service account key must be RSA or ECDSA on a NIST curve, not ${asymmetricKeyType}`);
  }
  return algorithm;
}

/** The SHA-256 of the public key's DER, as kube-apiserver names keys. */
function keyId(key: KeyObject): string {
  return createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('base64url');
}

export function publicJwk({ id, algorithm, key }: VerificationKey): JWK {
  return { use: 'sig', ...(key.export({ format: 'jwk' }) as JWK), kid: id, alg: algorithm };
}
