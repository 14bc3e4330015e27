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

/** A container's output, bounded: the oldest lines are forgotten. */
export class ContainerLog {
  readonly #clock: Clock;
  #lines: LogLine[] = [];
  readonly #followers = new Set<(line: string) => void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  write(text: string): void {
    const line = { time: this.#clock.now(), text: text.slice(0, LONGEST_LINE) };
    this.#lines.push(line);
    // Dropping a tenth at a time keeps the cost of a line constant.
    if (this.#lines.length > MOST_LINES) this.#lines = this.#lines.slice(MOST_LINES / 10);
    for (const follow of this.#followers) follow(line.text);
  }

  read({ tailLines, sinceTime, timestamps, limitBytes }: LogQuery): string {
    let lines = this.#lines;
    if (sinceTime !== undefined) lines = lines.filter(({ time }) => time >= sinceTime);
    if (tailLines !== undefined) lines = tailLines === 0 ? [] : lines.slice(-tailLines);
    const text = lines
      .map(({ time, text }) => `${timestamps ? `${microTimestamp(time)} ` : ''}${text}\n`)
      .join('');
    return limitBytes === undefined ? text : text.slice(0, limitBytes);
  }

  /** Calls back with each later line until the returned function is called. */
  follow(onLine: (line: string) => void): () => void {
    this.#followers.add(onLine);
    return () => this.#followers.delete(onLine);
  }
}
