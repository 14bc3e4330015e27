import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Http2Transport } from '../../client/http2-transport.ts';
import { RestClient } from '../../client/rest-client.ts';
import { CertificateAuthority, type KeyPair } from '../../platform/certificate-authority.ts';
import { systemClock } from '../../platform/clock.ts';
import type { ReadyMessage } from '../../platform/component-process.ts';

const PROGRAM = join(process.cwd(), 'dist', 'apiserver.js');

/** What several API servers share: certificates, and a folder for whatever a test needs. */
export class ApiServerSite {
  readonly folder = mkdtempSync(join(tmpdir(), 'podwire-api-'));
  readonly ca: string;
  readonly admin: KeyPair;

  private constructor(ca: string, admin: KeyPair, server: KeyPair) {
    this.ca = ca;
    this.admin = admin;
    for (const [name, text] of Object.entries({
      'ca.crt': ca,
      'tls.crt': server.cert,
      'tls.key': server.key,
    })) {
      writeFileSync(join(this.folder, name), text);
    }
  }

  static async create(): Promise<ApiServerSite> {
    const authority = await CertificateAuthority.create(Date.now());
    const server = await authority.issue({ commonName: 'apiserver', serverNames: ['127.0.0.1'] });
    const admin = await authority.issue({ commonName: 'admin', organizations: ['system:masters'] });
    return new ApiServerSite(authority.cert, admin, server);
  }

  /** Resolves when it serves; rejects with what it said when it does not. */
  start(...flags: readonly string[]): Promise<ApiServerProcess> {
    const args = [
      '--secure-port=0',
      `--tls-cert-file=${join(this.folder, 'tls.crt')}`,
      `--tls-private-key-file=${join(this.folder, 'tls.key')}`,
      `--client-ca-file=${join(this.folder, 'ca.crt')}`,
      ...flags,
    ];
    const child = spawn(process.execPath, [PROGRAM, ...args], { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
    const output: string[] = [];
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk: Buffer) => output.push(chunk.toString()));
    }
    return new Promise((resolve, reject) => {
      child.once('message', ({ info }: ReadyMessage) =>
        resolve(new ApiServerProcess(this, child, Number(info.port), output)),
      );
      child.once('exit', (code) => reject(new Error(`the API server ended (${code}): ${output.join('')}`)));
    });
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** An API server as a process of its own. */
export class ApiServerProcess {
  readonly client: RestClient;
  readonly output: readonly string[];
  readonly #child: ChildProcess;
  readonly #transport: Http2Transport;
  readonly #ended: Promise<void>;

  constructor(site: ApiServerSite, child: ChildProcess, port: number, output: readonly string[]) {
    this.#child = child;
    this.output = output;
    this.#ended = new Promise((resolve) => child.once('exit', () => resolve()));
    const { ca, admin } = site;
    this.#transport = new Http2Transport({ server: `https://127.0.0.1:${port}`, ca, ...admin }, systemClock);
    this.client = new RestClient(this.#transport, 'podwire-test');
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Ends it, by default without a chance to do anything. */
  async kill(signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL'): Promise<void> {
    this.#child.kill(signal);
    await this.#ended;
    this.#transport.close();
  }
}
