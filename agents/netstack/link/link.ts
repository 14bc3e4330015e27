import type { Prefix } from '../cidr.ts';
import type { IpConf } from '../ip/ip-conf.ts';
import type { IpAddress } from '../ip-address.ts';
import type { Ipv4 } from '../ipv4.ts';
import type { Ipv6 } from '../ipv6.ts';
import type { Mac } from '../mac.ts';
import { MemoMap } from '../memo-map.ts';
import type { Neighbour } from '../neigh/neighbour.ts';
import type { Netns } from '../netns.ts';
import type { Packet } from '../packet.ts';
import { Netem, type NetemOptions } from './netem.ts';

export type LinkKind = 'loopback' | 'veth' | 'bridge' | 'vxlan' | 'dummy' | 'ether';
export type TapDirection = 'in' | 'out';
/** Sees a frame as it passes a device; it must not keep or change the bytes. */
export type Tap = (frame: Uint8Array, direction: TapDirection, timeMs: number) => void;

/** An address on a link; `scope` as in rtnetlink. */
export interface LinkAddress<Address extends IpAddress = Ipv4> extends Prefix<Address> {
  readonly scope: 'global' | 'link' | 'host';
  readonly broadcast: Ipv4 | undefined;
  /** In the subnet of an earlier address of the link: never chosen as a source by itself. */
  readonly secondary: boolean;
}

export interface LinkStats {
  rxPackets: number;
  rxBytes: number;
  rxDropped: number;
  txPackets: number;
  txBytes: number;
  txDropped: number;
}

export interface LinkOptions {
  readonly mac: Mac;
  readonly mtu: number;
}

/** Lets a bridge take a port's frames; true if it did (rx_handler). */
export type RxHandler = (packet: Packet) => void;

/**
 * A network device. `transmit` takes a whole Ethernet frame and owns it from then on. A link is made by one of
 * the create functions (veth, bridge, vxlan, dummy, ethernet device), starts down, and belongs to a namespace
 * until `delete()`.
 */
export abstract class Link {
  abstract readonly kind: LinkKind;
  readonly ifindex: number;
  readonly name: string;
  readonly ns: Netns;
  #mac: Mac;
  #mtu: number;
  up = false;
  deleted = false;
  /** No ARP on this device: every address resolves to its own (loopback, dummy). */
  noArp = false;
  master: Link | undefined = undefined;
  rxHandler: RxHandler | undefined = undefined;
  /** See ipConfOf. */
  conf: IpConf | undefined = undefined;
  readonly addresses: LinkAddress[] = [];
  readonly addresses6: LinkAddress<Ipv6>[] = [];
  /** Both kept by the namespace's NeighbourTable. */
  readonly neighbours = new MemoMap<Ipv4, Neighbour>();
  readonly neighbours6 = new Map<Ipv6, Neighbour>();
  readonly stats: LinkStats = {
    rxPackets: 0,
    rxBytes: 0,
    rxDropped: 0,
    txPackets: 0,
    txBytes: 0,
    txDropped: 0,
  };
  #taps: readonly Tap[] | undefined;
  #netem: Netem | undefined;

  constructor(ns: Netns, name: string, options: LinkOptions) {
    this.ns = ns;
    this.name = name;
    this.#mac = options.mac;
    this.#mtu = options.mtu;
    this.ifindex = ns.registerLink(this);
  }

  get mac(): Mac {
    return this.#mac;
  }

  set mac(address: Mac) {
    this.#mac = address;
    this.ns.changed();
  }

  /** The longest IP packet that the device carries, in bytes. */
  get mtu(): number {
    return this.#mtu;
  }

  set mtu(bytes: number) {
    this.#mtu = bytes;
    this.ns.changed();
  }

  /** Has a peer or a lower device that can carry frames. */
  get carrier(): boolean {
    return this.up;
  }

  setUp(): void {
    this.ns.setLinkUp(this);
  }

  setDown(): void {
    this.ns.setLinkDown(this);
  }

  /** Removes the link with its addresses, routes, neighbours and, for a veth, its peer. Idempotent. */
  delete(): void {
    this.ns.deleteLink(this);
  }

  /** Adds a tap; the returned function removes it. Without taps a frame pays one comparison. */
  addTap(tap: Tap): () => void {
    this.#taps = [...(this.#taps ?? []), tap];
    this.ns.changed();
    return () => {
      const rest = this.#taps?.filter((other) => other !== tap) ?? [];
      this.#taps = rest.length > 0 ? rest : undefined;
      this.ns.changed();
    };
  }

  get tapped(): boolean {
    return this.#taps !== undefined;
  }

  /** Called by receiveFrame for every frame that comes in. */
  tapIn(packet: Packet): void {
    if (this.#taps !== undefined) this.#callTaps(this.#taps, packet, 'in');
  }

  transmit(packet: Packet): void {
    if (!this.up) {
      this.stats.txDropped++;
      return this.ns.drop(packet, 'DEV_READY');
    }
    packet.recording?.sent(packet, this);
    this.stats.txPackets++;
    this.stats.txBytes += packet.end - packet.start;
    if (this.#taps !== undefined) this.#callTaps(this.#taps, packet, 'out');
    packet.trace?.({ kind: 'transmit', ns: this.ns.name, link: this.name }, packet);
    if (this.#netem === undefined) this.xmit(packet);
    else if (!this.#netem.enqueue(packet)) this.ns.drop(packet, 'QDISC_DROP');
  }

  get netem(): Netem | undefined {
    return this.#netem;
  }

  /** Faults for what leaves from now on; what waits for those before it is lost. */
  setNetem(options: NetemOptions | undefined): void {
    this.#netem?.close();
    this.#netem = options && new Netem(options, this.ns, (packet) => this.up && this.xmit(packet));
  }

  /** Hands a frame to the medium. */
  protected abstract xmit(packet: Packet): void;

  /** A master lets go of one of its ports. */
  removePort(_link: Link): void {}

  /** One of its ports can carry no more frames. */
  portDown(_link: Link): void {}

  /** The device went up or down: its other end hears that. */
  onCarrier(): void {}

  /** The device's own cleaning, before the namespace forgets it. */
  onDelete(): void {}

  #callTaps(taps: readonly Tap[], packet: Packet, direction: TapDirection): void {
    const now = this.ns.softirq.now;
    for (const tap of taps) tap(packet.frame(), direction, now);
  }
}
