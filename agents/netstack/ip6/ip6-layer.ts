import { type FlowIdentity, receivedFlow, sentFlow } from '../fib/flow-identity.ts';
import { endsHere, type Route } from '../fib/route.ts';
import type { RouteKey } from '../fib/routing-rule.ts';
import { groupMac } from '../group-mac.ts';
import {
  announcedProtocol,
  findUpperLayer,
  NEXT_HOP_BY_HOP,
  NEXT_NONE,
} from '../header/extension-headers.ts';
import {
  ICMP6_PARAMETER,
  ICMP6_TIME_EXCEEDED,
  ICMP6_TOO_BIG,
  ICMP6_UNREACHABLE,
  PARAMETER_NEXT_HEADER,
  PARAMETER_OPTION,
  UNREACH6_ADDRESS,
  UNREACH6_BEYOND_SCOPE,
  UNREACH6_NO_ROUTE,
  UNREACH6_PORT,
  UNREACH6_PROHIBITED,
} from '../header/icmp6-header.ts';
import {
  checkIpv6,
  checkIpv6Addresses,
  IPV6_HEADER,
  IPV6_MIN_MTU,
  ipv6Destination,
  ipv6PayloadLength,
  ipv6Source,
  writeIpv6Header,
} from '../header/ipv6-header.ts';
import { ipConfOf } from '../ip/ip-conf.ts';
import type { IpProtocol, Refusal, SendOptions, SendResult } from '../ip/ip-protocol.ts';
import { type AdmitMtu, PathMtus, routeMtu } from '../ip/path-mtus.ts';
import { Reassembler } from '../ip/reassembler.ts';
import { ANY_IPV6, type Ipv6, isLinkLocal6, isMulticast6 } from '../ipv6.ts';
import type { Link } from '../link/link.ts';
import { transmitTo } from '../neigh/neighbour-table.ts';
import { FORWARD, INPUT, NF_ACCEPT, NF_STOLEN, OUTPUT, POSTROUTING, PREROUTING } from '../netfilter/hooks.ts';
import type { Netns } from '../netns.ts';
import { PACKET_HOST, PACKET_OTHERHOST, Packet } from '../packet.ts';
import { PROTO_ICMPV6, PROTO_TCP, PROTO_UDP } from '../protocol-numbers.ts';
import { fragment6, isTooBig6, leavesInPieces6 } from './fragment6.ts';
import { IPV6_FRAGMENTS, judgePiece } from './ipv6-fragments.ts';
import { optionsFault } from './options6.ts';
import { routeInput6 } from './route-input6.ts';
import { sourceAddress6 } from './source-address6.ts';
import { type Walked, walkHeaders } from './walk-headers.ts';

/** What is believed of a way that is not known. */
const DEFAULT_MTU = 1500;
/** RFC 8201 §4: no path is smaller than every link has to be, whatever a router says. */
const ADMIT_MTU: AdmitMtu = (mtu) => (mtu < IPV6_MIN_MTU ? undefined : { mtu, isLocked: false });

/** IPv6 input, forwarding and output in Linux's order (net/ipv6/ip6_input.c, ip6_output.c). */
export class Ip6Layer implements IpProtocol {
  readonly headerLength = IPV6_HEADER;
  readonly pathMtus: PathMtus;
  readonly #ns: Netns;
  readonly #reassembler: Reassembler;

  constructor(ns: Netns) {
    this.#ns = ns;
    this.#reassembler = new Reassembler(ns, IPV6_FRAGMENTS);
    this.pathMtus = new PathMtus(ns, 'net.ipv6.route.mtu_expires', ADMIT_MTU);
  }

  allocate(length: number): Packet {
    const packet = Packet.allocate(IPV6_HEADER + length);
    packet.l3 = packet.start;
    packet.l4 = packet.start + IPV6_HEADER;
    return packet;
  }

  /** ip6_rcv: a frame's IPv6 packet, already past the link layer. */
  receive(packet: Packet): void {
    const ns = this.#ns;
    const link = packet.input!;
    if (packet.type === PACKET_OTHERHOST) return ns.drop(packet, 'OTHERHOST');
    if (!ipConfOf(link).speaksIpv6) return ns.drop(packet, 'IPV6_DISABLED');
    if (!this.admit(packet)) return;
    const fault = link.kind === 'loopback' ? undefined : checkIpv6Addresses(packet.bytes, packet.l3);
    if (fault) return ns.drop(packet, fault);
    if (this.#stopsHere(packet)) return;
    if (packet.bridged?.metPrerouting) packet.bridged.metPrerouting = false;
    else if (ns.hooks6.run(PREROUTING, packet, link, undefined) !== NF_ACCEPT) return;
    this.receiveFinish(packet);
  }

  /** Whether a packet has a header that may be used; then `l4`, `nextHeader` and `end` are set. */
  admit(packet: Packet): boolean {
    const { bytes, l3 } = packet;
    const fault = checkIpv6(bytes, l3, packet.end);
    if (fault) {
      this.#ns.drop(packet, fault);
      return false;
    }
    packet.end = l3 + IPV6_HEADER + ipv6PayloadLength(bytes, l3);
    const upper = findUpperLayer(bytes, l3, packet.end);
    packet.l4 = upper?.offset ?? packet.end;
    packet.nextHeader = upper?.protocol ?? announcedProtocol(bytes, l3, packet.end);
    return true;
  }

  /** What every node on a packet's way must read: its hop-by-hop options (ipv6_parse_hopopts). */
  #stopsHere(packet: Packet): boolean {
    const { bytes, l3, end } = packet;
    if (bytes[l3 + 6] !== NEXT_HOP_BY_HOP) return false;
    const fault = optionsFault(bytes, l3, l3 + IPV6_HEADER, end, true);
    if (fault === undefined) return false;
    if (fault !== 'drop') this.#ns.icmp6.sendError(packet, ICMP6_PARAMETER, PARAMETER_OPTION, fault.pointer);
    this.#ns.drop(packet, 'IP_INHDR');
    return true;
  }

  receiveFinish(packet: Packet): void {
    packet.route ??= routeInput6(this.#ns, packet);
    const { route } = packet;
    if (route === undefined) return;
    this.traceRoute(packet, route);
    if (endsHere(route)) this.#deliver(packet);
    else this.#forward(packet, route);
  }

  send(
    packet: Packet,
    destination: Ipv6,
    protocol: number,
    options: SendOptions,
    finish?: (source: Ipv6, destination: Ipv6) => void,
  ): SendResult {
    const route = this.routeSent(packet, destination, protocol, options);
    if (typeof route === 'string') return route;
    const source = (options.source as Ipv6 | undefined) ?? this.sourceFor(route, destination);
    if (source === undefined) return 'ENETUNREACH';
    const fits = packet.end - packet.l3 <= this.pathMtus.limit(route, this.outputLink(route), destination);
    if (options.dontFragment === true && !fits) return 'EMSGSIZE';
    finish?.(source, destination);
    writeIpv6Header(packet.bytes, packet.l3, {
      source,
      destination,
      nextHeader: protocol,
      payloadLength: packet.end - packet.l3 - IPV6_HEADER,
      trafficClass: options.tos ?? 0,
      hopLimit: options.ttl ?? this.#ns.sysctl.number('net.ipv6.conf.default.hop_limit'),
    });
    packet.nextHeader = protocol;
    packet.mark = options.mark ?? packet.mark;
    if (options.deliver === undefined) return this.localOut(packet, route);
    options.deliver(packet);
    return 'sent';
  }

  /** A message of the link itself: it meets the OUTPUT hook and no route. */
  sendOn(link: Link, packet: Packet): void {
    if (this.#ns.hooks6.run(OUTPUT, packet, undefined, link) !== NF_ACCEPT) return;
    if (this.#ns.hooks6.run(POSTROUTING, packet, undefined, link) !== NF_ACCEPT) return;
    this.#toNeighbour(link, packet, ipv6Destination(packet.bytes, packet.l3));
  }

  /** The route for a packet made here. What is unique on a link only goes to the one link that has it. */
  routeOutput(destination: Ipv6, key: RouteKey = {}): Route | SendResult {
    const route = this.#lookup(destination, key);
    if (typeof route === 'string' || route.paths === undefined) return route;
    return this.#onPath(route, sentFlow(undefined, key.source ?? ANY_IPV6, destination, 0));
  }

  routeSent(packet: Packet, destination: Ipv6, protocol: number, key: RouteKey): Route | SendResult {
    const route = this.#lookup(destination, key);
    if (typeof route === 'string' || route.paths === undefined) return route;
    return this.#onPath(route, sentFlow(packet, key.source ?? ANY_IPV6, destination, protocol));
  }

  #lookup(destination: Ipv6, key: RouteKey): Route | SendResult {
    const route = this.#ns.fib6.lookup(destination, key);
    if (route === undefined) return 'ENETUNREACH';
    if (route.type === 'unreachable') return 'EHOSTUNREACH';
    if (route.type === 'blackhole') return 'EINVAL';
    if (route.type === 'prohibit') return 'EACCES';
    if (route.paths !== undefined) return route;
    return route.link && this.outputLink(route).up ? route : 'ENETUNREACH';
  }

  #onPath({ paths }: Route, flow: FlowIdentity): Route | SendResult {
    const chosen = this.#ns.paths.choose(paths!, flow);
    return chosen.link?.up ? chosen : 'ENETUNREACH';
  }

  /** For an address of our own it is lo, whoever holds it. */
  outputLink(route: Route): Link {
    return endsHere(route) ? this.#ns.lo : route.link!;
  }

  mtuTowards(destination: Ipv6, key: RouteKey): number {
    const route = this.#lookup(destination, key);
    if (typeof route === 'string') return DEFAULT_MTU;
    return this.pathMtus.limit(route, this.outputLink(route), destination);
  }

  learnMtu(destination: Ipv6, mtu: number, key: RouteKey): void {
    const route = this.#lookup(destination, key);
    if (typeof route !== 'string') this.pathMtus.learn(route, this.outputLink(route), destination, mtu);
  }

  /** The longest packet that goes out of `link` whole; what a router told counts for what is made here. */
  #limit(packet: Packet, route: Route, link: Link): number {
    if (packet.input !== undefined) return routeMtu(route, link);
    return this.pathMtus.limit(route, link, ipv6Destination(packet.bytes, packet.l3));
  }

  sourceFor(route: Route, destination: Ipv6): Ipv6 | undefined {
    return sourceAddress6(this.#ns, route as Route<Ipv6>, destination);
  }

  refuse(packet: Packet, because: Refusal): void {
    if (because === 'protocol') return this.#unknownHeader(packet);
    if (because === 'hops') return this.#ns.icmp6.sendError(packet, ICMP6_TIME_EXCEEDED, 0);
    this.#ns.icmp6.sendError(packet, ICMP6_UNREACHABLE, UNREACHABLE_CODES[because]);
  }

  refuseSize(packet: Packet, mtu: number): void {
    this.#ns.icmp6.sendError(packet, ICMP6_TOO_BIG, 0, mtu);
  }

  decrementHops({ bytes, l3 }: Packet): void {
    bytes[l3 + 7] = bytes[l3 + 7]! - 1;
  }

  /** ip6_output: POSTROUTING, then out of the route's link. */
  output(packet: Packet): void {
    const link = this.outputLink(packet.route!);
    if (this.#ns.hooks6.run(POSTROUTING, packet, packet.input, link) !== NF_ACCEPT) return;
    const mtu = this.#limit(packet, packet.route!, link);
    packet.recording?.fits(mtu);
    if (leavesInPieces6(packet, mtu)) return this.#outputFragments(packet, mtu);
    this.#finishOutput(packet);
  }

  /**
   * Puts fragments together before conntrack sees them; undefined while some are missing. A piece that cannot be one
   * goes on as it is, for whoever it is for to report it (nf_ct_frag6_gather).
   */
  defragment(packet: Packet): Packet | undefined {
    const piece = judgePiece(packet);
    if (piece === 'no header') return void this.#ns.drop(packet, 'IP_INHDR');
    if (piece === 'good') return this.#reassembler.add(packet);
    if (piece === 'miscut') this.#reassembler.forget(packet);
    return packet;
  }

  close(): void {
    this.#reassembler.close();
  }

  localOut(packet: Packet, route: Route): SendResult {
    const ns = this.#ns;
    const before = ipv6Destination(packet.bytes, packet.l3);
    this.traceRoute(packet, route);
    packet.route = route;
    const verdict = ns.hooks6.run(OUTPUT, packet, undefined, this.outputLink(route));
    if (verdict !== NF_ACCEPT) return verdict === NF_STOLEN ? 'sent' : 'EPERM';
    if (packet.route === undefined || ipv6Destination(packet.bytes, packet.l3) !== before) {
      const failure = this.#reroute(packet, this.outputLink(route));
      if (failure !== undefined) return failure;
    }
    this.output(packet);
    return 'sent';
  }

  /** ip6_route_me_harder, net/ipv6/netfilter.c: what is meant for a link's own stays on the one it was `on`. */
  #reroute(packet: Packet, on: Link): SendResult | undefined {
    const { bytes, l3, mark } = packet;
    const destination = ipv6Destination(bytes, l3);
    const isNear = isLinkLocal6(destination) || isMulticast6(destination);
    const output = isNear ? on : undefined;
    const found = this.#lookup(destination, { source: ipv6Source(bytes, l3), mark, output });
    const isChoice = typeof found !== 'string' && found.paths !== undefined;
    const route = isChoice ? this.#onPath(found, receivedFlow(packet)) : found;
    if (typeof route === 'string') {
      this.#ns.drop(packet, 'IP_OUTNOROUTES');
      return route;
    }
    packet.route = route;
    this.traceRoute(packet, route);
    return undefined;
  }

  #finishOutput(packet: Packet): void {
    const route = packet.route!;
    const link = this.outputLink(route);
    const destination = ipv6Destination(packet.bytes, packet.l3);
    if (link.noArp) return transmitTo(link, link.mac, packet);
    packet.route = undefined;
    this.#toNeighbour(link, packet, (route.gateway as Ipv6 | undefined) ?? destination);
  }

  #toNeighbour(link: Link, packet: Packet, nextHop: Ipv6): void {
    if (isMulticast6(nextHop)) return transmitTo(link, groupMac(nextHop), packet);
    this.#ns.neighbours.output(link, nextHop, packet);
  }

  /** ip6_input: the hook, then each header in turn until one is for somebody. */
  #deliver(packet: Packet): void {
    if (this.#ns.hooks6.run(INPUT, packet, packet.input, undefined) !== NF_ACCEPT) return;
    this.#deliverInside(packet);
  }

  #deliverInside(packet: Packet): void {
    const ns = this.#ns;
    const walked = walkHeaders(packet);
    if (walked.kind === 'upper') return this.#toTransport(packet, walked);
    if (walked.kind === 'piece') {
      const whole = this.#reassembler.add(packet);
      return whole && this.#deliverInside(whole);
    }
    if (walked.kind === 'report') ns.icmp6.sendError(packet, ICMP6_PARAMETER, walked.code, walked.pointer);
    ns.drop(packet, 'IP_INHDR');
  }

  #toTransport(packet: Packet, { protocol, offset, saidAt }: Walked & { kind: 'upper' }): void {
    const ns = this.#ns;
    packet.l4 = offset;
    packet.nextHeader = protocol;
    switch (protocol) {
      case PROTO_TCP:
        return ns.tcp.receive(packet);
      case PROTO_UDP:
        return ns.udp.receive(packet);
      case PROTO_ICMPV6:
        return ns.icmp6.receive(packet);
      case NEXT_NONE:
        return ns.drop(packet, 'IP_NOPROTO');
      default:
        ns.icmp6.sendError(packet, ICMP6_PARAMETER, PARAMETER_NEXT_HEADER, saidAt - packet.l3);
        ns.drop(packet, 'IP_NOPROTO');
    }
  }

  #unknownHeader(packet: Packet): void {
    const { bytes, l3, end } = packet;
    const saidAt = findUpperLayer(bytes, l3, end)?.saidAt ?? l3 + 6;
    this.#ns.icmp6.sendError(packet, ICMP6_PARAMETER, PARAMETER_NEXT_HEADER, saidAt - l3);
  }

  /** ip6_forward: hop limit, then source, then size, then the hook. */
  #forward(packet: Packet, route: Route): void {
    const ns = this.#ns;
    const { bytes, l3 } = packet;
    const link = route.link!;
    if (packet.type !== PACKET_HOST) return ns.drop(packet, 'OTHERHOST');
    if (bytes[l3 + 7]! <= 1) {
      this.refuse(packet, 'hops');
      return ns.drop(packet, 'IP_TTL');
    }
    // What leaves where it came from stays in its scope.
    if (link !== packet.input && !this.#mayLeaveLink(packet)) return ns.drop(packet, 'IP_INVALID_SOURCE');
    const mtu = Math.max(routeMtu(route, link), IPV6_MIN_MTU);
    packet.recording?.fits(mtu);
    if (isTooBig6(packet, mtu)) {
      this.refuseSize(packet, mtu);
      return ns.drop(packet, 'PKT_TOO_BIG');
    }
    this.decrementHops(packet);
    if (ns.hooks6.run(FORWARD, packet, packet.input, link) !== NF_ACCEPT) return;
    this.output(packet);
  }

  #mayLeaveLink(packet: Packet): boolean {
    const source = ipv6Source(packet.bytes, packet.l3);
    if (isLinkLocal6(source)) this.#ns.icmp6.sendError(packet, ICMP6_UNREACHABLE, UNREACH6_BEYOND_SCOPE);
    return source !== 0n && !isLinkLocal6(source);
  }

  #outputFragments(packet: Packet, mtu: number): void {
    const { route } = packet;
    const isTunnel = this.outputLink(route!).kind === 'vxlan';
    for (const piece of fragment6(packet, mtu, this.#ns.rng, { isTunnel })) {
      piece.route = route;
      this.#finishOutput(piece);
    }
  }

  traceRoute(packet: Packet, route: Route): void {
    packet.trace?.(
      {
        kind: 'route',
        ns: this.#ns.name,
        result: route.type,
        link: route.link?.name,
        nextHop: route.gateway ?? ipv6Destination(packet.bytes, packet.l3),
      },
      packet,
    );
  }
}

const UNREACHABLE_CODES: Readonly<Record<Exclude<Refusal, 'protocol' | 'hops'>, number>> = {
  port: UNREACH6_PORT,
  host: UNREACH6_ADDRESS,
  network: UNREACH6_NO_ROUTE,
  prohibited: UNREACH6_PROHIBITED,
};
