import type { Clock } from '../../platform/clock.ts';
import type { Image, ProcessContext } from '../images/image.ts';
import type { Netns } from '../netstack/netns.ts';
import { ProcessSockets } from '../sockets/process-sockets.ts';
import { ProcessClock } from './process-clock.ts';

/** What a process is started with; its sockets, clock and signal are made for it. */
export type ProcessStart = Omit<ProcessContext, 'sockets' | 'clock' | 'terminated' | 'log'> & {
  readonly netns: Netns;
};

export interface ProcessOptions {
  readonly image: Image;
  readonly clock: Clock;
  readonly log: (line: string) => void;
  readonly start: ProcessStart;
  /** Called once, when it has ended and all it held is closed. */
  readonly onExit: (exitCode: number) => void;
}

const CRASHED = 1;
const KILLED = 137;

/**
 * One run of an image. It ends once: by its own exit code, by a fault in any of its callbacks (exit code 1, the
 * message in the log) or by SIGKILL; its sockets and timers end with it.
 */
export class Process {
  readonly #options: ProcessOptions;
  readonly #sockets: ProcessSockets;
  readonly #clock: ProcessClock;
  readonly #terminated = new AbortController();
  #ended = false;

  constructor(options: ProcessOptions) {
    this.#options = options;
    const crash = (error: unknown): void => this.#crash(error);
    this.#sockets = new ProcessSockets(options.start.netns, crash);
    this.#clock = new ProcessClock(options.clock, crash);
  }

  start(): void {
    this.#main().then(
      (exitCode) => this.#end(exitCode & 0xff),
      (error) => this.#crash(error),
    );
  }

  /** SIGTERM. */
  terminate(): void {
    this.#terminated.abort();
  }

  /** SIGKILL. */
  kill(): void {
    this.#end(KILLED);
  }

  /** The machine lost its power: the process is gone, nobody is told and nothing is sent. */
  abandon(): void {
    this.#ended = true;
    this.#sockets.abandon();
    this.#clock.clearAll();
    this.#terminated.abort();
  }

  async #main(): Promise<number> {
    const { image, start, log } = this.#options;
    const { netns: _, ...context } = start;
    return image({
      ...context,
      log: (line) => {
        if (!this.#ended) log(line);
      },
      sockets: this.#sockets,
      clock: this.#clock,
      terminated: this.#terminated.signal,
    });
  }

  #crash(error: unknown): void {
    if (this.#ended) return;
    this.#options.log(error instanceof Error ? error.message : String(error));
    this.#end(CRASHED);
  }

  #end(exitCode: number): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#sockets.closeAll();
    this.#clock.clearAll();
    this.#terminated.abort();
    this.#options.onExit(exitCode);
  }
}
