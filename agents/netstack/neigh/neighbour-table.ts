import { writeEthernet } from '../header/ethernet.ts';
import { isVersion6 } from '../header/ip-header.ts';
import { type IpAddress, isIpv6 } from '../ip-address.ts';
import { solicit6 } from '../ip6/neighbour-discovery.ts';
import type { Ipv4 } from '../ipv4.ts';
import type { Ipv6 } from '../ipv6.ts';
import type { Link } from '../link/link.ts';
import type { Mac } from '../mac.ts';
import type { Netns } from '../netns.ts';
import type { Packet } from '../packet.ts';
import { ETH_IPV4, ETH_IPV6 } from '../protocol-numbers.ts';
import { receiveArp, solicit } from './arp.ts';
import { Neighbour, type NeighbourState } from './neighbour.ts';

/** What an sk_buff weighs beside its data, for the queue's bound. */
const PACKET_OVERHEAD = 768;
/** An unused STALE entry is dropped first when the table is full (gc_staletime). */
const GC_STALE_MS = 60_000;

/** The neighbours of a namespace, by ARP and NDP (net/core/neighbour.c). Bounded by gc_thresh3; a new entry beyond it fails. */
export class NeighbourTable {
  readonly #ns: Netns;
  #size = 0;
  #size6 = 0;
  #reachableMs = 0;

  constructor(ns: Netns) {
    this.#ns = ns;
  }

  /** Sends an IP packet to a neighbour on `link`; resolves it first if need be. */
  output(link: Link, nextHop: IpAddress, packet: Packet): void {
    const neighbour = this.lookup(link, nextHop) ?? this.#create(link, nextHop);
    if (!neighbour) return this.#ns.drop(packet, 'NEIGH_CREATEFAIL');
    packet.trace?.(
      { kind: 'neighbour', ns: this.#ns.name, link: link.name, address: nextHop, state: neighbour.state },
      packet,
    );
    if (!this.isUsable(neighbour)) return this.#enqueue(neighbour, packet);
    packet.recording?.neighbour(neighbour);
    transmitTo(link, neighbour.mac!, packet);
  }

  /** A neighbour that may be used without asking, else undefined. */
  resolved(link: Link, address: IpAddress): Neighbour | undefined {
    const neighbour = this.lookup(link, address);
    return neighbour && this.isUsable(neighbour) ? neighbour : undefined;
  }

  lookup(link: Link, address: IpAddress): Neighbour | undefined {
    return isIpv6(address) ? link.neighbours6.get(address as Ipv6) : link.neighbours.get(address);
  }

  list(): Neighbour[] {
    return this.#ns.links().flatMap(allOf);
  }

  setPermanent(link: Link, address: IpAddress, mac: Mac): void {
    const neighbour = this.lookup(link, address) ?? this.#create(link, address, true)!;
    this.#move(neighbour, 'PERMANENT');
    neighbour.mac = mac;
    this.#ns.changed();
    this.#flush(neighbour);
  }

  remove(link: Link, address: IpAddress): boolean {
    const neighbour = this.lookup(link, address);
    if (!neighbour) return false;
    this.#forget(neighbour, 'NEIGH_FAILED');
    return true;
  }

  removeLink(link: Link): void {
    for (const neighbour of allOf(link)) this.#forget(neighbour, 'DEV_READY');
  }

  receiveArp(packet: Packet): void {
    receiveArp(this.#ns, packet);
  }

  /**
   * What a message of ARP or NDP tells about its sender (neigh_update): a solicited reply makes it REACHABLE, anything
   * else only STALE. A known address that moves is taken over at once; unknown senders are stored only if
   * `create`.
   */
  learn(link: Link, address: IpAddress, mac: Mac, solicited: boolean, create: boolean): void {
    const neighbour = this.lookup(link, address) ?? (create ? this.#create(link, address) : undefined);
    if (!neighbour || neighbour.state === 'PERMANENT' || neighbour.state === 'NOARP') return;
    const moved = neighbour.mac !== mac;
    if (!solicited && !moved && neighbour.state !== 'INCOMPLETE' && neighbour.state !== 'FAILED') return;
    if (moved) this.#ns.changed();
    neighbour.mac = mac;
    this.#move(neighbour, solicited ? 'REACHABLE' : 'STALE');
    if (solicited) neighbour.confirmedAt = this.#ns.softirq.now;
    this.#flush(neighbour);
  }

  /** Somebody says that it is elsewhere, but not that we should believe it: it is asked itself. */
  doubt(neighbour: Neighbour): void {
    if (neighbour.state === 'REACHABLE') this.#move(neighbour, 'STALE');
  }

  /** Whether packets may be sent to it now; one whose address is old is asked again soon. */
  isUsable(neighbour: Neighbour): boolean {
    switch (neighbour.state) {
      case 'PERMANENT':
      case 'NOARP':
        return true;
      case 'REACHABLE':
        neighbour.usedAt = this.#ns.softirq.now;
        if (neighbour.usedAt - neighbour.confirmedAt > this.#reachable()) this.#delay(neighbour);
        return true;
      case 'STALE':
        neighbour.usedAt = this.#ns.softirq.now;
        this.#delay(neighbour);
        return true;
      case 'DELAY':
      case 'PROBE':
        return true;
      default:
        return false;
    }
  }

  /** A random share of base_reachable_time, chosen once (neigh_rand_reach_time). */
  #reachable(): number {
    if (this.#reachableMs === 0) {
      const base = this.#ns.sysctl.number('net.ipv4.neigh.default.base_reachable_time_ms');
      this.#reachableMs = base / 2 + this.#ns.rng.int(base);
    }
    return this.#reachableMs;
  }

  #enqueue(neighbour: Neighbour, packet: Packet): void {
    packet.recording = undefined;
    const bound = this.#setting(neighbour.address, 'unres_qlen_bytes');
    neighbour.queue.push(packet);
    neighbour.queuedBytes += packet.length + PACKET_OVERHEAD;
    while (neighbour.queuedBytes > bound && neighbour.queue.length > 1) {
      const oldest = neighbour.queue.shift()!;
      neighbour.queuedBytes -= oldest.length + PACKET_OVERHEAD;
      this.#ns.drop(oldest, 'NEIGH_QUEUEFULL');
    }
    if (neighbour.state === 'INCOMPLETE') return;
    this.#move(neighbour, 'INCOMPLETE');
    this.#probe(neighbour, packet);
  }

  /** Asks, and asks again each retrans_time, until the state's own limit; then the queue is refused. */
  #probe(neighbour: Neighbour, packet?: Packet): void {
    const limit = this.#setting(
      neighbour.address,
      neighbour.state === 'PROBE' ? 'ucast_solicit' : 'mcast_solicit',
    );
    if (neighbour.probes >= limit) return this.#fail(neighbour);
    neighbour.probes++;
    this.#arm(neighbour, this.#setting(neighbour.address, 'retrans_time_ms'), () => this.#probe(neighbour));
    const because = packet ?? neighbour.queue[0];
    if (isIpv6(neighbour.address)) solicit6(this.#ns, neighbour, because);
    else solicit(this.#ns, neighbour, because);
  }

  #delay(neighbour: Neighbour): void {
    this.#move(neighbour, 'DELAY');
    this.#arm(neighbour, this.#setting(neighbour.address, 'delay_first_probe_time') * 1000, () => {
      this.#move(neighbour, 'PROBE');
      this.#probe(neighbour);
    });
  }

  /** Every waiting packet gets its host-unreachable (arp_error_report). */
  #fail(neighbour: Neighbour): void {
    this.#move(neighbour, 'FAILED');
    neighbour.mac = undefined;
    const waiting = this.#takeQueue(neighbour);
    for (const packet of waiting) {
      this.#ns.ipFor(neighbour.address).refuse(packet, 'host');
      this.#ns.drop(packet, 'NEIGH_FAILED');
    }
  }

  #flush(neighbour: Neighbour): void {
    for (const packet of this.#takeQueue(neighbour)) transmitTo(neighbour.link, neighbour.mac!, packet);
  }

  #takeQueue(neighbour: Neighbour): Packet[] {
    const waiting = neighbour.queue;
    neighbour.queue = [];
    neighbour.queuedBytes = 0;
    return waiting;
  }

  #move(neighbour: Neighbour, state: NeighbourState): void {
    this.#ns.clock.clearTimeout(neighbour.timer);
    neighbour.timer = undefined;
    neighbour.state = state;
    neighbour.probes = 0;
  }

  #arm(neighbour: Neighbour, milliseconds: number, expire: () => void): void {
    this.#ns.clock.clearTimeout(neighbour.timer);
    neighbour.timer = this.#ns.clock.setTimeout(expire, milliseconds);
  }

  #create(link: Link, address: IpAddress, permanent = false): Neighbour | undefined {
    const six = isIpv6(address);
    const isFull = (six ? this.#size6 : this.#size) >= this.#setting(address, 'gc_thresh3');
    if (!permanent && isFull && !this.#collect(six)) return undefined;
    const neighbour = new Neighbour(link, address);
    neighbour.usedAt = this.#ns.softirq.now;
    if (six) link.neighbours6.set(address as Ipv6, neighbour);
    else link.neighbours.set(address as Ipv4, neighbour);
    if (six) this.#size6++;
    else this.#size++;
    return neighbour;
  }

  /** Makes room for one entry; false if all are in use. */
  #collect(six: boolean): boolean {
    const oldest = this.#ns.softirq.now - GC_STALE_MS;
    for (const neighbour of this.list()) {
      if (isIpv6(neighbour.address) !== six) continue;
      const idle = neighbour.state === 'FAILED' || (neighbour.state === 'STALE' && neighbour.usedAt < oldest);
      if (idle) {
        this.#forget(neighbour, 'NEIGH_FAILED');
        return true;
      }
    }
    return false;
  }

  #forget(neighbour: Neighbour, reason: 'NEIGH_FAILED' | 'DEV_READY'): void {
    this.#move(neighbour, 'FAILED');
    for (const packet of this.#takeQueue(neighbour)) this.#ns.drop(packet, reason);
    const { link, address } = neighbour;
    if (isIpv6(address)) {
      if (link.neighbours6.delete(address as Ipv6)) this.#size6--;
    } else if (link.neighbours.delete(address)) this.#size--;
  }

  #setting(address: IpAddress, name: string): number {
    return this.#ns.sysctl.number(`net.ipv${isIpv6(address) ? 6 : 4}.neigh.default.${name}`);
  }
}

const allOf = ({ neighbours, neighbours6 }: Link): Neighbour[] => [
  ...neighbours.values(),
  ...neighbours6.values(),
];

/** Puts the Ethernet header before an IP packet and sends it. */
export function transmitTo(link: Link, mac: Mac, packet: Packet): void {
  packet.start = packet.l3;
  packet.push(14);
  writeEthernet(
    packet.bytes,
    packet.start,
    mac,
    link.mac,
    isVersion6(packet.bytes, packet.l3) ? ETH_IPV6 : ETH_IPV4,
  );
  link.transmit(packet);
}
