import { ICMP_ECHO, ICMP_HEADER, writeIcmp } from '../header/icmp-header.ts';
import { ICMP6_ECHO, writeIcmp6, writeIcmp6Checksum } from '../header/icmp6-header.ts';
import { type IpAddress, isIpv6 } from '../ip-address.ts';
import { NetError } from '../net-error.ts';
import type { Netns } from '../netns.ts';
import { PROTO_ICMP, PROTO_ICMPV6 } from '../protocol-numbers.ts';
import type { IcmpFault } from './icmp-fault.ts';
import type { SendOptions, SendResult } from './ip-protocol.ts';

/** Echo clients at once; a further one is refused. */
const MAX_SOCKETS = 1024;

export interface EchoReply {
  readonly from: IpAddress;
  readonly sequence: number;
  readonly ttl: number;
  readonly payload: Uint8Array;
}

export interface EchoSocket {
  onReply: (reply: EchoReply) => void;
  onFault: (fault: IcmpFault, sequence: number) => void;
  send(destination: IpAddress, sequence: number, payload: Uint8Array, options?: SendOptions): SendResult;
  close(): void;
}

/** Who asks for echoes, by ICMP and ICMPv6. */
export class EchoSockets {
  readonly #ns: Netns;
  readonly #sockets = new Map<number, EchoSocket>();

  constructor(ns: Netns) {
    this.#ns = ns;
  }

  /** A client with an identifier of its own. */
  open(): EchoSocket {
    if (this.#sockets.size >= MAX_SOCKETS) throw new NetError('ENOBUFS', 'too many echo sockets');
    let identifier = this.#ns.rng.int(0x10000);
    while (this.#sockets.has(identifier)) identifier = (identifier + 1) & 0xffff;
    const socket: EchoSocket = {
      onReply: () => {},
      onFault: () => {},
      send: (destination, sequence, payload, options = {}) =>
        this.#send(destination, ((identifier << 16) | (sequence & 0xffff)) >>> 0, payload, options),
      close: () => this.#sockets.delete(identifier),
    };
    this.#sockets.set(identifier, socket);
    return socket;
  }

  closeAll(): void {
    this.#sockets.clear();
  }

  /** False if nobody waits for it. */
  heard(identifier: number, reply: EchoReply): boolean {
    const socket = this.#sockets.get(identifier);
    socket?.onReply(reply);
    return socket !== undefined;
  }

  failed(identifier: number, sequence: number, destination: IpAddress, fault: IcmpFault): void {
    const socket = this.#sockets.get(identifier);
    if (socket === undefined) return;
    if (fault.errno === 'EMSGSIZE') this.#ns.ipFor(destination).learnMtu(destination, fault.mtu, {});
    socket.onFault(fault, sequence);
  }

  #send(destination: IpAddress, rest: number, payload: Uint8Array, options: SendOptions): SendResult {
    const ip = this.#ns.ipFor(destination);
    const packet = ip.allocate(ICMP_HEADER + payload.length);
    const { bytes, l4, end } = packet;
    bytes.set(payload, l4 + ICMP_HEADER);
    if (!isIpv6(destination)) {
      writeIcmp(bytes, l4, end, { type: ICMP_ECHO, code: 0, rest });
      return ip.send(packet, destination, PROTO_ICMP, options);
    }
    writeIcmp6(bytes, l4, { type: ICMP6_ECHO, code: 0, rest });
    return ip.send(packet, destination, PROTO_ICMPV6, options, (source, target) =>
      writeIcmp6Checksum(bytes, l4, end, source, target),
    );
  }
}
