import { microTimestamp } from '../../client/timestamp.ts';
import type { Clock } from '../../platform/clock.ts';

interface LogLine {
  readonly time: number;
  readonly text: string;
}

/** What a reader wants of a log, as the kubelet's containerLogs endpoint takes it. */
export interface LogQuery {
  readonly tailLines?: number;
  readonly sinceTime?: number;
  readonly timestamps?: boolean;
  readonly limitBytes?: number;
}

const MOST_LINES = 10_000;
const LONGEST_LINE = 16 * 1024;
/** The kubelet's containerLogMaxSize. */
const MOST_CHARACTERS = 10 * 1024 * 1024;

/** A container's output, bounded: the oldest lines are forgotten. */
export class ContainerLog {
  readonly #clock: Clock;
  #lines: LogLine[] = [];
  #characters = 0;
  readonly #followers = new Set<(line: LogLine) => void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Writes a line, or several. */
  write(text: string): void {
    for (const line of text.split('\n')) this.#append(line.slice(0, LONGEST_LINE));
  }

  read({ tailLines, sinceTime, timestamps = false, limitBytes }: LogQuery): Buffer {
    let lines = this.#lines;
    if (sinceTime !== undefined) lines = lines.filter(({ time }) => time >= sinceTime);
    if (tailLines !== undefined) lines = tailLines === 0 ? [] : lines.slice(-tailLines);
    return Buffer.from(lines.map((line) => printed(line, timestamps)).join('')).subarray(0, limitBytes);
  }

  /** Calls back with each later line, as it is printed, until the returned function is called. */
  follow(timestamps: boolean, onLine: (line: string) => void): () => void {
    const follower = (line: LogLine): void => onLine(printed(line, timestamps));
    this.#followers.add(follower);
    return () => this.#followers.delete(follower);
  }

  #append(text: string): void {
    const line = { time: this.#clock.now(), text };
    this.#lines.push(line);
    this.#characters += text.length;
    if (this.#lines.length > MOST_LINES || this.#characters > MOST_CHARACTERS) this.#forgetOldest();
    for (const follow of this.#followers) follow(line);
  }

  /** A tenth at a time, so that the cost of a line stays constant. */
  #forgetOldest(): void {
    this.#lines = this.#lines.slice(Math.ceil(this.#lines.length / 10));
    this.#characters = this.#lines.reduce((sum, { text }) => sum + text.length, 0);
  }
}

function printed({ time, text }: LogLine, timestamps: boolean): string {
  return timestamps ? `${microTimestamp(time)} ${text}\n` : `${text}\n`;
}
