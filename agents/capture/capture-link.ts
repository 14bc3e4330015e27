import type { Link } from '../netstack/link/link.ts';
import { pcapHeader, pcapRecord } from './pcap.ts';

/** Frames that wait for a slow reader, in bytes; later ones are dropped, as tcpdump's kernel buffer does. */
const BUFFER_BYTES = 8 * 1024 * 1024;

/** What passes a link, as a capture file that grows until the signal aborts. */
export async function* captureLink(link: Link, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const waiting: Uint8Array[] = [pcapHeader()];
  let waitingBytes = 0;
  let wake: () => void = () => {};
  const removeTap = link.addTap((frame, _direction, timeMs) => {
    if (waitingBytes + frame.length > BUFFER_BYTES) return;
    waiting.push(pcapRecord(frame, timeMs));
    waitingBytes += frame.length + 16;
    wake();
  });
  const onAbort = (): void => wake();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    while (!signal.aborted) {
      if (waiting.length === 0) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
        continue;
      }
      const chunk = Buffer.concat(waiting.splice(0));
      waitingBytes = 0;
      yield chunk;
    }
  } finally {
    signal.removeEventListener('abort', onAbort);
    removeTap();
  }
}
