import { ServerResponse } from 'node:http';
import type { Http2ServerResponse } from 'node:http2';
import type { Socket } from 'node:net';
import type { ApiResponse } from '../platform/api-transport.ts';
import type { Logger } from '../platform/logger.ts';
import { chunkOf } from './chunked-encoding.ts';
import type { PendingAbort } from './pending-abort.ts';

type RawReply = ServerResponse | Http2ServerResponse;

/**
 * Sends a streamed body: headers at once, then chunks as they come. A reader that does not take them makes
 * the stream wait, which its source bounds. Ends the source when the client goes.
 */
export async function sendStream(
  raw: RawReply,
  { status, headers, body }: ApiResponse,
  abort: PendingAbort,
  logger: Logger,
): Promise<void> {
  const stop = (): void => abort.abort();
  raw.once('close', stop);
  raw.once('error', stop);
  raw.writeHead(status, headers as Record<string, string>);
  (raw as ServerResponse).flushHeaders();
  try {
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      if (abort.signal.aborted) break;
      if (!write(raw, chunk)) await drained(raw, abort.signal);
      // What arrives in the same turn of the event loop goes out together.
      else await new Promise((resolve) => setImmediate(resolve));
    }
    raw.end();
  } catch (error) {
    if (!abort.signal.aborted) logger.warn({ error: String(error) }, 'a stream broke off');
    raw.destroy();
  }
}

/** Past the reply's own framing, which would make three pieces of each chunk. */
function write(raw: RawReply, chunk: Uint8Array): boolean {
  const socket = chunkedSocket(raw);
  return socket ? socket.write(chunkOf(chunk)) : (raw as Http2ServerResponse).write(chunk);
}

/** Undefined for HTTP/2, and for a client of HTTP/1.0. */
function chunkedSocket(raw: RawReply): Socket | undefined {
  return raw instanceof ServerResponse && raw.chunkedEncoding ? (raw.socket ?? undefined) : undefined;
}

function drained(raw: RawReply, signal: AbortSignal): Promise<void> {
  const source = chunkedSocket(raw) ?? raw;
  return new Promise((resolve) => {
    const done = (): void => {
      source.removeListener('drain', done);
      signal.removeEventListener('abort', done);
      resolve();
    };
    source.once('drain', done);
    signal.addEventListener('abort', done, { once: true });
    if (signal.aborted) done();
  });
}
