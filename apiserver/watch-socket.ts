import { unframed } from '../openapi/protobuf-envelope.ts';
import type { ApiResponse } from '../platform/api-transport.ts';
import type { PendingAbort } from './pending-abort.ts';
import { MEDIA_TYPES } from './respond/negotiate.ts';

/** What is needed of ws's WebSocket. */
export interface WatchSocket {
  readonly bufferedAmount: number;
  on(event: 'close' | 'error', listener: () => void): unknown;
  send(data: string | Uint8Array, callback: (error?: Error) => void): void;
  close(code: number): void;
  terminate(): void;
}

/** A client that has this much unread is not sent more until it reads. */
const HIGH_WATER_BYTES = 1024 * 1024;

/** A watch over a WebSocket: one event a frame, JSON as text, protobuf as binary. */
export function serveWatchSocket(
  socket: WatchSocket,
  { headers, body }: ApiResponse,
  abort: PendingAbort,
): void {
  const events = headers['content-type'] === MEDIA_TYPES.json ? lines : unframed;
  socket.on('close', () => abort.abort());
  socket.on('error', () => abort.abort());
  void pump(socket, body as AsyncIterable<Uint8Array>, events, abort).catch(() => socket.terminate());
}

async function pump(
  socket: WatchSocket,
  body: AsyncIterable<Uint8Array>,
  events: (chunk: Uint8Array) => Iterable<string | Uint8Array>,
  abort: PendingAbort,
): Promise<void> {
  for await (const chunk of body) {
    for (const event of events(chunk)) {
      if (abort.signal.aborted) return;
      await send(socket, event);
    }
  }
  socket.close(1000);
}

function lines(chunk: Uint8Array): string[] {
  const text = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).toString();
  return text.split('\n').filter((line) => line !== '');
}

/** Resolves at once while the client keeps up, else when the frame is out. */
function send(socket: WatchSocket, data: string | Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    const congested = socket.bufferedAmount > HIGH_WATER_BYTES;
    socket.send(data, (error) => (error ? reject(error) : congested ? resolve() : undefined));
    if (!congested) resolve();
  });
}
