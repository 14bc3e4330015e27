import type { Container } from '../kubelet/container.ts';

/** A reader that is this many lines behind is cut off. */
const MOST_LINES_BEHIND = 10_000;

/** A log's present content and then each new line, until the container ends or the reader goes. */
export async function* followLog(
  present: Uint8Array,
  container: Container,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  yield present;
  const { log } = container;
  const waiting: string[] = [];
  let wake: () => void = () => {};
  const unfollow = log.follow((line) => {
    waiting.push(line);
    wake();
  });
  const onAbort = (): void => wake();
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    while (!signal?.aborted && waiting.length <= MOST_LINES_BEHIND) {
      if (waiting.length > 0) {
        yield Buffer.from(`${waiting.splice(0).join('\n')}\n`);
        continue;
      }
      if (container.log !== log || !container.running) return;
      await new Promise<void>((resolve) => {
        wake = resolve;
        container.onceEnded(resolve);
      });
    }
  } finally {
    signal?.removeEventListener('abort', onAbort);
    unfollow();
  }
}
