/** An address on the host's own network. */
export interface HostEndpoint {
  /** Dotted IPv4. */
  readonly address: string;
  readonly port: number;
}

/**
 * A connected byte stream on the host. Callbacks are set once, right after the stream is obtained.
 * `write` answers false when the caller should wait for `onDrain`.
 */
export interface HostStream {
  readonly local: HostEndpoint;
  readonly remote: HostEndpoint;
  onData: (chunk: Uint8Array) => void;
  /** The peer has finished sending. */
  onEnd: () => void;
  onDrain: () => void;
  /** The last event; `error` is set when the stream was reset or failed. */
  onClose: (error?: NodeJS.ErrnoException) => void;
  write(chunk: Uint8Array): boolean;
  pause(): void;
  resume(): void;
  /** Finish sending. */
  end(): void;
  /** Close at once; the peer sees a reset. */
  destroy(): void;
}

export interface HostListener {
  readonly local: HostEndpoint;
  close(): Promise<void>;
}

export interface HostUdpSocket extends HostListener {
  onDatagram: (payload: Uint8Array, from: HostEndpoint) => void;
  send(payload: Uint8Array, to: HostEndpoint): void;
}

/**
 * What a component may do on the network outside the simulation: the machine's sockets between processes,
 * an in-memory stand-in inside one process. Promises reject with an Error whose `code` is the errno name
 * (ECONNREFUSED, EADDRINUSE, EADDRNOTAVAIL…).
 */
export interface HostNetwork {
  listenTcp(local: HostEndpoint, onConnection: (stream: HostStream) => void): Promise<HostListener>;
  /** `from` is the local address to connect from, where the machine allows it. */
  connectTcp(remote: HostEndpoint, from?: string): Promise<HostStream>;
  bindUdp(local: HostEndpoint): Promise<HostUdpSocket>;
}
