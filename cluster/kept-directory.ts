import { chmodSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { CertificateAuthority } from '../platform/certificate-authority.ts';
import { newServiceAccountKey } from './service-account-key.ts';
import { writePrivateFile } from './write-private-file.ts';

/**
 * `--data-dir`: what outlives a cluster's processes. The objects, the authority that signs certificates, and
 * the key of service account tokens: a kubeconfig of an earlier run still opens the cluster.
 */
export class KeptDirectory {
  readonly #path: string;

  constructor(path: string) {
    this.#path = resolve(path);
    mkdirSync(join(this.#path, 'pki'), { recursive: true });
    chmodSync(this.#path, 0o700);
  }

  /** Where the API server keeps the objects. */
  get storage(): string {
    return join(this.#path, 'storage');
  }

  /** Tokens of an earlier run stay good. */
  serviceAccountKey(): string {
    const file = join(this.#path, 'pki', 'sa.key');
    if (!existsSync(file)) writePrivateFile(file, newServiceAccountKey());
    return readFileSync(file, 'utf8');
  }

  /** The key is written first: a certificate without its key is never there. */
  async authority(now: number): Promise<CertificateAuthority> {
    const certFile = join(this.#path, 'pki', 'ca.crt');
    const keyFile = join(this.#path, 'pki', 'ca.key');
    if (existsSync(certFile)) {
      const pair = { cert: readFileSync(certFile, 'utf8'), key: readFileSync(keyFile, 'utf8') };
      return CertificateAuthority.restore(pair, now);
    }
    const authority = await CertificateAuthority.create(now);
    writePrivateFile(keyFile, await authority.key());
    writePrivateFile(certFile, authority.cert);
    return authority;
  }
}
