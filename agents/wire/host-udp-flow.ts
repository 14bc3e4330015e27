import type { HostEndpoint, HostUdpSocket } from '../../platform/host-network.ts';

/** Datagrams that wait for the socket; later ones are lost. */
const MOST_WAITING = 16;

/** One conversation of a node with somebody on the machine's network, over a socket of its own. */
export class HostUdpFlow {
  /** Gets what the other side answers. */
  reply: (payload: Uint8Array) => void = () => {};
  readonly #target: HostEndpoint;
  readonly #waiting: Uint8Array[] = [];
  #socket: HostUdpSocket | undefined;
  #closed = false;

  constructor(target: HostEndpoint) {
    this.#target = target;
  }

  /** Rejects if the machine grants no socket. */
  async open(bind: () => Promise<HostUdpSocket>, onAnswer: () => void): Promise<void> {
    const socket = await bind();
    if (this.#closed) return socket.close();
    this.#socket = socket;
    socket.onDatagram = (payload, from) => {
      if (from.address !== this.#target.address || from.port !== this.#target.port) return;
      this.reply(payload);
      onAnswer();
    };
    for (const payload of this.#waiting.splice(0)) socket.send(payload, this.#target);
  }

  send(payload: Uint8Array): void {
    if (this.#socket) this.#socket.send(payload, this.#target);
    else if (this.#waiting.length < MOST_WAITING) this.#waiting.push(payload);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#socket?.close();
  }
}
