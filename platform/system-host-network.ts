import { createSocket } from 'node:dgram';
import { connect, createServer, type Socket } from 'node:net';
import type { HostEndpoint, HostListener, HostNetwork, HostStream, HostUdpSocket } from './host-network.ts';

/** The machine's own sockets. */
export const systemHostNetwork: HostNetwork = {
  listenTcp(local, onConnection) {
    return new Promise((resolve, reject) => {
      const streams = new Set<Socket>();
      const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
        streams.add(socket);
        socket.once('close', () => streams.delete(socket));
        onConnection(new SocketStream(socket));
      });
      server.once('error', reject);
      server.listen(local.port, local.address, () => {
        server.off('error', reject);
        // An accept error (out of file descriptors) drops that one connection; the listener goes on.
        server.on('error', () => {});
        const { address, port } = server.address() as { address: string; port: number };
        resolve({
          local: { address, port },
          close: () => closeServer(server, streams),
        });
      });
    });
  },

  connectTcp(remote, from) {
    return new Promise((resolve, reject) => {
      const socket = connect({
        host: remote.address,
        port: remote.port,
        allowHalfOpen: true,
        noDelay: true,
        ...(from === undefined ? {} : { localAddress: from }),
      });
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.off('error', reject);
        resolve(new SocketStream(socket));
      });
    });
  },

  bindUdp(local) {
    return new Promise((resolve, reject) => {
      const socket = createSocket({
        type: 'udp4',
        recvBufferSize: 4 << 20,
        sendBufferSize: 1 << 20,
        lookup: (address, _options, found) => found(null, address, 4),
      });
      socket.once('error', reject);
      socket.bind(local.port, local.address, () => {
        socket.off('error', reject);
        // A send may report an earlier ICMP error of the host; a datagram may be lost, so that is no news.
        socket.on('error', () => {});
        const bound = socket.address();
        const udp: HostUdpSocket = {
          local: { address: bound.address, port: bound.port },
          onDatagram: () => {},
          send: (payload, to) => socket.send(payload, to.port, to.address),
          close: () => new Promise((done) => socket.close(done)),
        };
        socket.on('message', (payload, from) => udp.onDatagram(payload, from));
        resolve(udp);
      });
    });
  },
};

function closeServer(
  server: ReturnType<typeof createServer>,
  streams: Set<Socket>,
): ReturnType<HostListener['close']> {
  return new Promise((done) => {
    server.close(() => done());
    for (const socket of streams) socket.destroy();
  });
}

class SocketStream implements HostStream {
  readonly local: HostEndpoint;
  readonly remote: HostEndpoint;
  onData: (chunk: Uint8Array) => void = () => {};
  onEnd: () => void = () => {};
  onDrain: () => void = () => {};
  onClose: (error?: NodeJS.ErrnoException) => void = () => {};
  readonly #socket: Socket;

  constructor(socket: Socket) {
    this.#socket = socket;
    this.local = { address: socket.localAddress ?? '0.0.0.0', port: socket.localPort ?? 0 };
    this.remote = { address: socket.remoteAddress ?? '0.0.0.0', port: socket.remotePort ?? 0 };
    let failure: Error | undefined;
    socket.on('data', (chunk) => this.onData(chunk));
    socket.on('end', () => this.onEnd());
    socket.on('drain', () => this.onDrain());
    socket.on('error', (error) => {
      failure = error;
    });
    socket.on('close', () => this.onClose(failure));
  }

  write(chunk: Uint8Array): boolean {
    return this.#socket.write(chunk);
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  end(): void {
    this.#socket.end();
  }

  destroy(): void {
    this.#socket.resetAndDestroy();
  }
}
