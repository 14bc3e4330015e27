import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';

/** What a command says, and how it ends. */
export interface Answer {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A network namespace of the real kernel, held open by a process that does nothing. */
export class Namespace {
  readonly #holder: ChildProcess;

  private constructor(holder: ChildProcess) {
    this.#holder = holder;
  }

  static async create(): Promise<Namespace> {
    const holder = spawn('unshare', ['--net', 'sh', '-c', 'echo ready; exec sleep 3600'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await new Promise<void>((resolve, reject) => {
      holder.stdout!.once('data', () => resolve());
      holder.once('exit', (code) =>
        reject(new Error(`unshare --net exited ${code}: not root, or not Linux`)),
      );
    });
    return new Namespace(holder);
  }

  get pid(): number {
    return this.#holder.pid!;
  }

  /** Runs a command in it; throws with what it said if it fails. */
  run(argv: readonly string[], input = ''): string {
    return run(this.#inside(argv), input);
  }

  /** What a command answers, whether it fails or not. */
  ask(argv: readonly string[]): Answer {
    const [program, ...args] = this.#inside(argv);
    const { status, stdout, stderr } = spawnSync(program!, args, { encoding: 'utf8', stdio: 'pipe' });
    return { exitCode: status ?? 1, stdout, stderr };
  }

  #inside(argv: readonly string[]): readonly string[] {
    return ['nsenter', '-t', String(this.pid), '-n', ...argv];
  }

  close(): void {
    this.#holder.kill('SIGKILL');
  }
}

/** Runs a command in the test's own namespace. */
export function run([program = '', ...args]: readonly string[], input = ''): string {
  return execFileSync(program, args, { input, encoding: 'utf8', maxBuffer: 64 << 20, stdio: 'pipe' });
}
