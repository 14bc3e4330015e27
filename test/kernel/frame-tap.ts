import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

/** The far end of a veth as the test: raw frames in and out, each one datagram to and from a socat. */
export class FrameTap {
  readonly #socket: Socket;
  readonly #socat: ChildProcess;
  readonly #port: number;

  private constructor(socket: Socket, socat: ChildProcess, port: number) {
    this.#socket = socket;
    this.#socat = socat;
    this.#port = port;
  }

  /** `port` is socat's UDP port on loopback. `onFrame` gets what comes out of the device. */
  static async open(device: string, port: number, onFrame: (frame: Uint8Array) => void): Promise<FrameTap> {
    const socket = createSocket('udp4');
    socket.on('message', (message) => onFrame(new Uint8Array(message)));
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    socket.setRecvBufferSize(4 << 20);
    const own = (socket.address() as AddressInfo).port;
    const udp = `UDP4-DATAGRAM:127.0.0.1:${own},bind=127.0.0.1:${port}`;
    const socat = spawn('socat', ['-b65536', `INTERFACE:${device}`, udp], {
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    return new FrameTap(socket, socat, port);
  }

  send(frame: Uint8Array): void {
    this.#socket.send(frame, this.#port, '127.0.0.1');
  }

  async close(): Promise<void> {
    this.#socket.close();
    const exited = once(this.#socat, 'exit');
    if (this.#socat.kill('SIGKILL')) await exited;
  }
}
