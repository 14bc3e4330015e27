import { createServer, type RequestListener } from 'node:http';
import type { StreamDuplex } from '../../platform/stream-duplex.ts';
import type { Ipv4 } from '../netstack/ipv4.ts';
import type { Netns } from '../netstack/netns.ts';
import { tcpDuplex } from './tcp-duplex.ts';

/** Closes the listener and drops its connections. */
export type StopServer = () => void;

/** Serves HTTP on a simulated namespace's port. Throws EADDRINUSE as the socket does. */
export function serveHttp(
  netns: Netns,
  local: { readonly address: Ipv4; readonly port: number },
  listener: RequestListener,
): StopServer {
  // Node's own time-outs run on real time and so must not act inside a simulation.
  const server = createServer(
    { requestTimeout: 0, headersTimeout: 0, keepAliveTimeout: 0 },
    (request, response) => {
      response.sendDate = false;
      listener(request, response);
    },
  );
  server.on('clientError', (_, socket) => socket.destroy());
  const connections = new Set<StreamDuplex>();
  const tcp = netns.tcp.listen(local, (socket) => {
    const duplex = tcpDuplex(socket);
    connections.add(duplex);
    duplex.on('error', () => {});
    duplex.once('close', () => connections.delete(duplex));
    server.emit('connection', duplex);
  });
  return () => {
    tcp.close();
    for (const connection of connections) connection.destroy();
  };
}
