import { putU16, putU32, u16, u32 } from '../bytes.ts';
import { ipConfOf } from '../ip/ip-conf.ts';
import { isFresh } from '../link/bridge-fdb.ts';
import type { Link } from '../link/link.ts';
import { account } from '../link/receive.ts';
import type { Netns } from '../netns.ts';
import type { Packet } from '../packet.ts';
import { PROTO_TCP } from '../protocol-numbers.ts';
import type { Flow } from './flow.ts';
import { type FrameLayout, layoutOf } from './frame-layout.ts';
import { FlowRecording } from './recording.ts';

const FIRST_SLOTS = 256;
/** Flows that one namespace remembers; two of one slot take turns. */
const MAX_SLOTS = 1 << 16;
/** From the transport header on. */
const TCP_CHECKSUM = 16;
const UDP_CHECKSUM = 6;
const IPV4_CHECKSUM = 24;

/**
 * The fast path: packets of an established flow go the way that the slow path led the one before, without
 * walking rules, routes and neighbours again. It skips only what would be decided the same: anything that could
 * change a decision raises the namespace's generation, and what depends on time or on the connection is asked
 * for each packet. A traced packet always goes the slow way.
 */
export class FlowTable {
  readonly #ns: Netns;
  #slots: (Flow | undefined)[] = [undefined];
  #used = 0;
  readonly #recording = new FlowRecording((flow) => this.#keep(flow));
  /** Off for those who compare both paths. */
  enabled = true;
  /** Packets that went the fast way. */
  hits = 0;

  constructor(ns: Netns) {
    this.#ns = ns;
  }

  /** Takes a frame that came in by `link` if its flow is known; else the slow path is followed and remembered. */
  forward(link: Link, packet: Packet): boolean {
    packet.recording = undefined;
    if (!this.enabled || packet.trace !== undefined) return false;
    if (packet.connection !== undefined || packet.route !== undefined) return false;
    const layout = layoutOf(packet);
    if (layout === undefined || !leadsOn(link, layout)) return false;
    const { bytes, start } = packet;
    const mac0 = u32(bytes, start) | 0;
    const mac1 = u32(bytes, start + 4) | 0;
    const mac2 = u32(bytes, start + 8) | 0;
    const source = u32(bytes, start + layout.source) | 0;
    const destination = u32(bytes, start + layout.destination) | 0;
    const ports = u32(bytes, start + layout.l4) | 0;
    const protocol = bytes[start + layout.protocol]!;
    const { mark } = packet;
    const flow = this.#slots[hash(source, destination, ports) & (this.#slots.length - 1)];
    if (
      flow !== undefined &&
      flow.ports === ports &&
      flow.source === source &&
      flow.destination === destination &&
      flow.input === link &&
      flow.layout === layout &&
      flow.protocol === protocol &&
      flow.mac0 === mac0 &&
      flow.mac1 === mac1 &&
      flow.mac2 === mac2 &&
      flow.mark === mark &&
      flow.generation === this.#ns.generation &&
      hasWords(bytes, start, layout.upper, flow.upper) &&
      this.#holds(flow, packet)
    ) {
      this.#send(flow, packet);
      return true;
    }
    if ((mac0 & 0x01000000) !== 0) return false;
    const key = { input: link, layout, mark, mac0, mac1, mac2, source, destination, ports, protocol };
    this.#recording.begin(packet, key, this.#ns.generation);
    return false;
  }

  /** Whether the slow path would decide the same now; what it would learn from the packet is learnt here. */
  #holds(
    {
      layout,
      protocol,
      maxLength,
      rewrite,
      effects,
      connection,
      connectionStatus,
      connectionMark,
      isReply,
    }: Flow,
    packet: Packet,
  ): boolean {
    const { bytes, start, end } = packet;
    if (end - start - 14 > maxLength || bytes[start + layout.hops]! <= rewrite.hops) return false;
    if (!packet.checksumsGood && layout.version === 4 && headerSum(bytes, start + 14) !== 0xffff)
      return false;
    const { conntrack, neighbours, softirq } = this.#ns;
    const { now } = softirq;
    const { towards, learnt } = effects;
    for (let i = 0; i < towards.length; i++) if (!isFresh(towards[i]!, now)) return false;
    if (connection !== undefined) {
      packet.l3 = start + 14;
      packet.l4 = start + layout.l4;
      packet.nextHeader = protocol;
      if (connection.status !== connectionStatus || connection.mark !== connectionMark) return false;
      if (!conntrack.isUneventful(connection, packet, isReply, now)) return false;
    }
    for (let i = 0; i < effects.neighbours.length; i++) {
      if (!neighbours.isUsable(effects.neighbours[i]!)) return false;
    }
    // What the slow path would do again must not have been done before the last check.
    if (connection !== undefined) conntrack.keepAlive(connection, isReply, now);
    for (let i = 0; i < learnt.length; i++) learnt[i]!.updatedAt = now;
    return true;
  }

  #send({ layout, input, effects, rewrite, output, outputMark }: Flow, packet: Packet): void {
    this.hits++;
    account(input, packet);
    const length = packet.end - packet.start;
    count(effects, length);
    const { bytes, start } = packet;
    putU32(bytes, start, rewrite.mac0);
    putU32(bytes, start + 4, rewrite.mac1);
    putU32(bytes, start + 8, rewrite.mac2);
    bytes[start + layout.hops] = bytes[start + layout.hops]! - rewrite.hops;
    if (rewrite.headerDelta !== 0) addToChecksum(bytes, start + IPV4_CHECKSUM, rewrite.headerDelta);
    putU32(bytes, start + layout.source, rewrite.source);
    putU32(bytes, start + layout.destination, rewrite.destination);
    for (let i = 0; i < layout.upper.length; i++) putU32(bytes, start + layout.upper[i]!, rewrite.upper[i]!);
    packet.l3 = start + 14;
    packet.l4 = start + layout.l4;
    if (rewrite.transportDelta !== 0)
      translate(bytes, packet.l4, bytes[start + layout.protocol] === PROTO_TCP, rewrite);
    packet.mark = outputMark;
    output.transmit(packet);
  }

  #keep(flow: Flow): void {
    if (this.#slots.length < MAX_SLOTS && this.#used * 2 >= this.#slots.length) this.#grow();
    const slot = hash(flow.source, flow.destination, flow.ports) & (this.#slots.length - 1);
    if (this.#slots[slot] === undefined) this.#used++;
    this.#slots[slot] = flow;
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Array(Math.max(FIRST_SLOTS, old.length * 4)).fill(undefined);
    this.#used = 0;
    for (const flow of old) if (flow?.generation === this.#ns.generation) this.#keep(flow);
  }
}

/** What comes in by `link` is bridged or routed, not only delivered. */
function leadsOn(link: Link, { version }: FrameLayout): boolean {
  if (link.rxHandler !== undefined) return true;
  const conf = ipConfOf(link);
  return version === 4 ? conf.forwarding : conf.forwarding6;
}

function hasWords(
  bytes: Uint8Array,
  start: number,
  at: readonly number[],
  words: ArrayLike<number>,
): boolean {
  for (let i = 0; i < at.length; i++) if ((u32(bytes, start + at[i]!) | 0) !== words[i]) return false;
  return true;
}

function translate(
  bytes: Uint8Array,
  l4: number,
  isTcp: boolean,
  { ports, transportDelta }: Flow['rewrite'],
): void {
  putU32(bytes, l4, ports);
  if (isTcp) return addToChecksum(bytes, l4 + TCP_CHECKSUM, transportDelta);
  const checksum = l4 + UDP_CHECKSUM;
  if (u16(bytes, checksum) === 0) return;
  addToChecksum(bytes, checksum, transportDelta);
  // RFC 768: no checksum is written as 0, so a sum of 0 is written as its other form.
  if (u16(bytes, checksum) === 0) putU16(bytes, checksum, 0xffff);
}

function hash(source: number, destination: number, ports: number): number {
  const mixed = Math.imul(source | 0, 0x9e3779b1) ^ Math.imul(destination | 0, 0x85ebca6b) ^ ports;
  const folded = Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d);
  return folded ^ (folded >>> 13);
}

function headerSum(bytes: Uint8Array, l3: number): number {
  let sum = 0;
  for (let i = l3; i < l3 + 20; i += 2) sum += (bytes[i]! << 8) | bytes[i + 1]!;
  sum = (sum & 0xffff) + (sum >>> 16);
  return (sum & 0xffff) + (sum >>> 16);
}

function addToChecksum(bytes: Uint8Array, at: number, delta: number): void {
  const sum = (~u16(bytes, at) & 0xffff) + delta;
  putU16(bytes, at, ~((sum & 0xffff) + (sum >>> 16)));
}

function count({ received, sent, counters, walks }: Flow['effects'], length: number): void {
  for (let i = 0; i < received.length; i++) {
    const { stats } = received[i]!;
    stats.rxPackets++;
    stats.rxBytes += length;
  }
  for (let i = 0; i < sent.length; i++) {
    const { stats } = sent[i]!;
    stats.txPackets++;
    stats.txBytes += length;
  }
  for (let i = 0; i < counters.length; i++) {
    const each = counters[i]!;
    each.packets++;
    each.bytes += length - 14;
  }
  for (let i = 0; i < walks.length; i++) {
    const { evaluator, rules } = walks[i]!;
    evaluator.walked += rules;
  }
}
