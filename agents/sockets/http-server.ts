import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { StreamDuplex } from '../../platform/stream-duplex.ts';
import type { IpAddress } from '../netstack/ip-address.ts';
import { type SimulatedStream, tcpDuplex } from './tcp-duplex.ts';

/** Who listens: a namespace's TCP, or one process in it. */
export interface TcpHost {
  listen(
    local: { readonly address: IpAddress; readonly port: number },
    onConnection: (stream: SimulatedStream) => void,
  ): { close(): void };
}

/** Closes the listener and drops its connections. */
export type StopServer = () => void;

/** Answers one request. What it throws, or rejects with, is the program's fault. */
export type HttpListener = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

/** What a client gets whose request cannot be read. */
const BAD_REQUEST = 'HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n';

/** Serves HTTP on a simulated namespace's port. Throws EADDRINUSE as the socket does. */
export function serveHttp(
  tcp: TcpHost,
  local: { readonly address: IpAddress; readonly port: number },
  listener: HttpListener,
  onFault: (error: unknown) => void,
): StopServer {
  // Node's own time-outs run on real time and so must not act inside a simulation.
  const server = createServer(
    { requestTimeout: 0, headersTimeout: 0, keepAliveTimeout: 0 },
    (request, response) => {
      response.sendDate = false;
      // A client that goes away in the middle is no fault of the program's.
      for (const stream of [request, response]) stream.on('error', () => {});
      void answer(listener, request, response).catch(onFault);
    },
  );
  server.on('clientError', (_, socket) => {
    if (socket.writable) socket.end(BAD_REQUEST);
    else socket.destroy();
  });
  const connections = new Set<StreamDuplex>();
  const listening = tcp.listen(local, (socket) => {
    const duplex = tcpDuplex(socket);
    connections.add(duplex);
    duplex.on('error', () => {});
    duplex.once('close', () => connections.delete(duplex));
    server.emit('connection', duplex);
  });
  return () => {
    listening.close();
    for (const connection of connections) connection.destroy();
  };
}

/** Async, so that what the listener throws never reaches the parser that called it. */
async function answer(
  listener: HttpListener,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  await listener(request, response);
}
