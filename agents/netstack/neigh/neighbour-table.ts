import { writeEthernet } from '../header/ethernet.ts';
import { isVersion6 } from '../header/ip-header.ts';
import { type IpAddress, type IpVersion, isIpv6, versionOf } from '../ip-address.ts';
import { solicit6 } from '../ip6/neighbour-discovery.ts';
import type { Ipv4 } from '../ipv4.ts';
import type { Ipv6 } from '../ipv6.ts';
import type { Link } from '../link/link.ts';
import type { Mac } from '../mac.ts';
import { NetError } from '../net-error.ts';
import type { Netns } from '../netns.ts';
import type { Packet } from '../packet.ts';
import { ETH_IPV4, ETH_IPV6 } from '../protocol-numbers.ts';
import { receiveArp, solicit } from './arp.ts';
import { DelayedAnswers } from './delayed-answers.ts';
import { fixedMac } from './fixed-mac.ts';
import { Neighbour, type NeighbourState } from './neighbour.ts';
import { decideUpdate, isConnected, isValid, type Known, type Told } from './neighbour-update.ts';
import { ProxiedAddresses } from './proxied-addresses.ts';

/** What an sk_buff weighs beside its data, for the queue's bound. */
const PACKET_OVERHEAD = 768;
/** An unused STALE entry is dropped first when the table is full (gc_staletime). */
const GC_STALE_MS = 60_000;
/** The shortest time between two questions (HZ / 100). */
const LEAST_WAIT_MS = 10;

/** The neighbours of a namespace, by ARP and NDP (net/core/neighbour.c). Bounded by gc_thresh3; a new entry beyond it fails. */
export class NeighbourTable {
  readonly #ns: Netns;
  #size = 0;
  #size6 = 0;
  /** Whom the node answers for, and how late. */
  readonly proxied = new ProxiedAddresses();
  readonly delayed: DelayedAnswers;

  constructor(ns: Netns) {
    this.#ns = ns;
    this.delayed = new DelayedAnswers(ns);
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
    this.command(link, address, { state: 'PERMANENT', mac }, { create: true, replace: true });
  }

  /** `ip neigh add`, `change` and `replace` (neigh_add): EEXIST, ENOENT, or EINVAL without an Ethernet address. */
  command(
    link: Link,
    address: IpAddress,
    told: Pick<Told, 'state' | 'mac' | 'isRouter'>,
    { create, replace }: { create: boolean; replace: boolean },
  ): void {
    const known = this.lookup(link, address);
    if (known === undefined && !create) throw new NetError('ENOENT', 'No such file or directory');
    if (known !== undefined && !replace) throw new NetError('EEXIST', 'File exists');
    const isPermanent = told.state === 'PERMANENT';
    const neighbour = known ?? this.#create(link, address, isPermanent);
    if (!neighbour) throw new NetError('ENOBUFS', 'No buffer space available');
    if (
      this.#update(neighbour, { isRouter: false, ...told, overrides: true, isCommand: true }) === 'no address'
    )
      throw new NetError('EINVAL', 'No link layer address given.');
  }

  /** Whoever waits for it is refused (neigh_delete). */
  remove(link: Link, address: IpAddress): boolean {
    const neighbour = this.lookup(link, address);
    if (!neighbour) return false;
    this.#update(neighbour, { state: 'FAILED', mac: undefined, overrides: true, isCommand: true });
    this.#forget(neighbour, 'NEIGH_FAILED');
    return true;
  }

  removeLink(link: Link): void {
    for (const neighbour of allOf(link)) this.#forget(neighbour, 'DEV_READY');
    this.proxied.removeLink(link);
    this.delayed.removeLink(link);
  }

  receiveArp(packet: Packet): void {
    receiveArp(this.#ns, packet);
  }

  /** What a message of ARP or NDP tells of somebody (neigh_update); who is unknown is stored only if `create`. */
  learn(link: Link, address: IpAddress, told: Told, { create }: { create: boolean }): Neighbour | undefined {
    const neighbour = this.lookup(link, address) ?? (create ? this.#create(link, address) : undefined);
    if (neighbour) this.#update(neighbour, told);
    return neighbour;
  }

  #update(neighbour: Neighbour, told: Told): 'no address' | undefined {
    const decided = decideUpdate(neighbour, told);
    if (decided === 'not permitted') return undefined;
    if (decided === 'no address') return decided;
    const { state: old, mac: oldMac } = neighbour;
    if (!isValid(decided.state)) {
      this.#invalidate(neighbour, decided.state);
      return undefined;
    }
    if (decided.confirms) neighbour.confirmedAt = this.#ns.softirq.now;
    if (decided.tellsRouter) neighbour.isRouter = told.isRouter === true;
    if (decided.state !== old || decided.mac !== oldMac) this.#change(neighbour, decided);
    if (!isValid(old)) this.#flush(neighbour);
    return undefined;
  }

  #change(neighbour: Neighbour, { state, mac }: Known): void {
    if (neighbour.mac !== mac) {
      neighbour.mac = mac;
      if (!isConnected(state)) neighbour.confirmedAt = Number.NEGATIVE_INFINITY;
      this.#ns.changed();
    }
    if (neighbour.state !== state) this.#enter(neighbour, state);
    neighbour.updatedAt = this.#ns.softirq.now;
  }

  /** What has no Ethernet address any more; who waits for one that is given up is refused. */
  #invalidate(neighbour: Neighbour, state: NeighbourState): void {
    const wasAsked = neighbour.state === 'INCOMPLETE' || neighbour.state === 'PROBE';
    this.#move(neighbour, state);
    if (wasAsked && state === 'FAILED') this.#refuseQueue(neighbour);
  }

  /** Whether packets may be sent to it now; one whose address is old is asked again soon. */
  isUsable(neighbour: Neighbour): boolean {
    switch (neighbour.state) {
      case 'PERMANENT':
      case 'NOARP':
      case 'REACHABLE':
        return true;
      case 'STALE':
        neighbour.usedAt = this.#ns.softirq.now;
        this.#enter(neighbour, 'DELAY');
        return true;
      case 'DELAY':
      case 'PROBE':
        neighbour.usedAt = this.#ns.softirq.now;
        return true;
      default:
        return false;
    }
  }

  /** A random share of base_reachable_time, for each entry its own (neigh_rand_reach_time). */
  #reachable({ link, address }: Neighbour): number {
    const base = this.setting(link, versionOf(address), 'base_reachable_time_ms');
    return base / 2 + this.#ns.rng.int(base);
  }

  #enqueue(neighbour: Neighbour, packet: Packet): void {
    packet.recording = undefined;
    const bound = this.#settingOf(neighbour, 'unres_qlen_bytes');
    const weight = weightOf(packet);
    while (neighbour.queuedBytes + weight > bound && neighbour.queue.length > 0) {
      const oldest = neighbour.queue.shift()!;
      neighbour.queuedBytes -= weightOf(oldest);
      this.#ns.drop(oldest, 'NEIGH_QUEUEFULL');
    }
    neighbour.queue.push(packet);
    neighbour.queuedBytes += weight;
    if (neighbour.state === 'INCOMPLETE') return;
    this.#move(neighbour, 'INCOMPLETE');
    neighbour.updatedAt = this.#ns.softirq.now;
    this.#probe(neighbour);
  }

  /** Asks, and asks again each retrans_time, until the state's own limit; then the queue is refused. */
  #probe(neighbour: Neighbour): void {
    const isProbe = neighbour.state === 'PROBE';
    if (neighbour.probes >= this.#settingOf(neighbour, isProbe ? 'ucast_solicit' : 'mcast_solicit'))
      return this.#fail(neighbour);
    neighbour.probes++;
    const wait = Math.max(LEAST_WAIT_MS, this.#settingOf(neighbour, 'retrans_time_ms'));
    this.#arm(neighbour, wait, () => this.#probe(neighbour));
    const because = neighbour.queue[neighbour.queue.length - 1];
    if (isIpv6(neighbour.address)) solicit6(this.#ns, neighbour, because);
    else solicit(this.#ns, neighbour, because);
  }

  /** A state with what time does to it (neigh_timer_handler). */
  #enter(neighbour: Neighbour, state: NeighbourState): void {
    this.#move(neighbour, state);
    neighbour.updatedAt = this.#ns.softirq.now;
    if (state === 'REACHABLE') {
      neighbour.reachableMs = this.#reachable(neighbour);
      this.#arm(neighbour, neighbour.reachableMs, () => this.#grow(neighbour));
    } else if (state === 'DELAY') {
      this.#arm(neighbour, this.#delayOf(neighbour), () => this.#endDelay(neighbour));
    } else if (state === 'PROBE') this.#probe(neighbour);
  }

  /** A confirmation grows old: what was used lately is asked again soon, the rest when it is used. */
  #grow(neighbour: Neighbour): void {
    const now = this.#ns.clock.now();
    const left = neighbour.confirmedAt + neighbour.reachableMs - now;
    if (left > 0) return this.#arm(neighbour, left, () => this.#grow(neighbour));
    this.#enter(neighbour, now <= neighbour.usedAt + this.#delayOf(neighbour) ? 'DELAY' : 'STALE');
  }

  #endDelay(neighbour: Neighbour): void {
    const isConfirmed = this.#ns.clock.now() <= neighbour.confirmedAt + this.#delayOf(neighbour);
    this.#enter(neighbour, isConfirmed ? 'REACHABLE' : 'PROBE');
  }

  #delayOf = (neighbour: Neighbour): number => this.#settingOf(neighbour, 'delay_first_probe_time') * 1000;

  #fail(neighbour: Neighbour): void {
    this.#move(neighbour, 'FAILED');
    neighbour.updatedAt = this.#ns.softirq.now;
    this.#refuseQueue(neighbour);
  }

  /** Every waiting packet gets its host-unreachable (arp_error_report). */
  #refuseQueue(neighbour: Neighbour): void {
    for (const packet of this.#takeQueue(neighbour)) {
      this.#ns.ipFor(neighbour.address).refuse(packet, 'host');
      this.#ns.drop(packet, 'NEIGH_FAILED');
    }
  }

  /** What waited is sent, which is a use of the address like any. */
  #flush(neighbour: Neighbour): void {
    for (const packet of this.#takeQueue(neighbour)) {
      if (this.isUsable(neighbour)) transmitTo(neighbour.link, neighbour.mac!, packet);
      else this.#enqueue(neighbour, packet);
    }
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
    const isFull = (six ? this.#size6 : this.#size) >= this.setting(link, six ? 6 : 4, 'gc_thresh3');
    if (!permanent && isFull && !this.#collect(six)) return undefined;
    const neighbour = new Neighbour(link, address);
    neighbour.usedAt = neighbour.updatedAt = this.#ns.softirq.now;
    const fixed = fixedMac(this.#ns, link, address);
    if (fixed !== undefined) {
      neighbour.mac = fixed;
      neighbour.state = 'NOARP';
    }
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

  #settingOf({ link, address }: Neighbour, name: string): number {
    return this.setting(link, versionOf(address), name);
  }

  /** A device's own net.ipv*.neigh setting, else the default of those that have none. */
  setting(link: Link, version: IpVersion, name: string): number {
    const { sysctl } = this.#ns;
    const own = sysctl.get(`net.ipv${version}.neigh.${link.name}.${name}`);
    return own === undefined ? sysctl.number(`net.ipv${version}.neigh.default.${name}`) : Number(own);
  }
}

/** What a packet counts for in the queue. */
const weightOf = (packet: Packet): number => packet.length + PACKET_OVERHEAD;

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
