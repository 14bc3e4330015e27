import type { HostStream } from '../../platform/host-network.ts';
import type { TcpSocket } from '../netstack/tcp/tcp-socket.ts';

/**
 * Joins a connection of the host's network with one of the simulated network: bytes, ends, resets and
 * back-pressure pass in both directions. When one side is gone, so is the other: in good order if it had said
 * its end, else by a reset.
 */
export function splice(stream: HostStream, socket: TcpSocket): void {
  let socketEnded = false;
  stream.onData = (chunk) => {
    if (!socket.write(chunk)) stream.pause();
  };
  socket.onDrain = () => stream.resume();
  socket.onData = (chunk) => {
    if (!stream.write(chunk)) socket.pause();
  };
  stream.onDrain = () => socket.resume();
  stream.onEnd = () => socket.end();
  socket.onEnd = () => {
    socketEnded = true;
    stream.end();
  };
  stream.onClose = (error) => {
    if (error) socket.reset();
    else socket.destroy();
  };
  socket.onClose = (error) => {
    if (error || !socketEnded) stream.destroy();
    else stream.end();
  };
}
