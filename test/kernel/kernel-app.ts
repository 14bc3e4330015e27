import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface, type Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Namespace } from './namespace.ts';
import type { AppCommand, SocketApp } from './socket-app.ts';

const PROGRAM = fileURLToPath(new URL('socket-app.py', import.meta.url));

/** A program with the kernel's sockets, in a namespace. */
export class KernelApp implements SocketApp {
  readonly #process: ChildProcess;
  readonly #lines: Interface;
  readonly #gone: Promise<never>;

  constructor(namespace: Namespace) {
    const inside = ['-t', String(namespace.pid), '-n', 'python3', PROGRAM];
    this.#process = spawn('nsenter', inside, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#lines = createInterface({ input: this.#process.stdout! });
    this.#gone = once(this.#process, 'exit').then(() => {
      throw new Error('the program has gone');
    });
    this.#gone.catch(() => {});
  }

  async tell(command: AppCommand): Promise<unknown> {
    const answer = Promise.race([once(this.#lines, 'line'), this.#gone]);
    this.#process.stdin!.write(`${JSON.stringify(command)}\n`);
    const [line] = (await answer) as [string];
    return JSON.parse(line);
  }

  async close(): Promise<void> {
    const exited = once(this.#process, 'exit');
    if (this.#process.kill('SIGKILL')) await exited;
  }
}
