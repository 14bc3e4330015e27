import { u16 } from '../bytes.ts';
import { rewriteEndpoint, rewriteHost, rewriteQuoted } from '../conntrack/nat-translate.ts';
import { quotedTransport } from '../conntrack/quoted-transport.ts';
import { newTuple, readTuple, type Tuple } from '../conntrack/tuple.ts';
import { ICMP_HEADER, isIcmpError } from '../header/icmp-header.ts';
import { isIcmp6Error } from '../header/icmp6-header.ts';
import { ipSource, isVersion6, transportOf } from '../header/ip-header.ts';
import { IPV4_DF } from '../header/ipv4-header.ts';
import { TCP_SYN, tcpFlags } from '../header/tcp-header.ts';
import { isLaterFragment } from '../ip/later-fragment.ts';
import { routeMtu } from '../ip/path-mtus.ts';
import { versionOf } from '../ip-address.ts';
import {
  FORWARD,
  INPUT,
  NF_ACCEPT,
  NF_DROP,
  NF_STOLEN,
  OUTPUT,
  PRIORITY,
  type Verdict,
} from '../netfilter/hooks.ts';
import type { Netns } from '../netns.ts';
import { CT_UNTRACKED, type Packet } from '../packet.ts';
import { PROTO_ICMP, PROTO_ICMPV6, PROTO_TCP } from '../protocol-numbers.ts';
import type { IpvsConnection } from './ipvs-connection.ts';
import { isOver } from './tcp-states.ts';

/** The places of ip_vs_ops4 and ip_vs_ops6 (ip_vs_core.c): replies before requests, both around the NAT of iptables. */
export function registerIpvsHooks(ns: Netns): void {
  const hooks = new IpvsHooks(ns);
  const reply = (packet: Packet): Verdict => hooks.reply(packet);
  const request = (packet: Packet): Verdict => hooks.request(packet);
  const options = { perFlow: true };
  for (const each of [ns.hooks, ns.hooks6]) {
    each.register(INPUT, PRIORITY.srcnat - 2, 'ipvs reply', reply, options);
    each.register(INPUT, PRIORITY.srcnat - 1, 'ipvs request', request, options);
    each.register(OUTPUT, PRIORITY.dstnat + 1, 'ipvs reply', reply, options);
    each.register(OUTPUT, PRIORITY.dstnat + 2, 'ipvs request', request, options);
    each.register(FORWARD, 100, 'ipvs reply', reply, options);
  }
}

const isIcmp = (protocol: number): boolean => protocol === PROTO_ICMP || protocol === PROTO_ICMPV6;

class IpvsHooks {
  readonly #ns: Netns;
  readonly #tuple: Tuple = newTuple();
  readonly #quoted: Tuple = newTuple();

  constructor(ns: Netns) {
    this.#ns = ns;
  }

  /** ip_vs_out: what a destination answers seems to come from the service. */
  reply(packet: Packet): Verdict {
    if (packet.ipvs !== undefined || !this.#read(packet)) return NF_ACCEPT;
    const { source, destination, sourcePort, destinationPort, protocol } = this.#tuple;
    if (isIcmp(protocol)) return this.#replyError(packet);
    const { ipvs } = this.#ns;
    const connection = ipvs.fromServer(source, destination, sourcePort, destinationPort, protocol);
    if (connection === undefined) return NF_ACCEPT;
    packet.ipvs = connection;
    ipvs.touch(connection, flagsOf(packet, protocol), true);
    followIfSteady(packet, connection);
    count(packet, connection, 'outgoing');
    const { address, port } = connection.service;
    rewriteEndpoint(packet, 'src', address, port);
    packet.trace?.({ kind: 'nat', ns: this.#ns.name, manip: 'src', address, port }, packet);
    return NF_ACCEPT;
  }

  /** ip_vs_in: what is sent to a service goes on to a destination. */
  request(packet: Packet): Verdict {
    if (packet.ipvs !== undefined || !this.#read(packet)) return NF_ACCEPT;
    if (isIcmp(this.#tuple.protocol)) return this.#requestError(packet);
    const connection = this.#connectionOf(packet);
    if (connection === NF_ACCEPT || connection === NF_DROP) return connection;
    this.#ns.ipvs.touch(connection, flagsOf(packet, this.#tuple.protocol), false);
    count(packet, connection, 'incoming');
    return this.#send(packet, connection);
  }

  /** False for what has no ports, or not all of them: later fragments. */
  #read(packet: Packet): boolean {
    const { bytes, l3, l4, end } = packet;
    if (isLaterFragment(packet) && l4 + 8 > end) return false;
    return readTuple(this.#tuple, bytes, l3, { l4, end, protocol: transportOf(packet) });
  }

  /** The packet's connection, made if it is the first of one; a verdict if it has none. */
  #connectionOf(packet: Packet): IpvsConnection | typeof NF_ACCEPT | typeof NF_DROP {
    const { ipvs, sysctl } = this.#ns;
    const { source, destination, sourcePort, destinationPort, protocol } = this.#tuple;
    const isSyn = protocol === PROTO_TCP && (tcpFlags(packet.bytes, packet.l4) & TCP_SYN) !== 0;
    const known = ipvs.fromClient(source, destination, sourcePort, destinationPort, protocol);
    if (known !== undefined) {
      if (!known.destination.isAvailable) {
        if (sysctl.number('net.ipv4.vs.expire_nodest_conn') !== 0) ipvs.end(known);
        return this.#drop(packet);
      }
      const mayReuse = sysctl.number('net.ipv4.vs.conn_reuse_mode') !== 0;
      if (!isSyn || !isOver(known.state) || !mayReuse) return known;
      ipvs.end(known);
    }
    const service = ipvs.service(protocol, destination, destinationPort);
    if (service === undefined || (protocol === PROTO_TCP && !isSyn)) return NF_ACCEPT;
    const opened = ipvs.open(service, { address: source, port: sourcePort });
    if (opened !== undefined) return opened;
    this.#ns.ipFor(destination).refuse(packet, 'port');
    return this.#drop(packet);
  }

  #drop(packet: Packet): typeof NF_DROP {
    packet.recording = undefined;
    this.#ns.drop(packet, 'NETFILTER_DROP');
    return NF_DROP;
  }

  /**
   * ip_vs_nat_xmit: the packet gets the destination's address, conntrack learns where the replies will come from,
   * and it leaves through OUTPUT and POSTROUTING as one of our own; for a server on this node it just goes on.
   */
  #send(packet: Packet, connection: IpvsConnection): Verdict {
    const ns = this.#ns;
    const { address, port } = connection.destination;
    const ip = ns.ipFor(address);
    const route = ip.routeOutput(address);
    if (typeof route === 'string') return this.#drop(packet);
    const isLocal = route.type === 'local';
    if (!isLocal && !this.#fits(packet, routeMtu(route, ip.outputLink(route)))) return NF_DROP;
    if (!isLocal) ip.decrementHops(packet);
    if (isIcmp(transportOf(packet))) rewriteHost(packet, 'dst', address);
    else rewriteEndpoint(packet, 'dst', address, port);
    packet.trace?.({ kind: 'nat', ns: ns.name, manip: 'dst', address, port }, packet);
    packet.ipvs = connection;
    this.#track(packet, connection);
    followIfSteady(packet, connection);
    if (isLocal) return NF_ACCEPT;
    packet.route = route;
    ip.traceRoute(packet, route);
    const hooks = ns.hooksFor(versionOf(address));
    if (hooks.run(OUTPUT, packet, undefined, ip.outputLink(route)) !== NF_ACCEPT) return NF_STOLEN;
    packet.route ??= route;
    ip.output(packet);
    return NF_STOLEN;
  }

  /** The sender is told before the packet is changed, so that it knows what it is told about. */
  #fits(packet: Packet, mtu: number): boolean {
    const { bytes, l3, end } = packet;
    const six = isVersion6(bytes, l3);
    const ip = six ? this.#ns.ip6 : this.#ns.ip;
    if (bytes[l3 + (six ? 7 : 8)]! <= 1) {
      ip.refuse(packet, 'hops');
      this.#ns.drop(packet, 'IP_TTL');
      return false;
    }
    if (end - l3 <= mtu || (!six && (u16(bytes, l3 + 6) & IPV4_DF) === 0)) return true;
    ip.refuseSize(packet, mtu);
    this.#ns.drop(packet, 'PKT_TOO_BIG');
    return false;
  }

  /** ip_vs_update_conntrack, or ip_vs_notrack without net.ipv4.vs.conntrack. */
  #track(packet: Packet, connection: IpvsConnection): void {
    if (this.#ns.sysctl.number('net.ipv4.vs.conntrack') === 0) {
      packet.connection = undefined;
      packet.ctInfo = CT_UNTRACKED;
      return;
    }
    const tracked = packet.connection;
    if (tracked === undefined) return;
    connection.tracked = tracked;
    tracked.balanced = connection;
    if (tracked.confirmed || packet.ctReply) return;
    tracked.reply.source = connection.destination.address;
    tracked.reply.sourcePort = connection.destination.port;
  }

  /** Reads what an ICMP error quotes; false if the packet is no such error. */
  #readQuoted(packet: Packet): boolean {
    const { bytes, l3, l4, end } = packet;
    const type = bytes[l4]!;
    if (!(isVersion6(bytes, l3) ? isIcmp6Error(type) : isIcmpError(type))) return false;
    const inner = l4 + ICMP_HEADER;
    const quoted = quotedTransport(packet, inner);
    return quoted !== undefined && readTuple(this.#quoted, bytes, inner, { ...quoted, end });
  }

  /** ip_vs_out_icmp: a destination complains about what the client sent. */
  #replyError(packet: Packet): Verdict {
    if (!this.#readQuoted(packet)) return NF_ACCEPT;
    const { source, destination, sourcePort, destinationPort, protocol } = this.#quoted;
    const connection = this.#ns.ipvs.fromServer(destination, source, destinationPort, sourcePort, protocol);
    if (connection === undefined) return NF_ACCEPT;
    const { address, port } = connection.service;
    rewriteQuoted(packet, 'dst', address, port);
    if (ipSource(packet.bytes, packet.l3) === connection.destination.address)
      rewriteHost(packet, 'src', address);
    return NF_ACCEPT;
  }

  /** ip_vs_in_icmp: a client complains about what the service answered. */
  #requestError(packet: Packet): Verdict {
    if (!this.#readQuoted(packet)) return NF_ACCEPT;
    const { source, destination, sourcePort, destinationPort, protocol } = this.#quoted;
    const connection = this.#ns.ipvs.fromClient(destination, source, destinationPort, sourcePort, protocol);
    if (connection === undefined) return NF_ACCEPT;
    const { address, port } = connection.destination;
    rewriteQuoted(packet, 'src', address, port);
    return this.#send(packet, connection);
  }
}

/** The fast path keeps a connection alive by way of conntrack; without that it does not know it. */
function followIfSteady(packet: Packet, connection: IpvsConnection): void {
  if (!connection.isSteady || packet.connection?.balanced !== connection) packet.recording = undefined;
}

const flagsOf = ({ bytes, l4 }: Packet, protocol: number): number =>
  protocol === PROTO_TCP ? tcpFlags(bytes, l4) : 0;

/** ip_vs_in_stats, ip_vs_out_stats: for the service and for the destination. */
function count(packet: Packet, { service, destination }: IpvsConnection, way: 'incoming' | 'outgoing'): void {
  const bytes = packet.end - packet.l3;
  for (const { stats } of [service, destination]) {
    const counters = stats[way];
    packet.recording?.counted(counters);
    counters.packets++;
    counters.bytes += bytes;
  }
}
