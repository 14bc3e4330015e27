import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** A server under measurement. */
export interface ServerProcess {
  readonly port: number;
  readonly pid: number;
  /** Milliseconds from its start to the message that it serves. */
  readonly startMs: number;
  stop(): Promise<void>;
}

/** Starts a Node program that sends a message with its port when it serves. */
export function startServer(
  args: readonly string[],
  portOf: (message: unknown) => number,
): Promise<ServerProcess> {
  const began = performance.now();
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`${args.join(' ')} ended with ${code}`)));
    child.once('message', (message) => {
      const startMs = performance.now() - began;
      resolve({ port: portOf(message), pid: child.pid ?? 0, startMs, stop: () => stop(child) });
    });
  });
}

function stop(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.kill('SIGKILL');
  });
}

/** What a process holds in memory, bytes (proportional set size). */
export function memoryOf(pid: number): number {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  return Number(/^Pss: +(\d+) kB/m.exec(text)?.[1]) * 1024;
}
