import type { Http2SecureServer, Http2Session } from 'node:http2';
import type { Socket } from 'node:net';

/** How long requests under way have to end when the server closes. */
const DRAIN_MS = 2_000;
const LOOK_EVERY_MS = 20;

/**
 * Makes a server's close end in bounded time. Node's own leaves three kinds of connection open, each of which
 * keeps the server: one that still shakes hands, one whose session has ended but whose peer says no goodbye,
 * and one whose request never ends. The returned function is called when the server begins to close.
 */
export function connectionDrain(server: Http2SecureServer): () => void {
  const connections = new Map<string, Socket>();
  const sessions = new Map<Http2Session, string>();
  let closing = false;
  server.on('connection', (socket: Socket) => {
    const peer = endpointOf(socket);
    connections.set(peer, socket);
    socket.once('close', () => connections.delete(peer));
  });
  server.on('secureConnection', (socket: Socket) => {
    if (closing) socket.destroy();
  });
  server.on('session', (session) => {
    sessions.set(session, endpointOf(session.socket));
    session.once('close', () => sessions.delete(session));
  });
  return () => {
    closing = true;
    const deadline = Date.now() + DRAIN_MS;
    const look = setInterval(() => {
      for (const [session, peer] of sessions) if (session.destroyed) connections.get(peer)?.destroy();
      if (Date.now() > deadline) for (const socket of connections.values()) socket.destroy();
    }, LOOK_EVERY_MS);
    server.once('close', () => clearInterval(look));
  };
}

function endpointOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}
