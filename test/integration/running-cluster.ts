import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type ClusterState, StateDirectory } from '../../cluster/state-directory.ts';

const PODWIRE = join(process.cwd(), 'dist', 'podwire.js');
const run = promisify(execFile);

export interface Output {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Whether a program is installed. Where all tools are required (CI) a missing one is an error. */
export function hasTool(name: string): boolean {
  try {
    execFileSync('which', [name], { stdio: 'ignore' });
    return true;
  } catch {
    if (process.env.PODWIRE_REQUIRE_TOOLS) throw new Error(`this run needs ${name}`);
    return false;
  }
}

/** Runs a program to its end; a failure is an ordinary result. */
export async function command(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Output> {
  try {
    const { stdout, stderr } = await run(program, args, {
      env: { ...process.env, ...env },
      timeout: 60_000,
      maxBuffer: 32 * 1024 * 1024,
    });
    return { exitCode: 0, stdout, stderr };
  } catch (error) {
    const {
      code,
      stdout = '',
      stderr = '',
    } = error as { code?: number | string; stdout?: string; stderr?: string };
    return { exitCode: typeof code === 'number' ? code : 1, stdout, stderr: stderr || String(error) };
  }
}

/** A cluster of real processes, started as a user starts it, with everything where no other one is. */
export class RunningCluster {
  readonly stateDir: string;
  readonly output: string[] = [];
  readonly #process: ChildProcess;
  readonly #parent: string;

  private constructor(process: ChildProcess, parent: string) {
    this.#process = process;
    this.#parent = parent;
    this.stateDir = join(parent, 'state');
    for (const stream of [process.stdout, process.stderr]) {
      stream?.on('data', (chunk: Buffer) => this.output.push(chunk.toString()));
    }
  }

  /** `hostNetwork` must differ between clusters that run at the same time. */
  static async start(hostNetwork: string, flags: readonly string[] = []): Promise<RunningCluster> {
    const parent = mkdtempSync(join(tmpdir(), 'podwire-'));
    const args = [
      'up',
      '--state-dir',
      join(parent, 'state'),
      '--port=0',
      '--dns-port=0',
      `--host-network=${hostNetwork}`,
    ];
    const child = spawn(process.execPath, [PODWIRE, ...args, ...flags], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const cluster = new RunningCluster(child, parent);
    await new Promise<void>((resolve, reject) => {
      child.stdout?.on('data', () => {
        if (cluster.output.join('').includes('The cluster works')) resolve();
      });
      child.once('exit', (code) =>
        reject(new Error(`podwire up exited ${code}:\n${cluster.output.join('')}`)),
      );
    });
    return cluster;
  }

  get state(): ClusterState {
    const state = new StateDirectory(this.stateDir).readState();
    if (!state) throw new Error('the cluster has no cluster.json');
    return state;
  }

  pidOf(name: string): number {
    const found = this.state.processes.find((process) => process.name === name);
    if (!found) throw new Error(`no process ${name} runs`);
    return found.pid;
  }

  hostAddress(node: number): string {
    return this.state.nodes[node - 1]?.hostAddress ?? '';
  }

  /** Runs kubectl; rejects if it fails. */
  async kubectl(...args: readonly string[]): Promise<string> {
    const { exitCode, stdout, stderr } = await this.tryKubectl(...args);
    if (exitCode !== 0) throw new Error(`kubectl ${args.join(' ')} exited ${exitCode}: ${stderr}`);
    return stdout;
  }

  tryKubectl(...args: readonly string[]): Promise<Output> {
    // A home of its own keeps kubectl's discovery cache apart.
    return command('kubectl', args, { KUBECONFIG: join(this.stateDir, 'kubeconfig'), HOME: this.#parent });
  }

  async kubectlJson<T>(...args: readonly string[]): Promise<T> {
    return JSON.parse(await this.kubectl(...args, '-o', 'json')) as T;
  }

  podwire(...args: readonly string[]): Promise<Output> {
    const [verb = '', ...rest] = args;
    return command(process.execPath, [PODWIRE, verb, '--state-dir', this.stateDir, ...rest]);
  }

  /** The records of a name, as `dig +short` prints them. */
  async dig(...args: readonly string[]): Promise<string[]> {
    const [address = '', port = ''] = this.state.dns.split(':');
    const { stdout } = await command('dig', [
      `@${address}`,
      '-p',
      port,
      '+short',
      '+time=2',
      '+tries=2',
      ...args,
    ]);
    return stdout.split('\n').filter((line) => line !== '');
  }

  /** Sends a signal to `podwire up` and waits for its end. */
  async end(signal: 'SIGINT' | 'SIGTERM' = 'SIGINT'): Promise<number | null> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return this.#process.exitCode;
    const ended = new Promise<number | null>((resolve) => this.#process.once('exit', resolve));
    this.#process.kill(signal);
    return ended;
  }

  async stop(): Promise<void> {
    await this.end();
    rmSync(this.#parent, { recursive: true, force: true });
  }
}
