import { u16 } from '../bytes.ts';
import type { Endpoint } from '../endpoint.ts';
import { chooseEphemeralPort } from '../ephemeral-port.ts';
import { ipDestination, ipSource, isVersion6 } from '../header/ip-header.ts';
import { checkUdp, UDP_HEADER, udpLength, writeUdp, writeUdpChecksum } from '../header/udp-header.ts';
import type { IcmpFault } from '../ip/icmp-fault.ts';
import type { SendResult } from '../ip/ip-protocol.ts';
import { type IpAddress, type IpVersion, isAny, versionOf } from '../ip-address.ts';
import { ANY_IPV4 } from '../ipv4.ts';
import { ANY_IPV6 } from '../ipv6.ts';
import { type VxlanLink, vniOf } from '../link/vxlan.ts';
import { NetError } from '../net-error.ts';
import type { Netns } from '../netns.ts';
import { PACKET_HOST, type Packet } from '../packet.ts';
import { PROTO_UDP } from '../protocol-numbers.ts';
import { covers } from '../wildcard.ts';
import { UdpSocket } from './udp-socket.ts';

/** Sockets of one namespace; a further one is refused with EMFILE. */
const MAX_SOCKETS = 65_536;
/** The longest payload that fits a packet of IPv4, and one of IPv6. */
const MAX_PAYLOAD: Readonly<Record<IpVersion, number>> = { 4: 65_507, 6: 65_527 };

/** A datagram for an address that is delivered here though no socket has its port. */
export interface ForwardedDatagram {
  readonly local: Endpoint;
  readonly remote: Endpoint;
  readonly payload: Uint8Array;
  /** Answers from `local`; may be called any number of times, also later. */
  reply(payload: Uint8Array): SendResult;
  /** Tells the sender that nobody listens. */
  reject(): void;
}

/** UDP of a namespace (RFC 768; net/ipv4/udp.c). */
export class UdpStack {
  readonly #ns: Netns;
  /** By port; several addresses may be bound to one. */
  readonly #sockets = new Map<number, UdpSocket[]>();
  /** By the version of the packets around theirs, then by port, then by VNI. */
  readonly #vxlans: Readonly<Record<IpVersion, Map<number, Map<number, VxlanLink>>>> = {
    4: new Map(),
    6: new Map(),
  };
  #count = 0;
  #forwarder: ((datagram: ForwardedDatagram) => void) | undefined;

  constructor(ns: Netns) {
    this.#ns = ns;
  }

  /** EADDRINUSE, EADDRNOTAVAIL, EINVAL; port 0 or none chooses one, no address is any of both families. */
  bind(options: { address?: IpAddress; port?: number } = {}): UdpSocket {
    const address = options.address ?? ANY_IPV6;
    if (!isAny(address) && this.#ns.lookupOwn(address)?.type !== 'local') {
      throw new NetError('EADDRNOTAVAIL', 'Cannot assign requested address');
    }
    if (this.#count >= MAX_SOCKETS) throw new NetError('EMFILE', 'Too many open files');
    if (options.port !== undefined && !(options.port >= 0 && options.port <= 65535)) {
      throw new NetError('EINVAL', 'Invalid argument');
    }
    const port =
      options.port || chooseEphemeralPort(this.#ns, (candidate) => !this.#taken(address, candidate));
    if (this.#taken(address, port)) throw new NetError('EADDRINUSE', 'Address already in use');
    const socket = new UdpSocket(this, address, port);
    this.#sockets.set(port, [...(this.#sockets.get(port) ?? []), socket]);
    this.#count++;
    return socket;
  }

  /** Gets what is delivered to this namespace and has no socket; undefined turns it off. */
  setForwarder(handler: ((datagram: ForwardedDatagram) => void) | undefined): void {
    this.#forwarder = handler;
  }

  sockets(): UdpSocket[] {
    return [...this.#sockets.values()].flat();
  }

  receive(packet: Packet): void {
    const ns = this.#ns;
    const { bytes, l3, l4 } = packet;
    const source = ipSource(bytes, l3);
    const destination = ipDestination(bytes, l3);
    const fault =
      packet.checksumsGood && packet.end - l4 >= UDP_HEADER
        ? undefined
        : checkUdp(bytes, l4, packet.end, source, destination);
    // RFC 8200 §8.1: over IPv6 there is no datagram without a checksum.
    if (isVersion6(bytes, l3) && u16(bytes, l4 + 6) === 0) return ns.drop(packet, 'UDP_CSUM');
    if (fault) return ns.drop(packet, fault);
    // What is behind the datagram is nobody's (pskb_trim_rcsum).
    packet.end = l4 + udpLength(bytes, l4, packet.end, destination);
    const port = u16(bytes, l4 + 2);
    const tunnels = this.#vxlans[versionOf(destination)].get(port);
    if (tunnels !== undefined) return this.#toTunnel(packet, tunnels);
    const local = { address: destination, port };
    const remote = { address: source, port: u16(bytes, l4) };
    const payload = bytes.subarray(l4 + UDP_HEADER, packet.end);
    const socket = this.#find(destination, port, packet.type !== PACKET_HOST);
    if (socket) {
      packet.trace?.({ kind: 'socket', ns: ns.name, protocol: 'udp', detail: `port ${port}` }, packet);
      return socket.onMessage(payload, remote, local);
    }
    if (this.#forwarder && packet.type === PACKET_HOST) return this.#forward(packet, local, remote, payload);
    ns.ipFor(destination).refuse(packet, 'port');
    ns.drop(packet, 'UDP_NO_SOCKET');
  }

  /** An ICMP error about a datagram from `local` to `remote`. */
  fault(local: Endpoint, remote: Endpoint, fault: IcmpFault): void {
    const socket = this.#find(local.address, local.port, false);
    if (socket === undefined) return;
    if (fault.errno === 'EMSGSIZE')
      this.#ns.ipFor(remote.address).learnMtu(remote.address, fault.mtu, { source: local.address });
    socket.onFault(fault, remote);
  }

  /** For UdpSocket. */
  transmit(
    payload: Uint8Array,
    sourcePort: number,
    to: Endpoint,
    source: IpAddress | undefined,
    dontFragment: boolean | 'if-it-fits' = 'if-it-fits',
  ): SendResult {
    if (payload.length > MAX_PAYLOAD[versionOf(to.address)]) return 'EMSGSIZE';
    const ip = this.#ns.ipFor(to.address);
    const packet = ip.allocate(UDP_HEADER + payload.length);
    packet.bytes.set(payload, packet.l4 + UDP_HEADER);
    writeUdp(packet.bytes, packet.l4, {
      sourcePort,
      destinationPort: to.port,
      length: UDP_HEADER + payload.length,
    });
    const options = source === undefined ? { dontFragment } : { dontFragment, source };
    return ip.send(packet, to.address, PROTO_UDP, options, (from, dest) =>
      writeUdpChecksum(packet.bytes, packet.l4, from, dest),
    );
  }

  /** For UdpSocket. */
  release(socket: UdpSocket): void {
    const rest = (this.#sockets.get(socket.port) ?? []).filter((other) => other !== socket);
    if (rest.length > 0) this.#sockets.set(socket.port, rest);
    else this.#sockets.delete(socket.port);
    this.#count--;
  }

  closeAll(): void {
    for (const socket of this.sockets()) socket.close();
  }

  registerVxlan(link: VxlanLink): void {
    const byPort = this.#vxlans[versionOf(link.local)];
    const byVni = byPort.get(link.port) ?? new Map<number, VxlanLink>();
    if (byVni.has(link.vni))
      throw new NetError('EEXIST', 'A VXLAN device with the specified VNI already exists.');
    byVni.set(link.vni, link);
    byPort.set(link.port, byVni);
  }

  unregisterVxlan(link: VxlanLink): void {
    const byPort = this.#vxlans[versionOf(link.local)];
    const byVni = byPort.get(link.port);
    byVni?.delete(link.vni);
    if (byVni?.size === 0) byPort.delete(link.port);
  }

  /** Where tunnels take packets in, for `ss`. */
  tunnels(): Endpoint[] {
    const at = (version: IpVersion, address: IpAddress): Endpoint[] =>
      [...this.#vxlans[version].keys()].map((port) => ({ address, port }));
    return [...at(4, ANY_IPV4), ...at(6, ANY_IPV6)];
  }

  #toTunnel(packet: Packet, byVni: ReadonlyMap<number, VxlanLink>): void {
    const vni = vniOf(packet);
    const link = vni === undefined ? undefined : byVni.get(vni);
    if (link?.up) link.decapsulate(packet);
    else this.#ns.drop(packet, vni === undefined ? 'VXLAN_INVALID_HDR' : 'VXLAN_VNI_NOT_FOUND');
  }

  #forward(packet: Packet, local: Endpoint, remote: Endpoint, payload: Uint8Array): void {
    this.#forwarder!({
      local,
      remote,
      payload,
      reply: (answer) => this.transmit(answer, local.port, remote, local.address),
      reject: () => this.#ns.ipFor(local.address).refuse(packet, 'port'),
    });
  }

  /** The most specific binding wins; a broadcast goes to sockets bound to any. */
  #find(address: IpAddress, port: number, broadcast: boolean): UdpSocket | undefined {
    const sockets = this.#sockets.get(port);
    if (!sockets) return undefined;
    const exact = broadcast ? undefined : sockets.find((socket) => socket.address === address);
    return exact ?? sockets.find((socket) => covers(socket.address, address));
  }

  #taken(address: IpAddress, port: number): boolean {
    if (this.tunnels().some((tunnel) => tunnel.port === port)) return true;
    const sockets = this.#sockets.get(port) ?? [];
    return sockets.some((socket) => covers(socket.address, address) || covers(address, socket.address));
  }
}
