import type { Route } from '../fib/route.ts';
import type { RouteKey } from '../fib/routing-rule.ts';
import type { IpAddress } from '../ip-address.ts';
import type { Link } from '../link/link.ts';
import type { Packet } from '../packet.ts';
import type { PathMtus } from './path-mtus.ts';

/** What a sender may set on a packet; the rest is the namespace's default. */
export interface SendOptions {
  readonly source?: IpAddress;
  readonly ttl?: number;
  readonly tos?: number;
  /** `if-it-fits` leaves a packet that is too long to be cut (IP_PMTUDISC_WANT). */
  readonly dontFragment?: boolean | 'if-it-fits';
  readonly mark?: number;
  /** The one device that it may leave by. */
  readonly output?: Link | undefined;
  /** Takes the finished packet, which then meets no hook and needs no neighbour. */
  readonly deliver?: (packet: Packet) => void;
}

export type SendResult = 'sent' | 'EHOSTUNREACH' | 'ENETUNREACH' | 'EACCES' | 'EPERM' | 'EMSGSIZE' | 'EINVAL';

/** Why a packet is refused, in the words of either version's ICMP. */
export type Refusal = 'port' | 'host' | 'network' | 'prohibited' | 'protocol' | 'hops';

/** What transports and netfilter ask of IP, whichever version. */
export interface IpProtocol {
  readonly headerLength: number;
  /** An empty packet for `length` bytes of layer 4; its `l3` and `l4` are set. */
  allocate(length: number): Packet;
  /**
   * Sends a packet made by `allocate` whose layer 4 is complete but for what depends on the source address:
   * `finish` gets both addresses and writes the checksum.
   */
  send(
    packet: Packet,
    destination: IpAddress,
    protocol: number,
    options: SendOptions,
    finish?: (source: IpAddress, destination: IpAddress) => void,
  ): SendResult;
  /** The route for a packet made here, or the errno of there being none. */
  routeOutput(destination: IpAddress, key?: RouteKey): Route | SendResult;
  /** The same of a packet without a header, whose layer 4 chooses among several next hops. */
  routeSent(packet: Packet, destination: IpAddress, protocol: number, key: RouteKey): Route | SendResult;
  outputLink(route: Route): Link;
  readonly pathMtus: PathMtus;
  /** The longest packet that gets to `destination`, as far as is known. */
  mtuTowards(destination: IpAddress, key: RouteKey): number;
  /** A router said that a packet of ours was too long. */
  learnMtu(destination: IpAddress, mtu: number, key: RouteKey): void;
  /** Tells the sender of `packet` why it went no further. */
  refuse(packet: Packet, because: Refusal): void;
  /** The same for one that is longer than `mtu`. */
  refuseSize(packet: Packet, mtu: number): void;
  decrementHops(packet: Packet): void;
  /** Sends a whole packet made here: the OUTPUT hook, a second routing if that calls for one, then `output`. */
  localOut(packet: Packet, route: Route): SendResult;
  /** Sends a packet that has its route: POSTROUTING, then its neighbour. */
  output(packet: Packet): void;
  traceRoute(packet: Packet, route: Route): void;
  /** The address that a packet over `route` comes from, unless its sender says. */
  sourceFor(route: Route, destination: IpAddress): IpAddress | undefined;
}
