import { u16, u32 } from '../bytes.ts';
import type { Connection } from '../conntrack/connection.ts';
import { translatePacket } from '../conntrack/nat-translate.ts';
import { ICMP_TIME_EXCEEDED, ICMP_UNREACHABLE, UNREACH_PORT } from '../header/icmp-header.ts';
import { ipv4FragmentOffset } from '../header/ipv4-header.ts';
import { decrementTtl } from '../ip/decrement-ttl.ts';
import type { Ipv4 } from '../ipv4.ts';
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
import { CT_NEW, type Packet } from '../packet.ts';
import { PROTO_SCTP, PROTO_TCP, PROTO_UDP } from '../protocol-numbers.ts';
import type { SchedulerName } from './schedulers.ts';
import { type RealServer, type ServiceKey, VirtualService } from './virtual-service.ts';

/** Virtual services of one namespace; a further one is refused with ENOMEM. */
const MAX_SERVICES = 1 << 18;

/**
 * IPVS of one namespace (net/netfilter/ipvs) in masquerading mode with `net.ipv4.vs.conntrack=1`: packets for a
 * virtual service that reach the node's own addresses go to one of its real servers, answers come back as from
 * the service. Connections are conntrack's own; the chosen server hangs on them.
 */
export class Ipvs {
  readonly #ns: Netns;
  readonly #services = new Map<string, VirtualService>();
  #hooked = false;

  constructor(ns: Netns) {
    this.#ns = ns;
  }

  services(): VirtualService[] {
    return [...this.#services.values()];
  }

  get(key: ServiceKey): VirtualService | undefined {
    return this.#services.get(keyOf(key.protocol, key.address, key.port));
  }

  /** Undefined if there is no room. */
  add(key: ServiceKey, scheduler: SchedulerName): VirtualService | undefined {
    if (this.#services.size >= MAX_SERVICES) return undefined;
    const service = new VirtualService(key, scheduler);
    this.#services.set(keyOf(key.protocol, key.address, key.port), service);
    this.#hook();
    this.#ns.changed();
    return service;
  }

  remove({ key, servers }: VirtualService): void {
    for (const server of servers) server.present = false;
    this.#services.delete(keyOf(key.protocol, key.address, key.port));
    this.#ns.changed();
  }

  clear(): void {
    for (const service of this.services()) this.remove(service);
  }

  /** To be called with every change of a service or its servers. */
  changed(): void {
    this.#ns.changed();
  }

  /** Answers first, then what is to be scheduled (the priorities of ip_vs_ops). */
  #hook(): void {
    if (this.#hooked) return;
    this.#hooked = true;
    const { hooks, conntrack } = this.#ns;
    conntrack.enable();
    const perFlow = { perFlow: true };
    const answer = (packet: Packet): Verdict => this.#answer(packet);
    hooks.register(INPUT, PRIORITY.srcnat - 2, 'ipvs answer', answer, perFlow);
    hooks.register(INPUT, PRIORITY.srcnat - 1, 'ipvs', (packet) => this.#deliver(packet), perFlow);
    hooks.register(FORWARD, PRIORITY.srcnat, 'ipvs answer', answer, perFlow);
    hooks.register(OUTPUT, PRIORITY.dstnat + 1, 'ipvs answer', answer, perFlow);
    hooks.register(OUTPUT, PRIORITY.dstnat + 2, 'ipvs', (packet) => this.#redirect(packet), perFlow);
  }

  /** A real server's packet looks as if the service had sent it (ip_vs_out). */
  #answer(packet: Packet): Verdict {
    const { connection } = packet;
    if (connection?.server !== undefined && packet.ctReply) translatePacket(packet, connection, 'src');
    return NF_ACCEPT;
  }

  /** A packet that came in for a service goes out again to its server (ip_vs_in, ip_vs_nat_xmit). */
  #deliver(packet: Packet): Verdict {
    const ns = this.#ns;
    const server = this.#serverFor(packet);
    if (server === undefined) return NF_ACCEPT;
    if (server === 'none') return this.#refuse(packet);
    const route = ns.ip.routeOutput(server.address);
    if (typeof route === 'string') {
      ns.drop(packet, 'IP_OUTNOROUTES');
      return NF_DROP;
    }
    if (route.type !== 'local') {
      if (packet.bytes[packet.l3 + 8]! <= 1) {
        ns.icmp.sendError(packet, ICMP_TIME_EXCEEDED, 0);
        ns.drop(packet, 'IP_TTL');
        return NF_DROP;
      }
      decrementTtl(packet.bytes, packet.l3);
    }
    translatePacket(packet, packet.connection!, 'dst');
    if (route.type === 'local') return NF_ACCEPT;
    ns.ip.localOut(packet, route);
    return NF_STOLEN;
  }

  /** A packet of the node itself; it is routed again by whoever runs the OUTPUT hook. */
  #redirect(packet: Packet): Verdict {
    const server = this.#serverFor(packet);
    if (server === undefined) return NF_ACCEPT;
    if (server === 'none') return this.#refuse(packet);
    translatePacket(packet, packet.connection!, 'dst');
    return NF_ACCEPT;
  }

  /** `none`: a service without a server that takes it. Undefined: not for a service. */
  #serverFor(packet: Packet): RealServer | 'none' | undefined {
    const { connection } = packet;
    if (connection === undefined || packet.ctReply) return undefined;
    const known = connection.server;
    if (known !== undefined) return known.present ? known : this.#expire(packet, connection);
    if (packet.ctInfo !== CT_NEW || connection.confirmed) return undefined;
    const service = this.#serviceFor(packet);
    if (service === undefined) return undefined;
    const { source, destination, sourcePort } = connection.original;
    const server = service.choose({ source, destination, port: sourcePort }, this.#ns.softirq.now);
    if (server === undefined) return 'none';
    bind(connection, server);
    return server;
  }

  /** expire_nodest_conn: the server is gone, so is the connection; this packet with it. */
  #expire(packet: Packet, connection: Connection): 'none' {
    packet.recording = undefined;
    this.#ns.conntrack.delete(connection);
    return 'none';
  }

  #serviceFor({ bytes, l3, l4, end }: Packet): VirtualService | undefined {
    const protocol = bytes[l3 + 9]!;
    if (protocol !== PROTO_TCP && protocol !== PROTO_UDP && protocol !== PROTO_SCTP) return undefined;
    if (ipv4FragmentOffset(bytes, l3) !== 0 || l4 + 4 > end) return undefined;
    return this.#services.get(keyOf(protocol, u32(bytes, l3 + 16), u16(bytes, l4 + 2)));
  }

  /** ip_vs_leave: nobody takes it. */
  #refuse(packet: Packet): Verdict {
    this.#ns.icmp.sendError(packet, ICMP_UNREACHABLE, UNREACH_PORT);
    this.#ns.drop(packet, 'NETFILTER_DROP');
    return NF_DROP;
  }
}

/** ip_vs_update_conntrack: answers are looked for as the server will send them. */
function bind(connection: Connection, server: RealServer): void {
  connection.server = server;
  connection.reply.source = server.address;
  connection.reply.sourcePort = server.port;
}

function keyOf(protocol: number, address: Ipv4 | number, port: number): string {
  return `${protocol} ${address} ${port}`;
}
