import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

/** A certificate with its private key, both PEM. */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

export interface CertificateRequest {
  /** The user's or the server's name. */
  readonly commonName: string;
  /** The user's groups. */
  readonly organizations?: readonly string[];
  /** Names and addresses that a server answers under; left out: a client's certificate. */
  readonly serverNames?: readonly string[];
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const DAY_MS = 24 * 3600 * 1000;
/** As long as kubeadm's. */
const VALID_MS = { authority: 3650 * DAY_MS, issued: 365 * DAY_MS } as const;
/** Clocks of clients may lag. */
const BACKDATE_MS = 3600 * 1000;

/** Signs the certificates of one cluster: every component proves who it is with one. */
export class CertificateAuthority {
  readonly #certificate: x509.X509Certificate;
  readonly #key: webcrypto.CryptoKey;
  readonly #now: number;

  private constructor(certificate: x509.X509Certificate, key: webcrypto.CryptoKey, now: number) {
    this.#now = now;
    this.#certificate = certificate;
    this.#key = key;
  }

  static async create(now: number): Promise<CertificateAuthority> {
    x509.cryptoProvider.set(webcrypto);
    const keys = await generateKeys();
    const certificate = await x509.X509CertificateGenerator.createSelfSigned({
      name: 'CN=podwire',
      ...validity(now, VALID_MS.authority),
      keys,
      signingAlgorithm: ALGORITHM,
      extensions: [
        new x509.BasicConstraintsExtension(true, undefined, true),
        new x509.KeyUsagesExtension(
          x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.digitalSignature,
          true,
        ),
      ],
    });
    return new CertificateAuthority(certificate, keys.privateKey, now);
  }

  /** The authority of an earlier run. */
  static async restore({ cert, key }: KeyPair, now: number): Promise<CertificateAuthority> {
    x509.cryptoProvider.set(webcrypto);
    const pkcs8 = x509.PemConverter.decodeFirst(key);
    const privateKey = await webcrypto.subtle.importKey('pkcs8', pkcs8, ALGORITHM, true, ['sign']);
    return new CertificateAuthority(new x509.X509Certificate(cert), privateKey, now);
  }

  /** PEM of the authority's own certificate. */
  get cert(): string {
    return `${this.#certificate.toString('pem')}\n`;
  }

  /** PEM of its private key: who has it can be anybody. */
  key(): Promise<string> {
    return privateKeyPem(this.#key);
  }

  async issue(request: CertificateRequest): Promise<KeyPair> {
    const keys = await generateKeys();
    const { serverNames, organizations = [], commonName } = request;
    const usage = serverNames ? x509.ExtendedKeyUsage.serverAuth : x509.ExtendedKeyUsage.clientAuth;
    const certificate = await x509.X509CertificateGenerator.create({
      subject: [{ CN: [commonName] }, ...organizations.map((name) => ({ O: [name] }))],
      issuer: this.#certificate.subject,
      ...validity(this.#now, VALID_MS.issued),
      publicKey: keys.publicKey,
      signingKey: this.#key,
      signingAlgorithm: ALGORITHM,
      extensions: [
        new x509.ExtendedKeyUsageExtension([usage]),
        ...(serverNames ? [new x509.SubjectAlternativeNameExtension(serverNames.map(alternativeName))] : []),
      ],
    });
    return { cert: `${certificate.toString('pem')}\n`, key: await privateKeyPem(keys.privateKey) };
  }
}

function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(ALGORITHM, true, [
    'sign',
    'verify',
  ]) as Promise<webcrypto.CryptoKeyPair>;
}

async function privateKeyPem(key: webcrypto.CryptoKey): Promise<string> {
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key));
  return `-----BEGIN PRIVATE KEY-----\n${pkcs8.toString('base64')}\n-----END PRIVATE KEY-----\n`;
}

function validity(now: number, milliseconds: number): { notBefore: Date; notAfter: Date } {
  return { notBefore: new Date(now - BACKDATE_MS), notAfter: new Date(now + milliseconds) };
}

function alternativeName(name: string): x509.JsonGeneralName {
  return { type: /^[\d.]+$|:/.test(name) ? 'ip' : 'dns', value: name };
}
