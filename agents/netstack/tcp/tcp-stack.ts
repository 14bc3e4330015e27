import type { Endpoint } from '../endpoint.ts';
import { chooseEphemeralPort } from '../ephemeral-port.ts';
import { classOf, ipDestination, ipSource } from '../header/ip-header.ts';
import {
  checkTcp,
  parseTcp,
  TCP_ACK,
  TCP_FIN,
  TCP_HEADER,
  TCP_RST,
  TCP_SYN,
  type TcpHeader,
  tcpHeaderLength,
  tcpHeaderSize,
  writeTcp,
  writeTcpChecksum,
} from '../header/tcp-header.ts';
import type { IcmpFault } from '../ip/icmp-fault.ts';
import type { SendOptions, SendResult } from '../ip/ip-protocol.ts';
import { type IpAddress, isAny, isIpv6 } from '../ip-address.ts';
import { ANY_IPV4, LOOPBACK_IPV4 } from '../ipv4.ts';
import { ANY_IPV6, isLinkLocal6, LOOPBACK_IPV6 } from '../ipv6.ts';
import { NetError } from '../net-error.ts';
import type { Netns } from '../netns.ts';
import { PACKET_HOST, type Packet } from '../packet.ts';
import { PROTO_TCP } from '../protocol-numbers.ts';
import { covers } from '../wildcard.ts';
import type { ByteQueue } from './byte-queue.ts';
import { seqAdd } from './sequence.ts';
import { TcpSocket } from './tcp-socket.ts';

/** The class of service without the bits of congestion notification. */
const DSCP_MASK = 0xfc;
/** Sockets of one namespace; a further one is refused (EMFILE), a further SYN dropped. */
const MAX_SOCKETS = 65_536;
/** SYNs that wait for a forwarder's decision. */
const MAX_FORWARDED = 4096;

export interface TcpListener {
  readonly address: IpAddress;
  readonly port: number;
  /** Connections whose handshake is not done. */
  readonly pending: number;
  readonly backlog: number;
  close(): void;
}

/** A SYN for an address that is delivered here though nobody listens on its port. */
export interface ForwardedConnection {
  readonly local: Endpoint;
  readonly remote: Endpoint;
  /** Answers SYN-ACK; the socket's onConnect follows. */
  accept(): TcpSocket;
  /** Answers RST. */
  reject(): void;
}

interface Listening {
  readonly address: IpAddress;
  readonly port: number;
  readonly backlog: number;
  readonly onConnection: (socket: TcpSocket) => void;
  readonly halfOpen: Set<TcpSocket>;
}

/** TCP of a namespace (RFC 9293): listeners, connections and who gets a segment. */
export class TcpStack {
  readonly ns: Netns;
  /** By port; several addresses may be listened on at one. */
  readonly #listening = new Map<number, Listening[]>();
  /** By remote, then local endpoint. */
  readonly #connections = new Map<EndpointKey, Map<EndpointKey, TcpSocket>>();
  readonly #forwarded = new Set<string>();
  #count = 0;
  readonly #timeWaiting = new Set<TcpSocket>();
  #forwarder: ((connection: ForwardedConnection) => void) | undefined;

  constructor(ns: Netns) {
    this.ns = ns;
  }

  /**
   * EADDRINUSE, EADDRNOTAVAIL, EINVAL. Port 0 chooses one; no address, or ::, is any of both families. `onConnection` gets each connection once established.
   */
  listen(
    options: { address?: IpAddress; port: number; backlog?: number },
    onConnection: (socket: TcpSocket) => void,
  ): TcpListener {
    const address = options.address ?? ANY_IPV6;
    this.#requireLocal(address);
    requirePort(options.port);
    const isFree = (port: number) => !this.#isListening(address, port);
    const port = options.port || chooseEphemeralPort(this.ns, isFree);
    if (!isFree(port)) throw new NetError('EADDRINUSE', 'Address already in use');
    const somaxconn = this.ns.sysctl.number('net.core.somaxconn');
    const backlog = Math.min(options.backlog ?? somaxconn, somaxconn);
    const listening: Listening = { address, port, backlog, onConnection, halfOpen: new Set() };
    this.#listening.set(port, [...(this.#listening.get(port) ?? []), listening]);
    return {
      address,
      port,
      backlog,
      get pending() {
        return listening.halfOpen.size;
      },
      close: () => this.#unlisten(listening),
    };
  }

  /**
   * Opens a connection; faults come by onClose with ECONNREFUSED, EHOSTUNREACH, ENETUNREACH or ETIMEDOUT, never
   * by exception. A localAddress that is not ours throws EADDRNOTAVAIL.
   */
  connect(options: {
    address: IpAddress;
    port: number;
    localAddress?: IpAddress;
    localPort?: number;
  }): TcpSocket {
    const remote: Endpoint = {
      address: isAny(options.address) ? loopbackFor(options.address) : options.address,
      port: options.port,
    };
    const address = options.localAddress || this.#sourceTowards(remote.address);
    if (options.localAddress) this.#requireLocal(options.localAddress);
    const isFree = (port: number) =>
      !this.#find(remote, { address, port }) && !this.#isListening(address, port);
    const port = options.localPort || chooseEphemeralPort(this.ns, isFree);
    if (this.#find(remote, { address, port })) throw new NetError('EADDRINUSE', 'Address already in use');
    if (this.#count >= MAX_SOCKETS) throw new NetError('EMFILE', 'Too many open files');
    const socket = new TcpSocket(this, { address, port }, remote);
    this.#register(socket);
    socket.connect();
    return socket;
  }

  /** Gets every SYN that is delivered to this namespace and has no listener; undefined turns it off. */
  setForwarder(handler: ((connection: ForwardedConnection) => void) | undefined): void {
    this.#forwarder = handler;
  }

  sockets(): TcpSocket[] {
    return [...this.#connections.values()].flatMap((byLocal) => [...byLocal.values()]);
  }

  listeners(): { address: IpAddress; port: number; backlog: number; pending: number }[] {
    return [...this.#listening.values()]
      .flat()
      .map(({ address, port, backlog, halfOpen }) => ({ address, port, backlog, pending: halfOpen.size }));
  }

  receive(packet: Packet): void {
    const { bytes, l3, l4, end } = packet;
    const source = ipSource(bytes, l3);
    const destination = ipDestination(bytes, l3);
    const fault = packet.checksumsGood ? undefined : checkTcp(bytes, l4, end, source, destination);
    if (fault) return this.ns.drop(packet, fault);
    const segment = parseTcp(bytes, l4, end);
    if (typeof segment === 'string') return this.ns.drop(packet, segment);
    if (packet.type !== PACKET_HOST) return this.ns.drop(packet, 'OTHERHOST');
    const local: Endpoint = { address: destination, port: segment.destinationPort };
    const remote: Endpoint = { address: source, port: segment.sourcePort };
    const socket = this.#find(remote, local);
    const size = end - l4 - tcpHeaderLength(bytes, l4);
    const isSuccessor = socket !== undefined && this.#isHeard(local) && mayReopen(socket, segment, size);
    if (socket && !isSuccessor) {
      packet.trace?.({ kind: 'socket', ns: this.ns.name, protocol: 'tcp', detail: socket.state }, packet);
      return socket.receive(segment, bytes.subarray(l4 + tcpHeaderLength(bytes, l4), end));
    }
    if (socket) this.release(socket);
    this.#receiveUnknown(packet, segment, local, remote, socket?.successorSequence);
  }

  /** An ICMP error about a segment from `local` to `remote` with that sequence number. */
  fault(local: Endpoint, remote: Endpoint, sequence: number, fault: IcmpFault): void {
    this.#find(remote, local)?.fault(sequence, fault);
  }

  /** Ends every connection from an address that went away. */
  abortLocal(address: IpAddress): void {
    for (const socket of this.sockets()) if (socket.local.address === address) socket.abort('ENETDOWN');
  }

  closeAll(): void {
    for (const socket of this.sockets()) socket.abort('ENETDOWN');
    this.#listening.clear();
    this.#forwarder = undefined;
  }

  /** For TcpSocket, as all that follows: puts a segment with part of the queue on the wire. */
  emit(socket: TcpSocket, header: TcpHeader, queue: ByteQueue, offset: number, length: number): SendResult {
    const headerLength = tcpHeaderSize(header);
    const packet = this.ns.ipFor(socket.remote.address).allocate(headerLength + length);
    writeTcp(packet.bytes, packet.l4, header);
    if (length > 0) queue.copy(offset, length, packet.bytes, packet.l4 + headerLength);
    return this.#send(packet, socket.local, socket.remote);
  }

  /** Answers a segment that a socket cannot have asked for. */
  refuse({ local, remote }: TcpSocket, segment: TcpHeader, length: number): void {
    this.#refuse(segment, length, local, remote);
  }

  /** Runs after the current call, so that no callback runs inside the call that caused it. */
  later(task: () => void): void {
    void Promise.resolve().then(task);
  }

  /** RFC 6528 asks for numbers that cannot be guessed; ours come from the namespace's chance. */
  initialSequence(): number {
    return this.ns.rng.int(0x100000000);
  }

  /** What fits into the packets that get to `remote`, headers without options. */
  mssTowards(remote: IpAddress, local: IpAddress): number {
    const ip = this.ns.ipFor(remote);
    const mtu = ip.mtuTowards(remote, { source: local });
    const headers = ip.headerLength + TCP_HEADER;
    return Math.min(Math.max(mtu - headers, 48), 0xffff - headers);
  }

  /** What is believed of a peer that does not tell its MSS (RFC 9293 §3.7.1). */
  defaultMss(remote: IpAddress): number {
    return isIpv6(remote) ? 1220 : 536;
  }

  /** False if there are too many already (tcp_max_tw_buckets). */
  enterTimeWait(socket: TcpSocket): boolean {
    if (this.#timeWaiting.size >= this.ns.sysctl.number('net.ipv4.tcp_max_tw_buckets')) return false;
    this.#timeWaiting.add(socket);
    return true;
  }

  release(socket: TcpSocket): void {
    this.#timeWaiting.delete(socket);
    const key = endpointKey(socket.remote);
    const byLocal = this.#connections.get(key);
    if (byLocal?.get(endpointKey(socket.local)) !== socket) return;
    byLocal.delete(endpointKey(socket.local));
    if (byLocal.size === 0) this.#connections.delete(key);
    this.#count--;
    for (const listening of this.#listening.get(socket.local.port) ?? []) listening.halfOpen.delete(socket);
  }

  /** Whether a SYN for it would be taken in. */
  #isHeard(local: Endpoint): boolean {
    return this.#forwarder !== undefined || this.#listenerFor(local) !== undefined;
  }

  #receiveUnknown(
    packet: Packet,
    segment: TcpHeader,
    local: Endpoint,
    remote: Endpoint,
    startAt?: number,
  ): void {
    // Nobody speaks to many at once: to a group, or to whoever of several is near.
    if (packet.route !== undefined && packet.route.type !== 'local')
      return this.ns.drop(packet, 'TCP_NO_SOCKET');
    const isSyn = (segment.flags & (TCP_SYN | TCP_ACK | TCP_RST)) === TCP_SYN;
    const listening = this.#listenerFor(local);
    if (listening && (segment.flags & TCP_ACK) === 0) {
      // tcp_rcv_state_process in LISTEN.
      if (!isSyn || segment.flags & TCP_FIN) return this.ns.drop(packet, 'TCP_FLAGS');
      if (!this.#hasRoom(listening)) return this.ns.drop(packet, 'TCP_BACKLOG_FULL');
      return this.#acceptSyn(packet, segment, listening, new TcpSocket(this, local, remote, startAt));
    }
    if (isSyn && this.#forwarder) return this.#forward(packet, segment, local, remote);
    this.ns.drop(packet, 'TCP_NO_SOCKET');
    const length = packet.end - packet.l4 - tcpHeaderLength(packet.bytes, packet.l4);
    const output = isIpv6(remote.address) && isLinkLocal6(remote.address) ? packet.input : undefined;
    this.#refuse(segment, length, local, remote, {
      tos: classOf(packet.bytes, packet.l3) & DSCP_MASK,
      output,
    });
  }

  /** inet_csk_reqsk_queue_is_full. */
  #hasRoom({ halfOpen, backlog }: Listening): boolean {
    return halfOpen.size <= backlog && this.#count < MAX_SOCKETS;
  }

  #acceptSyn(packet: Packet, segment: TcpHeader, listening: Listening, socket: TcpSocket): void {
    packet.trace?.(
      { kind: 'socket', ns: this.ns.name, protocol: 'tcp', detail: `listener ${socket.local.port}` },
      packet,
    );
    this.#register(socket);
    listening.halfOpen.add(socket);
    socket.acceptFrom(segment, () => {
      listening.halfOpen.delete(socket);
      listening.onConnection(socket);
      socket.onConnect();
    });
  }

  #forward(packet: Packet, segment: TcpHeader, local: Endpoint, remote: Endpoint): void {
    const key = `${endpointKey(local)}<${endpointKey(remote)}`;
    if (this.#forwarded.has(key)) return;
    if (this.#forwarded.size >= MAX_FORWARDED) return this.ns.drop(packet, 'TCP_BACKLOG_FULL');
    this.#forwarded.add(key);
    this.#forwarder!({
      local,
      remote,
      accept: () => {
        this.#forwarded.delete(key);
        const socket = new TcpSocket(this, local, remote);
        this.#register(socket);
        socket.acceptFrom(segment, () => socket.onConnect());
        return socket;
      },
      reject: () => {
        if (this.#forwarded.delete(key)) this.#refuse(segment, 0, local, remote);
      },
    });
  }

  /** RFC 9293 §3.10.7.1: the answer to a segment that belongs to nothing; it has the segment's class of service. */
  #refuse(
    segment: TcpHeader,
    length: number,
    local: Endpoint,
    remote: Endpoint,
    way: SendOptions = {},
  ): void {
    const { flags, sequence, acknowledgment } = segment;
    if (flags & TCP_RST) return;
    if (flags & TCP_ACK) return this.#sendControl(local, remote, acknowledgment, 0, TCP_RST, way);
    const counted = length + (flags & TCP_SYN ? 1 : 0) + (flags & TCP_FIN ? 1 : 0);
    this.#sendControl(local, remote, 0, seqAdd(sequence, counted), TCP_RST | TCP_ACK, way);
  }

  #sendControl(
    local: Endpoint,
    remote: Endpoint,
    sequence: number,
    acknowledgment: number,
    flags: number,
    way: SendOptions = {},
  ): void {
    const packet = this.ns.ipFor(remote.address).allocate(TCP_HEADER);
    writeTcp(packet.bytes, packet.l4, {
      sourcePort: local.port,
      destinationPort: remote.port,
      sequence,
      acknowledgment: flags & TCP_ACK ? acknowledgment : 0,
      flags,
      window: 0,
    });
    this.#send(packet, local, remote, way);
  }

  #send(packet: Packet, local: Endpoint, remote: Endpoint, way: SendOptions = {}): SendResult {
    return this.ns
      .ipFor(remote.address)
      .send(
        packet,
        remote.address,
        PROTO_TCP,
        { ...way, source: local.address, dontFragment: true },
        (source, destination) => writeTcpChecksum(packet.bytes, packet.l4, packet.end, source, destination),
      );
  }

  #sourceTowards(address: IpAddress): IpAddress {
    const ip = this.ns.ipFor(address);
    const route = ip.routeOutput(address);
    const source = typeof route === 'string' ? undefined : ip.sourceFor(route, address);
    return source ?? (isIpv6(address) ? ANY_IPV6 : ANY_IPV4);
  }

  #requireLocal(address: IpAddress): void {
    if (!isAny(address) && this.ns.lookupOwn(address)?.type !== 'local') {
      throw new NetError('EADDRNOTAVAIL', 'Cannot assign requested address');
    }
  }

  #register(socket: TcpSocket): void {
    const key = endpointKey(socket.remote);
    let byLocal = this.#connections.get(key);
    if (!byLocal) {
      byLocal = new Map();
      this.#connections.set(key, byLocal);
    }
    byLocal.set(endpointKey(socket.local), socket);
    this.#count++;
  }

  #find(remote: Endpoint, local: Endpoint): TcpSocket | undefined {
    return this.#connections.get(endpointKey(remote))?.get(endpointKey(local));
  }

  #listenerFor({ address, port }: Endpoint): Listening | undefined {
    const listening = this.#listening.get(port);
    return (
      listening?.find((each) => each.address === address) ??
      listening?.find((each) => covers(each.address, address))
    );
  }

  #isListening(address: IpAddress, port: number): boolean {
    const listening = this.#listening.get(port) ?? [];
    return listening.some((each) => covers(each.address, address) || covers(address, each.address));
  }

  #unlisten(listening: Listening): void {
    const rest = (this.#listening.get(listening.port) ?? []).filter((other) => other !== listening);
    if (rest.length > 0) this.#listening.set(listening.port, rest);
    else this.#listening.delete(listening.port);
    for (const socket of [...listening.halfOpen]) socket.reset();
  }
}

function requirePort(port: number): void {
  if (!Number.isInteger(port) || port < 0 || port > 65535) throw new NetError('EINVAL', 'Invalid argument');
}

const mayReopen = (socket: TcpSocket, segment: TcpHeader, size: number): boolean =>
  socket.mayBeReopenedBy(
    segment,
    size + (segment.flags & TCP_SYN ? 1 : 0) + (segment.flags & TCP_FIN ? 1 : 0),
  );

const loopbackFor = (any: IpAddress): IpAddress => (isIpv6(any) ? LOOPBACK_IPV6 : LOOPBACK_IPV4);

type EndpointKey = number | bigint;

/** 48 bits are exact in a number; 144 bits of IPv6 are another type. */
function endpointKey({ address, port }: Endpoint): EndpointKey {
  return isIpv6(address) ? (address << 16n) | BigInt(port) : address * 0x10000 + port;
}
