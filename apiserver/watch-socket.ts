/** What is needed of ws's WebSocket. */
export interface WatchSocket {
  readonly bufferedAmount: number;
  on(event: 'close' | 'error', listener: () => void): unknown;
  send(text: string, callback: (error?: Error) => void): void;
  close(code: number): void;
  terminate(): void;
}

/** A client that has this much unread is not sent more until it reads. */
const HIGH_WATER_BYTES = 1024 * 1024;

/** A watch over a WebSocket: one JSON event per text frame. */
export function serveWatchSocket(
  socket: WatchSocket,
  body: AsyncIterable<Uint8Array>,
  abort: AbortController,
): void {
  socket.on('close', () => abort.abort());
  socket.on('error', () => abort.abort());
  void pump(socket, body, abort).catch(() => socket.terminate());
}

async function pump(
  socket: WatchSocket,
  body: AsyncIterable<Uint8Array>,
  abort: AbortController,
): Promise<void> {
  for await (const chunk of body) {
    const lines = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).toString().split('\n');
    for (const line of lines) {
      if (abort.signal.aborted) return;
      if (line !== '') await sendText(socket, line);
    }
  }
  socket.close(1000);
}

/** Resolves at once while the client keeps up, else when the frame is out. */
function sendText(socket: WatchSocket, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const congested = socket.bufferedAmount > HIGH_WATER_BYTES;
    socket.send(text, (error) => (error ? reject(error) : congested ? resolve() : undefined));
    if (!congested) resolve();
  });
}
