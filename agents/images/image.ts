import type { Clock } from '../../platform/clock.ts';
import type { Rng } from '../../platform/rng.ts';
import type { ProcessSockets } from '../sockets/process-sockets.ts';
import type { ResolverConfig } from '../sockets/resolver.ts';

export interface DeclaredPort {
  readonly name: string | undefined;
  readonly containerPort: number;
  readonly protocol: 'TCP' | 'UDP' | 'SCTP';
}

/** Everything a container's process can see and do. */
export interface ProcessContext {
  /** Entry point and arguments; the first is the program. Empty where the pod leaves them to the image. */
  readonly command: readonly string[];
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Mounted files, by absolute path. */
  readonly files: ReadonlyMap<string, string>;
  readonly ports: readonly DeclaredPort[];
  /** The way to the pod's network, which its containers share. */
  readonly sockets: ProcessSockets;
  readonly resolver: ResolverConfig;
  readonly hostname: string;
  readonly pod: {
    readonly name: string;
    readonly namespace: string;
    readonly node: string;
    readonly ip: string;
  };
  readonly clock: Clock;
  readonly rng: Rng;
  /** Writes a line to the container's log. */
  log(line: string): void;
  /** Aborts at SIGTERM. */
  readonly terminated: AbortSignal;
}

/**
 * An image: a program that runs in a simulated container. The promise's value is its exit code; a rejection,
 * or an exception in a callback of its sockets or timers, is a crash, whose message goes to the log, with exit
 * code 1. What the program leaves open is closed when it ends.
 */
export type Image = (context: ProcessContext) => Promise<number>;

/** Resolves when the process is asked to end: what a server that only waits does. */
export function untilTerminated({ terminated }: ProcessContext): Promise<void> {
  return new Promise((resolve) => {
    if (terminated.aborted) resolve();
    else terminated.addEventListener('abort', () => resolve(), { once: true });
  });
}
