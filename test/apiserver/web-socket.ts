/** What tests use of ws's client. */
interface ClientSocket {
  on(event: 'error', listener: (error: Error) => void): void;
  on(event: 'message', listener: (data: unknown) => void): void;
  on(
    event: 'unexpected-response',
    listener: (request: unknown, response: { statusCode: number }) => void,
  ): void;
  close(): void;
}

/** ws comes with @fastify/websocket, but without its types. */
const PACKAGE: string = 'ws';

export async function openSocket(
  url: string,
  options: { readonly ca: string; readonly headers?: Record<string, string> },
): Promise<ClientSocket> {
  const { default: WebSocket } = (await import(PACKAGE)) as {
    default: new (url: string, options: object) => ClientSocket;
  };
  return new WebSocket(url, options);
}
