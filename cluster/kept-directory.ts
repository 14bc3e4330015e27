import { chmodSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { CertificateAuthority } from './certificate-authority.ts';
import { writePrivateFile } from './write-private-file.ts';

/**
 * `--data-dir`: what outlives a cluster's processes. The objects, and the authority that signs certificates:
 * a kubeconfig of an earlier run still opens the cluster.
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
