import type { HostEndpoint, HostListener, HostNetwork, HostStream, HostUdpSocket } from './host-network.ts';

const FIRST_EPHEMERAL_PORT = 32768;
const ANY = '0.0.0.0';
/** A paused reader holds this much before `write` asks the writer to wait. */
const HIGH_WATER_BYTES = 256 * 1024;

/**
 * The host's network inside one process: every address exists, nothing leaves, delivery is by microtask.
 * Stands for the machine's sockets where a cluster runs in virtual time.
 */
export class MemoryHostNetwork implements HostNetwork {
  readonly #listeners = new Map<string, (stream: HostStream) => void>();
  readonly #udp = new Map<string, HostUdpSocket>();
  #nextPort = FIRST_EPHEMERAL_PORT;

  async listenTcp(local: HostEndpoint, onConnection: (stream: HostStream) => void): Promise<HostListener> {
    const bound = this.#claim(local, this.#listeners);
    this.#listeners.set(key(bound), onConnection);
    return {
      local: bound,
      close: async () => {
        this.#listeners.delete(key(bound));
      },
    };
  }

  async connectTcp(remote: HostEndpoint, from = '127.0.0.1'): Promise<HostStream> {
    const accept =
      this.#listeners.get(key(remote)) ?? this.#listeners.get(key({ address: ANY, port: remote.port }));
    if (!accept) throw failure('ECONNREFUSED', `connect ${key(remote)}`);
    const local = { address: from, port: this.#ephemeralPort() };
    const [near, far] = MemoryStream.pair(local, remote);
    // After the caller has its end in hand: a server that speaks first must find it listening.
    queueMicrotask(() => accept(far));
    return near;
  }

  async bindUdp(local: HostEndpoint): Promise<HostUdpSocket> {
    const bound = this.#claim(local, this.#udp);
    const socket: HostUdpSocket = {
      local: bound,
      onDatagram: () => {},
      send: (payload, to) => this.#deliver(payload, bound, to),
      close: async () => {
        this.#udp.delete(key(bound));
      },
    };
    this.#udp.set(key(bound), socket);
    return socket;
  }

  #deliver(payload: Uint8Array, from: HostEndpoint, to: HostEndpoint): void {
    const copy = payload.slice();
    queueMicrotask(() => this.#udp.get(key(to))?.onDatagram(copy, from));
  }

  #claim(local: HostEndpoint, taken: ReadonlyMap<string, unknown>): HostEndpoint {
    if (local.port !== 0) {
      if (taken.has(key(local))) throw failure('EADDRINUSE', `bind ${key(local)}`);
      return local;
    }
    let bound = { address: local.address, port: this.#ephemeralPort() };
    while (taken.has(key(bound))) bound = { address: local.address, port: this.#ephemeralPort() };
    return bound;
  }

  #ephemeralPort(): number {
    const port = this.#nextPort;
    this.#nextPort = port === 65535 ? FIRST_EPHEMERAL_PORT : port + 1;
    return port;
  }
}

function key(endpoint: HostEndpoint): string {
  return `${endpoint.address}:${endpoint.port}`;
}

function failure(code: string, what: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: ${what}`), { code });
}

type Delivery = { kind: 'data'; chunk: Uint8Array } | { kind: 'end' };

class MemoryStream implements HostStream {
  onData: (chunk: Uint8Array) => void = () => {};
  onEnd: () => void = () => {};
  onDrain: () => void = () => {};
  onClose: (error?: NodeJS.ErrnoException) => void = () => {};
  readonly local: HostEndpoint;
  readonly remote: HostEndpoint;
  #peer: MemoryStream | undefined;
  readonly #inbox: Delivery[] = [];
  #inboxBytes = 0;
  #paused = false;
  #scheduled = false;
  #ended = false;
  #peerEnded = false;
  #closed = false;

  private constructor(local: HostEndpoint, remote: HostEndpoint) {
    this.local = local;
    this.remote = remote;
  }

  static pair(a: HostEndpoint, b: HostEndpoint): [MemoryStream, MemoryStream] {
    const near = new MemoryStream(a, b);
    const far = new MemoryStream(b, a);
    near.#peer = far;
    far.#peer = near;
    return [near, far];
  }

  write(chunk: Uint8Array): boolean {
    const peer = this.#peer;
    if (this.#ended || this.#closed || !peer) return true;
    peer.#inbox.push({ kind: 'data', chunk: chunk.slice() });
    peer.#inboxBytes += chunk.length;
    peer.#schedule();
    return peer.#inboxBytes < HIGH_WATER_BYTES;
  }

  end(): void {
    if (this.#ended || this.#closed || !this.#peer) return;
    this.#ended = true;
    this.#peer!.#inbox.push({ kind: 'end' });
    this.#peer!.#schedule();
    this.#closeIfDone();
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#schedule();
  }

  destroy(): void {
    const peer = this.#peer;
    this.#close();
    if (peer) queueMicrotask(() => peer.#close(failure('ECONNRESET', 'the peer reset the connection')));
  }

  #schedule(): void {
    if (this.#scheduled || this.#paused) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      this.#drainInbox();
    });
  }

  #drainInbox(): void {
    const wasFull = this.#inboxBytes >= HIGH_WATER_BYTES;
    while (!this.#paused && !this.#closed && this.#inbox.length > 0) {
      const delivery = this.#inbox.shift()!;
      if (delivery.kind === 'data') {
        this.#inboxBytes -= delivery.chunk.length;
        this.onData(delivery.chunk);
      } else {
        this.#peerEnded = true;
        this.onEnd();
        this.#closeIfDone();
      }
    }
    if (wasFull && this.#inboxBytes < HIGH_WATER_BYTES) this.#peer?.onDrain();
  }

  #closeIfDone(): void {
    if (this.#ended && this.#peerEnded) queueMicrotask(() => this.#close());
  }

  #close(error?: NodeJS.ErrnoException): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#peer = undefined;
    this.onClose(error);
  }
}
