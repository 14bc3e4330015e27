import { StreamDuplex } from '../../platform/stream-duplex.ts';
import { formatIpv4 } from '../netstack/ipv4.ts';
import type { TcpSocket } from '../netstack/tcp/tcp-socket.ts';

/** A simulated TCP socket as a Node stream. */
export function tcpDuplex(socket: TcpSocket): StreamDuplex {
  const [local, remote] = [socket.local, socket.remote].map(({ address, port }) => ({
    address: formatIpv4(address),
    port,
  }));
  return new StreamDuplex(socket, local!, remote!);
}
