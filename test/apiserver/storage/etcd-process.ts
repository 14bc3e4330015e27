import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** PEM: what an etcd shows, and who signs the certificates that it wants to see. */
export interface EtcdCertificates {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** A real etcd on loopback, with a folder of its own. */
export class EtcdProcess {
  readonly url: string;
  readonly #folder: string;
  readonly #peer: number;
  /** Where it tells how it is, to anybody. */
  readonly #health: string;
  readonly #tls: readonly string[];
  #child: ChildProcess | undefined;

  private constructor(
    [port, peer, health]: readonly [number, number, number],
    tls: EtcdCertificates | undefined,
  ) {
    this.url = `${tls ? 'https' : 'http'}://127.0.0.1:${port}`;
    this.#peer = peer;
    this.#health = `http://127.0.0.1:${health}`;
    this.#folder = mkdtempSync(join(tmpdir(), 'podwire-etcd-'));
    this.#tls = tls ? this.#tlsFlags(tls) : [];
  }

  static async start(tls?: EtcdCertificates): Promise<EtcdProcess> {
    const etcd = new EtcdProcess([await freePort(), await freePort(), await freePort()], tls);
    await etcd.run();
    return etcd;
  }

  /** Starts it, again if it was killed; resolves when it answers. */
  async run(): Promise<void> {
    const peer = `http://127.0.0.1:${this.#peer}`;
    this.#child = spawn(
      'etcd',
      [
        '--name=one',
        `--data-dir=${join(this.#folder, 'data')}`,
        `--listen-client-urls=${this.url}`,
        `--advertise-client-urls=${this.url}`,
        `--listen-peer-urls=${peer}`,
        `--initial-advertise-peer-urls=${peer}`,
        `--initial-cluster=one=${peer}`,
        `--listen-metrics-urls=${this.#health}`,
        ...this.#tls,
        '--logger=zap',
        '--log-level=error',
      ],
      { stdio: 'ignore', env: { ...process.env, ETCD_UNSUPPORTED_ARCH: process.arch } },
    );
    const deadline = Date.now() + 20_000;
    while (!(await this.#isHealthy())) {
      if (Date.now() > deadline || this.#child.exitCode !== null) throw new Error('etcd does not start');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async kill(): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
  }

  async remove(): Promise<void> {
    await this.kill();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #tlsFlags({ ca, cert, key }: EtcdCertificates): string[] {
    const file = (name: string, text: string): string => {
      const path = join(this.#folder, name);
      writeFileSync(path, text);
      return path;
    };
    return [
      '--client-cert-auth',
      `--trusted-ca-file=${file('ca.crt', ca)}`,
      `--cert-file=${file('etcd.crt', cert)}`,
      `--key-file=${file('etcd.key', key)}`,
    ];
  }

  async #isHealthy(): Promise<boolean> {
    try {
      const response = await fetch(`${this.#health}/health`);
      return ((await response.json()) as { health?: string }).health === 'true';
    } catch {
      return false;
    }
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
