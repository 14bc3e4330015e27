import { type FlowIdentity, receivedFlow, sentFlow } from '../fib/flow-identity.ts';
import type { Route } from '../fib/route.ts';
import type { RouteKey } from '../fib/routing-rule.ts';
import { sourceAddressFor } from '../fib/source-address.ts';
import { groupMac } from '../group-mac.ts';
import {
  ICMP_PARAMETER,
  ICMP_TIME_EXCEEDED,
  ICMP_UNREACHABLE,
  UNREACH_ADMIN_PROHIBITED,
  UNREACH_FRAG_NEEDED,
  UNREACH_HOST,
  UNREACH_NET,
  UNREACH_PORT,
  UNREACH_PROTOCOL,
} from '../header/icmp-header.ts';
import {
  checkIpv4,
  IPV4_DF,
  IPV4_HEADER,
  ipv4Destination,
  ipv4HeaderLength,
  ipv4Protocol,
  ipv4Source,
  ipv4TotalLength,
  isIpv4Fragment,
  writeIpv4Header,
} from '../header/ipv4-header.ts';
import { ANY_IPV4, BROADCAST_IPV4, type Ipv4, isLoopback, isMulticast } from '../ipv4.ts';
import type { Link } from '../link/link.ts';
import { BROADCAST_MAC } from '../mac.ts';
import { transmitTo } from '../neigh/neighbour-table.ts';
import { FORWARD, INPUT, NF_ACCEPT, NF_STOLEN, OUTPUT, POSTROUTING, PREROUTING } from '../netfilter/hooks.ts';
import type { Netns } from '../netns.ts';
import { PACKET_HOST, PACKET_OTHERHOST, Packet } from '../packet.ts';
import { PROTO_ICMP, PROTO_IGMP, PROTO_TCP, PROTO_UDP } from '../protocol-numbers.ts';
import { decrementTtl } from './decrement-ttl.ts';
import { fragment, isTooBigWhole, leavesInPieces } from './fragment.ts';
import { ipConfOf } from './ip-conf.ts';
import { optionsFault } from './ip-options.ts';
import type { IpProtocol, Refusal, SendOptions, SendResult } from './ip-protocol.ts';
import { IPV4_FRAGMENTS } from './ipv4-fragments.ts';
import { type AdmitMtu, PathMtus, routeMtu } from './path-mtus.ts';
import { Reassembler } from './reassembler.ts';
import { routeInput } from './route-input.ts';

/** What is believed of a way that is not known. */
const DEFAULT_MTU = 1500;

/** IPv4 input, forwarding and output in Linux's order (net/ipv4/ip_input.c, ip_forward.c, ip_output.c). */
export class IpLayer implements IpProtocol {
  readonly headerLength = IPV4_HEADER;
  readonly pathMtus: PathMtus;
  readonly #ns: Netns;
  readonly #reassembler: Reassembler;
  #nextId: number;

  constructor(ns: Netns) {
    this.#ns = ns;
    this.#reassembler = new Reassembler(ns, IPV4_FRAGMENTS);
    // __ip_rt_update_pmtu: a path that seems too small is taken to be as small as may be, and packets may be cut on it.
    const admit: AdmitMtu = (mtu, current) => {
      const least = ns.sysctl.number('net.ipv4.route.min_pmtu');
      return mtu < least ? { mtu: Math.min(current, least), isLocked: true } : { mtu, isLocked: false };
    };
    this.pathMtus = new PathMtus(ns, 'net.ipv4.route.mtu_expires', admit);
    this.#nextId = ns.rng.int(0x10000);
  }

  allocate(length: number): Packet {
    const packet = Packet.allocate(IPV4_HEADER + length);
    packet.l3 = packet.start;
    packet.l4 = packet.start + IPV4_HEADER;
    return packet;
  }

  /** ip_rcv: a frame's IPv4 packet, already past the link layer. */
  receive(packet: Packet): void {
    const ns = this.#ns;
    if (packet.type === PACKET_OTHERHOST) return ns.drop(packet, 'OTHERHOST');
    const { bytes, l3 } = packet;
    const fault = checkIpv4(bytes, l3, packet.end, packet.checksumsGood);
    if (fault) return ns.drop(packet, fault);
    packet.end = l3 + ipv4TotalLength(bytes, l3);
    packet.l4 = l3 + ipv4HeaderLength(bytes, l3);
    if (packet.bridged?.metPrerouting) packet.bridged.metPrerouting = false;
    else if (ns.hooks.run(PREROUTING, packet, packet.input, undefined) !== NF_ACCEPT) return;
    this.receiveFinish(packet);
  }

  /** ip_rcv_finish: routes a packet that has no route yet and passes it on. */
  receiveFinish(packet: Packet): void {
    packet.route ??= routeInput(this.#ns, packet);
    const { route } = packet;
    if (route === undefined) return;
    this.traceRoute(packet, route);
    if (packet.l4 - packet.l3 > IPV4_HEADER && !this.#mayGoOn(packet)) return;
    if (route.type === 'local' || route.type === 'broadcast') this.#deliver(packet);
    else this.#forward(packet, route);
  }

  /** ip_rcv_options; tells the sender of options that make no sense. */
  #mayGoOn(packet: Packet): boolean {
    const fault = optionsFault(packet.bytes, packet.l3, packet.l4 - packet.l3);
    if (fault === undefined) return true;
    if (fault !== 'source route') this.#ns.icmp.sendError(packet, ICMP_PARAMETER, 0, (fault << 24) >>> 0);
    this.#ns.drop(packet, 'IP_OPTIONS');
    return false;
  }

  send(
    packet: Packet,
    destination: Ipv4,
    protocol: number,
    options: SendOptions,
    finish?: (source: Ipv4, destination: Ipv4) => void,
  ): SendResult {
    const route = this.routeSent(packet, destination, protocol, options);
    if (typeof route === 'string') return route;
    const source = (options.source as Ipv4 | undefined) ?? this.sourceFor(route, destination);
    if (source === undefined) return 'ENETUNREACH';
    if (!mayLeave(source, this.outputLink(route))) return 'EINVAL';
    const fits = packet.end - packet.l3 <= this.pathMtus.limit(route, this.outputLink(route), destination);
    const isWhole =
      (options.dontFragment === 'if-it-fits' ? fits : options.dontFragment === true) &&
      this.pathMtus.find(route, destination)?.isLocked !== true;
    if (isWhole && !fits) return 'EMSGSIZE';
    finish?.(source, destination);
    writeIpv4Header(packet.bytes, packet.l3, {
      source,
      destination,
      protocol,
      totalLength: packet.end - packet.l3,
      tos: options.tos ?? 0,
      ttl: options.ttl ?? this.#ns.sysctl.number('net.ipv4.ip_default_ttl'),
      id: options.dontFragment === true ? 0 : this.takeId(),
      fragment: isWhole ? IPV4_DF : 0,
    });
    packet.mark = options.mark ?? packet.mark;
    if (options.deliver === undefined) return this.localOut(packet, route);
    options.deliver(packet);
    return 'sent';
  }

  routeOutput(destination: Ipv4, key: RouteKey = {}): Route | SendResult {
    const route = this.#lookup(destination, key);
    if (typeof route === 'string' || route.paths === undefined) return route;
    return this.#onPath(route, sentFlow(undefined, key.source ?? ANY_IPV4, destination, 0));
  }

  routeSent(packet: Packet, destination: Ipv4, protocol: number, key: RouteKey): Route | SendResult {
    const route = this.#lookup(destination, key);
    if (typeof route === 'string' || route.paths === undefined) return route;
    return this.#onPath(route, sentFlow(packet, key.source ?? ANY_IPV4, destination, protocol));
  }

  #lookup(destination: Ipv4, key: RouteKey): Route | SendResult {
    const route = this.#ns.fib.lookup(destination, key);
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

  /** The device that a route's packets leave by: for an address of our own it is lo, whoever holds it. */
  outputLink(route: Route): Link {
    return route.type === 'local' ? this.#ns.lo : route.link!;
  }

  mtuTowards(destination: Ipv4, key: RouteKey): number {
    const route = this.#lookup(destination, key);
    if (typeof route === 'string') return DEFAULT_MTU;
    return this.pathMtus.limit(route, this.outputLink(route), destination);
  }

  learnMtu(destination: Ipv4, mtu: number, key: RouteKey): void {
    const route = this.#lookup(destination, key);
    if (typeof route !== 'string') this.pathMtus.learn(route, this.outputLink(route), destination, mtu);
  }

  /** The longest packet that goes out of `link` whole; what a router told counts for what is made here. */
  #limit(packet: Packet, route: Route, link: Link): number {
    if (packet.input !== undefined) return routeMtu(route, link);
    return this.pathMtus.limit(route, link, ipv4Destination(packet.bytes, packet.l3));
  }

  sourceFor(route: Route, destination: Ipv4): Ipv4 | undefined {
    return sourceAddressFor(this.#ns, route as Route<Ipv4>, destination);
  }

  refuse(packet: Packet, because: Refusal): void {
    if (because === 'hops') this.#ns.icmp.sendError(packet, ICMP_TIME_EXCEEDED, 0);
    else this.#ns.icmp.sendError(packet, ICMP_UNREACHABLE, UNREACHABLE_CODES[because]);
  }

  refuseSize(packet: Packet, mtu: number): void {
    this.#ns.icmp.sendError(packet, ICMP_UNREACHABLE, UNREACH_FRAG_NEEDED, mtu);
  }

  decrementHops({ bytes, l3 }: Packet): void {
    decrementTtl(bytes, l3);
  }

  /** ip_local_out: the OUTPUT hook, a second routing if it changed what routes depend on, then ip_output. */
  localOut(packet: Packet, route: Route): SendResult {
    const ns = this.#ns;
    const before = ipv4Destination(packet.bytes, packet.l3);
    this.traceRoute(packet, route);
    packet.route = route;
    const verdict = ns.hooks.run(OUTPUT, packet, undefined, this.outputLink(route));
    if (verdict !== NF_ACCEPT) return verdict === NF_STOLEN ? 'sent' : 'EPERM';
    if (packet.route === undefined || ipv4Destination(packet.bytes, packet.l3) !== before) {
      const failure = this.#reroute(packet);
      if (failure !== undefined) return failure;
    }
    this.output(packet);
    return 'sent';
  }

  /** ip_route_me_harder, net/ipv4/netfilter.c. */
  #reroute(packet: Packet): SendResult | undefined {
    const { bytes, l3, mark } = packet;
    const destination = ipv4Destination(bytes, l3);
    const source = ipv4Source(bytes, l3);
    const found = this.#lookup(destination, { source, mark });
    const isChoice = typeof found !== 'string' && found.paths !== undefined;
    const chosen = isChoice ? this.#onPath(found, receivedFlow(packet)) : found;
    const route = typeof chosen === 'string' || mayLeave(source, this.outputLink(chosen)) ? chosen : 'EINVAL';
    if (typeof route === 'string') {
      this.#ns.drop(packet, 'IP_OUTNOROUTES');
      return route;
    }
    packet.route = route;
    this.traceRoute(packet, route);
    return undefined;
  }

  /** ip_output: POSTROUTING, then out of the route's link. */
  output(packet: Packet): void {
    const link = this.outputLink(packet.route!);
    if (this.#ns.hooks.run(POSTROUTING, packet, packet.input, link) !== NF_ACCEPT) return;
    const mtu = this.#limit(packet, packet.route!, link);
    packet.recording?.fits(mtu);
    if (leavesInPieces(packet, mtu)) return this.#outputFragments(packet, link, mtu);
    this.finishOutput(packet);
  }

  /** ip_finish_output2: finds the next hop's Ethernet address. */
  finishOutput(packet: Packet): void {
    const route = packet.route!;
    const link = this.outputLink(route);
    const destination = ipv4Destination(packet.bytes, packet.l3);
    if (link.noArp) return transmitTo(link, link.mac, packet);
    if (route.type === 'broadcast' || destination === BROADCAST_IPV4)
      return transmitTo(link, BROADCAST_MAC, packet);
    if (isMulticast(destination)) return transmitTo(link, groupMac(destination), packet);
    packet.route = undefined;
    this.#ns.neighbours.output(link, route.gateway ?? destination, packet);
  }

  traceRoute(packet: Packet, route: Route): void {
    packet.trace?.(
      {
        kind: 'route',
        ns: this.#ns.name,
        result: route.type,
        link: route.link?.name,
        nextHop: route.gateway ?? ipv4Destination(packet.bytes, packet.l3),
      },
      packet,
    );
  }

  close(): void {
    this.#reassembler.close();
  }

  /** Puts fragments together before netfilter's conntrack sees them; undefined while some are missing. */
  defragment(packet: Packet): Packet | undefined {
    return this.#reassembler.add(packet);
  }

  #deliver(packet: Packet): void {
    const ns = this.#ns;
    let whole: Packet | undefined = packet;
    if (isIpv4Fragment(packet.bytes, packet.l3)) whole = this.#reassembler.add(packet);
    if (whole === undefined) return;
    if (ns.hooks.run(INPUT, whole, whole.input, undefined) !== NF_ACCEPT) return;
    switch (ipv4Protocol(whole.bytes, whole.l3)) {
      case PROTO_TCP:
        return ns.tcp.receive(whole);
      case PROTO_UDP:
        return ns.udp.receive(whole);
      case PROTO_ICMP:
        return ns.icmp.receive(whole);
      case PROTO_IGMP:
        return ns.drop(whole, 'UNHANDLED_PROTO');
      default:
        ns.icmp.sendError(whole, ICMP_UNREACHABLE, UNREACH_PROTOCOL);
        ns.drop(whole, 'IP_NOPROTO');
    }
  }

  /** ip_forward: TTL, then size, then the hook. */
  #forward(packet: Packet, route: Route): void {
    const ns = this.#ns;
    const { bytes, l3 } = packet;
    const link = route.link!;
    if (packet.type !== PACKET_HOST) return ns.drop(packet, 'OTHERHOST');
    if (bytes[l3 + 8]! <= 1) {
      ns.icmp.sendError(packet, ICMP_TIME_EXCEEDED, 0);
      return ns.drop(packet, 'IP_TTL');
    }
    const mtu = routeMtu(route, link);
    packet.recording?.fits(mtu);
    if (isTooBigWhole(packet, mtu)) {
      ns.icmp.sendError(packet, ICMP_UNREACHABLE, UNREACH_FRAG_NEEDED, mtu);
      return ns.drop(packet, 'PKT_TOO_BIG');
    }
    decrementTtl(bytes, l3);
    if (ns.hooks.run(FORWARD, packet, packet.input, link) !== NF_ACCEPT) return;
    this.output(packet);
  }

  #outputFragments(packet: Packet, link: Link, mtu: number): void {
    if (isTooBigWhole(packet, mtu)) {
      this.#ns.icmp.sendError(packet, ICMP_UNREACHABLE, UNREACH_FRAG_NEEDED, mtu);
      return this.#ns.drop(packet, 'PKT_TOO_BIG');
    }
    const { route } = packet;
    for (const piece of fragment(packet, mtu, { isTunnel: link.kind === 'vxlan' })) {
      piece.route = route;
      this.finishOutput(piece);
    }
  }

  /** The next value of the identification field. */
  takeId(): number {
    this.#nextId = (this.#nextId + 1) & 0xffff;
    return this.#nextId;
  }
}

const UNREACHABLE_CODES: Readonly<Record<Exclude<Refusal, 'hops'>, number>> = {
  port: UNREACH_PORT,
  host: UNREACH_HOST,
  network: UNREACH_NET,
  protocol: UNREACH_PROTOCOL,
  prohibited: UNREACH_ADMIN_PROHIBITED,
};

/** Nothing of 127.0.0.0/8 leaves the node, unless the device is told to let it (__mkroute_output; `route_localnet`). */
function mayLeave(source: Ipv4, link: Link): boolean {
  return !isLoopback(source) || link.kind === 'loopback' || ipConfOf(link).routeLocalnet;
}
