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

/** What a certificate request names. */
export interface RequestedSubject {
  readonly commonName: string;
  readonly organizations: readonly string[];
  readonly dnsNames: readonly string[];
  readonly addresses: readonly string[];
  readonly otherNames: readonly string[];
}

/** A certificate request whose signature is good. */
export interface RequestedCertificate {
  readonly subject: RequestedSubject;
  /** The certificate, PEM, good for so long and for these usages (certificates.k8s.io names). */
  sign(milliseconds: number, usages: readonly string[]): Promise<string>;
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

  /** Reads a certificate request, PEM. Throws when it is none, or its signature is not its key's. */
  async read(pem: string): Promise<RequestedCertificate> {
    const request = new x509.Pkcs10CertificateRequest(pem);
    if (!(await request.verify())) throw new Error('the signature of the certificate request is not good');
    return {
      subject: subjectOf(request),
      sign: async (milliseconds, usages) => {
        const certificate = await x509.X509CertificateGenerator.create({
          subject: request.subject,
          issuer: this.#certificate.subject,
          ...validity(this.#now, milliseconds),
          publicKey: request.publicKey,
          signingKey: this.#key,
          signingAlgorithm: ALGORITHM,
          extensions: [
            ...usageExtensions(usages),
            ...request.extensions.filter(
              (extension) => extension instanceof x509.SubjectAlternativeNameExtension,
            ),
          ],
        });
        return `${certificate.toString('pem')}\n`;
      },
    };
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

function subjectOf({ subjectName, extensions }: x509.Pkcs10CertificateRequest): RequestedSubject {
  const names = extensions
    .filter((extension) => extension instanceof x509.SubjectAlternativeNameExtension)
    .flatMap((extension) => extension.names.items);
  const ofType = (type: string): string[] =>
    names.filter((name) => name.type === type).map(({ value }) => value);
  return {
    commonName: subjectName.getField('CN')[0] ?? '',
    organizations: subjectName.getField('O'),
    dnsNames: ofType('dns'),
    addresses: ofType('ip'),
    otherNames: names.filter(({ type }) => type !== 'dns' && type !== 'ip').map(({ value }) => value),
  };
}

const EXTENDED_USAGES: Readonly<Record<string, x509.ExtendedKeyUsage>> = {
  'client auth': x509.ExtendedKeyUsage.clientAuth,
  'server auth': x509.ExtendedKeyUsage.serverAuth,
};
const KEY_USAGES: Readonly<Record<string, x509.KeyUsageFlags>> = {
  'digital signature': x509.KeyUsageFlags.digitalSignature,
  'key encipherment': x509.KeyUsageFlags.keyEncipherment,
};

function usageExtensions(usages: readonly string[]): x509.Extension[] {
  const extended = usages.flatMap((usage) => EXTENDED_USAGES[usage] ?? []);
  const flags = usages.reduce((all, usage) => all | (KEY_USAGES[usage] ?? 0), 0);
  return [
    new x509.BasicConstraintsExtension(false, undefined, true),
    // An extension that says nothing is not valid.
    ...(flags === 0 ? [] : [new x509.KeyUsagesExtension(flags, true)]),
    ...(extended.length === 0 ? [] : [new x509.ExtendedKeyUsageExtension(extended)]),
  ];
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
