import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, type WriteStream } from 'node:fs';
import type { ReadyMessage } from '../platform/component-process.ts';

export interface SupervisedProcessOptions {
  readonly name: string;
  /** The script to run, and its arguments. */
  readonly script: string;
  readonly args: readonly string[];
  readonly logFile: string;
  readonly restart: 'always' | 'never';
  /** Called whenever it has started, become ready, or ended. */
  readonly onChange: () => void;
}

const FIRST_RESTART_MS = 100;
const LONGEST_RESTART_MS = 5_000;
/** An orderly end that takes longer is cut short. */
const STOP_MS = 3_000;

/** A child process that is kept running and whose output goes to a file. */
export class SupervisedProcess {
  readonly name: string;
  readonly #options: SupervisedProcessOptions;
  readonly #log: WriteStream;
  #child: ChildProcess | undefined;
  #message: ReadyMessage | undefined;
  #waiting: { resolve: (message: ReadyMessage) => void; reject: (error: Error) => void }[] = [];
  #restartMs = FIRST_RESTART_MS;
  #restartTimer: NodeJS.Timeout | undefined;
  #stopping = false;
  #lastOutput = '';

  constructor(options: SupervisedProcessOptions) {
    this.name = options.name;
    this.#options = options;
    this.#log = createWriteStream(options.logFile, { flags: 'a', mode: 0o600 });
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  get readyMessage(): ReadyMessage | undefined {
    return this.#message;
  }

  start(): void {
    if (this.#child || this.#stopping) return;
    clearTimeout(this.#restartTimer);
    const { script, args } = this.#options;
    const child = spawn(process.execPath, [...process.execArgv, script, ...args], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      // Ctrl-C reaches the supervisor alone, which ends the others in order.
      detached: true,
    });
    this.#child = child;
    child.stdout?.on('data', (chunk: Buffer) => this.#write(chunk));
    child.stderr?.on('data', (chunk: Buffer) => this.#write(chunk));
    child.on('message', (message) => this.#ready(message as ReadyMessage));
    child.on('error', (error) => this.#write(Buffer.from(`${error.message}\n`)));
    child.once('exit', (code, signal) => this.#exited(child, code ?? signal ?? 'unknown'));
    this.#options.onChange();
  }

  /** Resolves when it serves; rejects with the end of its output if it ends before and stays down. */
  ready(): Promise<ReadyMessage> {
    if (this.#message) return Promise.resolve(this.#message);
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#restartTimer);
    const child = this.#child;
    if (child) {
      const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
      child.kill('SIGTERM');
      const force = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
      await ended;
      clearTimeout(force);
    }
    await new Promise<void>((resolve) => this.#log.end(resolve));
  }

  /** Ends it, if it runs, and starts it again. */
  async restart(): Promise<void> {
    const child = this.#child;
    if (child) {
      const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
      child.kill('SIGKILL');
      await ended;
    }
    this.#restartMs = FIRST_RESTART_MS;
    this.start();
    await this.ready();
  }

  #write(chunk: Buffer): void {
    this.#log.write(chunk);
    this.#lastOutput = (this.#lastOutput + chunk.toString()).slice(-2_000);
  }

  #ready(message: ReadyMessage): void {
    if (message.kind !== 'ready') return;
    this.#message = message;
    this.#restartMs = FIRST_RESTART_MS;
    for (const { resolve } of this.#waiting.splice(0)) resolve(message);
    this.#options.onChange();
  }

  #exited(child: ChildProcess, why: number | string): void {
    if (this.#child !== child) return;
    const wasReady = this.#message !== undefined;
    this.#child = undefined;
    this.#message = undefined;
    if (this.#stopping) return;
    if (this.#options.restart === 'always' && wasReady) this.#restartLater();
    else {
      const error = new Error(`${this.name} did not start (${why}): ${lastError(this.#lastOutput)}`);
      for (const { reject } of this.#waiting.splice(0)) reject(error);
      if (this.#options.restart === 'always') this.#restartLater();
    }
    this.#options.onChange();
  }

  #restartLater(): void {
    this.#restartTimer = setTimeout(() => this.start(), this.#restartMs);
    this.#restartMs = Math.min(this.#restartMs * 2, LONGEST_RESTART_MS);
  }
}

/** What a process said last: the error of its last log line, or its output as it is. */
function lastError(output: string): string {
  const last = output.trim().split('\n').at(-1) ?? '';
  try {
    const { error, msg } = JSON.parse(last) as { error?: string; msg?: string };
    return error ?? msg ?? last;
  } catch {
    return output.trim();
  }
}
