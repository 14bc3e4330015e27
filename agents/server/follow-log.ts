import type { Container } from '../kubelet/container.ts';
import type { LogQuery } from '../kubelet/container-log.ts';

/** A reader that is this far behind is cut off. */
const MOST_BYTES_BEHIND = 4 * 1024 * 1024;

/**
 * A log's present content and then each new line, until the container ends, the reader goes, or `limitBytes`
 * is reached. No line is left out between the two.
 */
export async function* followLog(
  container: Container,
  query: LogQuery,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  const { log } = container;
  let waiting = log.read(query);
  let left = query.limitBytes ?? Number.POSITIVE_INFINITY;
  let wake: () => void = () => {};
  const lines: string[] = [];
  let linesLength = 0;
  const unfollow = log.follow(query.timestamps ?? false, (line) => {
    lines.push(line);
    linesLength += line.length;
    wake();
  });
  const onWake = (): void => wake();
  const unlisten = container.onceEnded(onWake);
  signal?.addEventListener('abort', onWake, { once: true });
  try {
    while (!signal?.aborted && left > 0 && linesLength <= MOST_BYTES_BEHIND) {
      if (waiting.length > 0) {
        const chunk = waiting.subarray(0, left);
        waiting = Buffer.alloc(0);
        left -= chunk.length;
        yield chunk;
      } else if (lines.length > 0) {
        waiting = Buffer.from(lines.splice(0).join(''));
        linesLength = 0;
      } else if (container.log !== log || !container.running) return;
      else
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    }
  } finally {
    signal?.removeEventListener('abort', onWake);
    unlisten();
    unfollow();
  }
}
