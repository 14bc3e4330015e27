import { u16 } from '../bytes.ts';
import { ETHERNET_HEADER } from '../header/ethernet.ts';
import { isVersion6 } from '../header/ip-header.ts';
import { fragment, leavesInPieces, mayBridgeCut } from '../ip/fragment.ts';
import { ipConfOf } from '../ip/ip-conf.ts';
import { fragment6, isTooBig6, leavesInPieces6 } from '../ip6/fragment6.ts';
import { type Mac, randomMac, readMac } from '../mac.ts';
import { NetError } from '../net-error.ts';
import { NF_ACCEPT } from '../netfilter/hooks.ts';
import type { Netns } from '../netns.ts';
import { PACKET_BROADCAST, PACKET_HOST, PACKET_MULTICAST, type Packet } from '../packet.ts';
import { ETH_IPV4, ETH_IPV6 } from '../protocol-numbers.ts';
import { BridgeFdb } from './bridge-fdb.ts';
import {
  bridgeForwardHook,
  bridgePostRoutingHook,
  bridgePreRoutingHook,
  resumeRedirected,
} from './bridge-netfilter.ts';
import { Link } from './link.ts';
import { deliverUp, toProtocols } from './receive.ts';

/** Ports of one bridge (BR_MAX_PORTS). */
const MAX_PORTS = 1023;

export interface PortSettings {
  /** A frame may leave by the port it came in by. */
  hairpin: boolean;
  learning: boolean;
  /** What is for nobody known, for a group, and for all is sent here too. */
  flood: boolean;
  mcast_flood: boolean;
  bcast_flood: boolean;
  /** Frames of other such ports are not sent here. */
  isolated: boolean;
}

const USUAL: PortSettings = {
  hairpin: false,
  learning: true,
  flood: true,
  mcast_flood: true,
  bcast_flood: true,
  isolated: false,
};

type FloodSetting = 'flood' | 'mcast_flood' | 'bcast_flood';

export interface BridgePort extends Readonly<PortSettings> {
  readonly link: Link;
}

/**
 * A learning bridge that is also a device of its namespace (net/bridge). Frames from a port are learnt, then go
 * to the bridge's own address, to the port that is known, or to all. IP frames pass the namespace's hooks if
 * net.bridge.bridge-nf-call-iptables, or -ip6tables, is set.
 */
export class Bridge extends Link {
  readonly kind = 'bridge';
  readonly fdb: BridgeFdb;
  #ports: readonly BridgePort[] = [];

  constructor(ns: Netns, name: string, options: { mac: Mac; mtu: number }) {
    super(ns, name, options);
    this.fdb = new BridgeFdb(() => ns.changed());
    this.fdb.setLocal(this.mac, undefined);
  }

  ports(): readonly BridgePort[] {
    return this.#ports;
  }

  port(link: Link): BridgePort | undefined {
    return this.#ports.find((port) => port.link === link);
  }

  /** Makes `link` a port (`ip link set LINK master BRIDGE`). */
  addPort(link: Link, options: { hairpin?: boolean } = {}): BridgePort {
    if (link.ns !== this.ns || link === this || link.kind === 'bridge' || link.kind === 'loopback') {
      throw new NetError('EINVAL', 'Invalid argument');
    }
    if (link.master) throw new NetError('EBUSY', 'Device or resource busy');
    if (this.#ports.length >= MAX_PORTS) throw new NetError('EXFULL', 'Exchange full');
    const port: BridgePort = { ...USUAL, link, hairpin: options.hairpin ?? false };
    this.#ports = [...this.#ports, port];
    this.ns.changed();
    link.master = this;
    link.rxHandler = (packet) => this.#handleFrame(port, packet);
    this.fdb.setLocal(link.mac, port);
    return port;
  }

  setPort(port: BridgePort, settings: Partial<PortSettings>): void {
    Object.assign(port, settings);
    this.ns.changed();
  }

  override removePort(link: Link): void {
    const port = this.port(link);
    if (!port) return;
    this.#ports = this.#ports.filter((other) => other !== port);
    this.ns.changed();
    link.master = undefined;
    link.rxHandler = undefined;
    this.fdb.removePort(port, (mac) => this.#otherHolder(mac));
  }

  /** Who else has the address of a port that goes (fdb_delete_local). */
  #otherHolder(mac: Mac): { port: BridgePort | undefined } | undefined {
    const port = this.#ports.find((each) => each.link.mac === mac);
    return port !== undefined || mac === this.mac ? { port } : undefined;
  }

  override portDown(link: Link): void {
    const port = this.port(link);
    if (port) this.fdb.forgetLearntAt(port);
  }

  override onDelete(): void {
    for (const port of this.#ports) this.removePort(port.link);
  }

  /** br_dev_xmit: a frame from the node itself. */
  protected override xmit(packet: Packet): void {
    if (resumeRedirected(this, packet)) return;
    // One that came by a bridge and was routed has met IP's own hooks since; the bridge's are not for it.
    packet.bridged = undefined;
    if ((packet.bytes[packet.start]! & 1) !== 0) return this.#flood(packet, undefined, 'own');
    const entry = this.fdb.lookup(readMac(packet.bytes, packet.start), this.ns.softirq.now);
    if (entry?.port) {
      packet.recording?.towards(entry);
      this.#forward(packet, entry.port, undefined);
    } else if (entry) this.ns.drop(packet, 'BRIDGE_NO_EGRESS');
    else this.#flood(packet, undefined, 'flood');
  }

  /** br_handle_frame. */
  #handleFrame(port: BridgePort, packet: Packet): void {
    if (!this.up) return this.ns.drop(packet, 'BRIDGE_INGRESS_STP_STATE');
    const { bytes, start } = packet;
    if (!isHostMac(bytes, start + 6)) return this.ns.drop(packet, 'BRIDGE_INVALID_SOURCE');
    if (isLinkLocal(bytes, start)) {
      // A pause is for the device alone.
      if (bytes[start + 5] === 1) return this.ns.drop(packet, 'BRIDGE_NO_EGRESS');
      this.#learn(port, packet);
      return toProtocols(port.link, packet);
    }
    if (this.#goesToHooks(u16(bytes, start + 12))) return bridgePreRoutingHook(this, port, packet);
    this.handleFrameFinish(port, packet);
  }

  #goesToHooks(etherType: number): boolean {
    if (etherType === ETH_IPV4) return ipConfOf(this).bridgeCallsIptables;
    return etherType === ETH_IPV6 && ipConfOf(this).bridgeCallsIp6tables;
  }

  /** br_handle_frame_finish: learn, then up, forward or flood. */
  handleFrameFinish(port: BridgePort, packet: Packet): void {
    const { bytes, start } = packet;
    this.#learn(port, packet);
    if ((bytes[start]! & 1) !== 0) {
      packet.type = isBroadcast(bytes, start) ? PACKET_BROADCAST : PACKET_MULTICAST;
      this.#flood(packet.clone(), port, packet.type === PACKET_BROADCAST ? 'bcast_flood' : 'mcast_flood');
      // br_nf_local_in: the copies that were flooded have the same connection.
      if (this.ns.conntrack.confirm(packet) === NF_ACCEPT) this.passUp(packet);
      return;
    }
    const entry = this.fdb.lookup(readMac(bytes, start), this.ns.softirq.now);
    if (entry === undefined) return this.#flood(packet, port, 'flood');
    packet.recording?.towards(entry);
    if (entry.kind === 'local' || entry.port === undefined) {
      if (entry.mac === this.mac) packet.type = PACKET_HOST;
      return this.passUp(packet);
    }
    this.#forward(packet, entry.port, port);
  }

  /** br_pass_frame_up: the frame came in by the bridge device. That it came in fragments binds it no more. */
  passUp(packet: Packet): void {
    packet.fragments &&= { ...packet.fragments, isBinding: false };
    packet.trace?.(
      { kind: 'bridge', ns: this.ns.name, bridge: this.name, decision: 'local', port: undefined },
      packet,
    );
    deliverUp(this, packet);
  }

  #learn(port: BridgePort, packet: Packet): void {
    if (!port.learning) return;
    const learnt = this.fdb.learn(readMac(packet.bytes, packet.start + 6), port, this.ns.softirq.now);
    if (learnt === undefined) packet.recording = undefined;
    else packet.recording?.learnt(learnt);
  }

  #forward(packet: Packet, to: BridgePort, from: BridgePort | undefined): void {
    packet.trace?.(
      { kind: 'bridge', ns: this.ns.name, bridge: this.name, decision: 'forward', port: to.link.name },
      packet,
    );
    if (!mayDeliver(to, from)) return this.ns.drop(packet, 'BRIDGE_NO_EGRESS');
    this.#emit(packet, to);
  }

  /** br_flood; each port that its setting lets have it gets a copy, the last the packet; what is the node's `own` goes to all. */
  #flood(packet: Packet, from: BridgePort | undefined, setting: FloodSetting | 'own'): void {
    packet.trace?.(
      { kind: 'bridge', ns: this.ns.name, bridge: this.name, decision: 'flood', port: undefined },
      packet,
    );
    packet.recording = undefined;
    let previous: BridgePort | undefined;
    for (const port of this.#ports) {
      if (!mayDeliver(port, from) || (setting !== 'own' && !port[setting])) continue;
      if (previous) this.#emit(packet.clone(), previous);
      previous = port;
    }
    if (previous) this.#emit(packet, previous);
    else this.ns.drop(packet, 'BRIDGE_NO_EGRESS');
  }

  #emit(packet: Packet, to: BridgePort): void {
    if (packet.bridged !== undefined) {
      if (!bridgeForwardHook(this, to, packet) || !bridgePostRoutingHook(this, packet)) return;
    }
    packet.recording?.fits(to.link.mtu);
    const isLarge = isVersion6(packet.bytes, packet.l3) ? leavesInPieces6 : leavesInPieces;
    if (isLarge(packet, to.link.mtu)) return this.#emitLarge(packet, to);
    to.link.transmit(packet);
  }

  /**
   * What conntrack put together leaves in fragments again, if the bridge's own MTU lets it (br_nf_dev_queue_xmit);
   * anything else is lost.
   */
  #emitLarge(packet: Packet, to: BridgePort): void {
    const { ns, mtu } = this;
    const isSix = isVersion6(packet.bytes, packet.l3);
    const isLost = isSix ? isTooBig6(packet, mtu) : !mayBridgeCut(packet, mtu);
    if (packet.bridged === undefined || isLost) {
      if (packet.bridged !== undefined && isSix) ns.ip6.refuseSize(packet, mtu);
      return ns.drop(packet, 'PKT_TOO_BIG');
    }
    const header = packet.bytes.subarray(packet.start, packet.l3);
    const pieces = isSix ? fragment6(packet, mtu, ns.rng) : fragment(packet, mtu);
    for (const piece of pieces) {
      piece.push(ETHERNET_HEADER);
      piece.bytes.set(header, piece.start);
      to.link.transmit(piece);
    }
  }
}

/** should_deliver: not back out of the port it came in by, unless that port is in hairpin mode; nor between isolated ones. */
function mayDeliver(to: BridgePort, from: BridgePort | undefined): boolean {
  return to.link.up && (to !== from || to.hairpin) && !(to.isolated && from?.isolated === true);
}

function isBroadcast(bytes: Uint8Array, start: number): boolean {
  for (let i = start; i < start + 6; i++) if (bytes[i] !== 0xff) return false;
  return true;
}

/** Neither all zeros nor a group's: what may be a frame's source (is_valid_ether_addr). */
function isHostMac(bytes: Uint8Array, at: number): boolean {
  return (bytes[at]! & 1) === 0 && readMac(bytes, at) !== 0;
}

/**
 * 01:80:c2:00:00:0X, never forwarded (IEEE 802.1D §7.12.6): the port itself gets them. :00 is as any group to a
 * bridge that speaks no spanning tree (br_handle_frame).
 */
function isLinkLocal(bytes: Uint8Array, start: number): boolean {
  return (
    bytes[start] === 0x01 &&
    bytes[start + 1] === 0x80 &&
    bytes[start + 2] === 0xc2 &&
    bytes[start + 3] === 0 &&
    bytes[start + 4] === 0 &&
    bytes[start + 5]! > 0 &&
    bytes[start + 5]! < 0x10
  );
}

/** A bridge with no ports, down; its MAC stays as given instead of following the lowest port's. */
export function createBridge(ns: Netns, name: string, options: { mac?: Mac; mtu?: number } = {}): Bridge {
  return new Bridge(ns, name, { mac: options.mac ?? randomMac(ns.rng), mtu: options.mtu ?? 1500 });
}

/** `ip link set LINK master BRIDGE`, or `nomaster` with undefined. */
export function setMaster(link: Link, bridge: Bridge | undefined, options: { hairpin?: boolean } = {}): void {
  if (link.master === bridge) return;
  link.master?.removePort(link);
  bridge?.addPort(link, options);
}
