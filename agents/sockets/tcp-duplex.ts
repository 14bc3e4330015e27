import { type ByteStream, StreamDuplex } from '../../platform/stream-duplex.ts';
import type { Endpoint } from '../netstack/endpoint.ts';
import { formatIp } from '../netstack/ip-address.ts';

/** A simulated TCP connection, as the kernel or a process holds it. */
export interface SimulatedStream extends ByteStream {
  readonly local: Endpoint;
  readonly remote: Endpoint;
}

/** Such a connection as a Node stream. */
export function tcpDuplex(socket: SimulatedStream): StreamDuplex {
  const [local, remote] = [socket.local, socket.remote].map(({ address, port }) => ({
    address: formatIp(address),
    port,
  }));
  return new StreamDuplex(socket, local!, remote!);
}
