import type { HostStream } from '../../platform/host-network.ts';
import type { TcpSocket } from '../netstack/tcp/tcp-socket.ts';

/**
 * Joins a connection of the host's network with one of the simulated network: bytes, ends, resets and
 * back-pressure pass in both directions.
 */
export function splice(stream: HostStream, socket: TcpSocket): void {
  stream.onData = (chunk) => {
    if (!socket.write(chunk)) stream.pause();
  };
  socket.onDrain = () => stream.resume();
  socket.onData = (chunk) => {
    if (!stream.write(chunk)) socket.pause();
  };
  stream.onDrain = () => socket.resume();
  stream.onEnd = () => socket.end();
  socket.onEnd = () => stream.end();
  stream.onClose = (error) => {
    if (error) socket.reset();
    else socket.end();
  };
  socket.onClose = (error) => {
    if (error) stream.destroy();
    else stream.end();
  };
}
