import type { HostEndpoint, HostUdpSocket } from '../../platform/host-network.ts';
import { isGroupMac, type Mac, readMac } from '../netstack/mac.ts';

/** Something on this machine's side of the segment that takes whole Ethernet frames. */
export interface LanPort {
  readonly mac: Mac;
  receive(frame: Uint8Array): void;
}

/** UDP datagrams on loopback carry at most this much. */
const LARGEST_DATAGRAM = 65_000;
const LENGTH_BYTES = 2;
/** Frames between ports of one process that wait for their turn; more are lost, as on a full switch. */
const LONGEST_QUEUE = 8192;

/**
 * The Ethernet segment that joins the nodes, as one process sees it: a switch between the ports in this
 * process and the other processes' switches, reached by UDP. A datagram holds one or more frames, each after
 * its length in two bytes. Frames that become ready in one turn travel together.
 */
export class Lan {
  readonly #socket: HostUdpSocket;
  readonly #ports = new Map<Mac, LanPort>();
  /** By endpoint; several MACs may be behind one. */
  readonly #peers = new Map<string, Peer>();
  readonly #peerByMac = new Map<Mac, Peer>();
  readonly #queue: { readonly port: LanPort; readonly frame: Uint8Array }[] = [];
  /** Frames that nobody here may send: from an address that is no peer's, or cut short. */
  rejected = 0;
  /** Frames that found the queue full. */
  lost = 0;

  constructor(socket: HostUdpSocket) {
    this.#socket = socket;
    socket.onDatagram = (payload, from) => this.#receive(payload, from);
  }

  /** Where other processes reach this one. */
  get local(): HostEndpoint {
    return this.#socket.local;
  }

  attach(port: LanPort): void {
    this.#ports.set(port.mac, port);
  }

  /** Makes known who is behind a MAC on another process; replaces what was known. */
  setPeer(mac: Mac, endpoint: HostEndpoint): void {
    const key = endpointKey(endpoint);
    if (this.#peerByMac.get(mac)?.key === key) return;
    this.removePeer(mac);
    const peer = this.#peers.get(key) ?? new Peer(key, endpoint, this.#socket);
    peer.macs.add(mac);
    this.#peers.set(key, peer);
    this.#peerByMac.set(mac, peer);
  }

  removePeer(mac: Mac): void {
    const peer = this.#peerByMac.get(mac);
    if (!peer) return;
    this.#peerByMac.delete(mac);
    peer.macs.delete(mac);
    if (peer.macs.size === 0) this.#peers.delete(peer.key);
  }

  /** Carries a frame from a local port to wherever its destination is; group addresses go everywhere. */
  send(frame: Uint8Array, from: LanPort): void {
    const destination = readMac(frame, 0);
    const port = this.#ports.get(destination);
    if (port) return this.#enqueue(port, frame);
    const peer = this.#peerByMac.get(destination);
    if (peer) return peer.send(frame);
    if (!isGroupMac(destination)) return;
    for (const other of this.#ports.values()) if (other !== from) this.#enqueue(other, frame.slice());
    for (const other of this.#peers.values()) other.send(frame);
  }

  async close(): Promise<void> {
    await this.#socket.close();
  }

  /** A wire takes time: a sender is never called back while it is still sending. */
  #enqueue(port: LanPort, frame: Uint8Array): void {
    if (this.#queue.length >= LONGEST_QUEUE) {
      this.lost++;
      return;
    }
    if (this.#queue.length === 0) queueMicrotask(() => this.#drain());
    this.#queue.push({ port, frame });
  }

  #drain(): void {
    for (const { port, frame } of this.#queue.splice(0)) port.receive(frame);
  }

  #receive(payload: Uint8Array, from: HostEndpoint): void {
    if (!this.#peers.has(endpointKey(from))) {
      this.rejected++;
      return;
    }
    let offset = 0;
    while (offset < payload.length) {
      const length = (payload[offset]! << 8) | (payload[offset + 1] ?? 0);
      offset += LENGTH_BYTES;
      if (length === 0 || offset + length > payload.length) {
        this.rejected++;
        return;
      }
      this.#deliver(payload.slice(offset, offset + length));
      offset += length;
    }
  }

  #deliver(frame: Uint8Array): void {
    if (frame.length < 14) {
      this.rejected++;
      return;
    }
    const destination = readMac(frame, 0);
    if (!isGroupMac(destination)) return this.#ports.get(destination)?.receive(frame);
    for (const port of this.#ports.values()) port.receive(frame.slice());
  }
}

function endpointKey({ address, port }: HostEndpoint): string {
  return `${address}:${port}`;
}

/** The way to another process's switch. */
class Peer {
  readonly key: string;
  readonly macs = new Set<Mac>();
  readonly #endpoint: HostEndpoint;
  readonly #socket: HostUdpSocket;
  #batch: Uint8Array[] = [];
  #batchBytes = 0;

  constructor(key: string, endpoint: HostEndpoint, socket: HostUdpSocket) {
    this.key = key;
    this.#endpoint = endpoint;
    this.#socket = socket;
  }

  send(frame: Uint8Array): void {
    const size = frame.length + LENGTH_BYTES;
    if (size > LARGEST_DATAGRAM) return;
    if (this.#batchBytes + size > LARGEST_DATAGRAM) this.#flush();
    if (this.#batch.length === 0) queueMicrotask(() => this.#flush());
    this.#batch.push(frame);
    this.#batchBytes += size;
  }

  #flush(): void {
    if (this.#batch.length === 0) return;
    const datagram = new Uint8Array(this.#batchBytes);
    let offset = 0;
    for (const frame of this.#batch) {
      datagram[offset] = frame.length >>> 8;
      datagram[offset + 1] = frame.length;
      datagram.set(frame, offset + LENGTH_BYTES);
      offset += frame.length + LENGTH_BYTES;
    }
    this.#batch = [];
    this.#batchBytes = 0;
    this.#socket.send(datagram, this.#endpoint);
  }
}
