import { putU16, putU32, u16, u32 } from '../bytes.ts';
import { TCP_ACK, TCP_FIN, TCP_RST, TCP_SYN } from '../header/tcp-header.ts';
import { ipConfOf } from '../ip/ip-conf.ts';
import { isFresh } from '../link/bridge-fdb.ts';
import type { Link } from '../link/link.ts';
import { account } from '../link/receive.ts';
import type { Netns } from '../netns.ts';
import type { Packet } from '../packet.ts';
import { ETH_IPV4, PROTO_TCP, PROTO_UDP } from '../protocol-numbers.ts';
import type { Flow } from './flow.ts';
import { FlowRecording } from './recording.ts';

const FIRST_SLOTS = 256;
/** Flows that one namespace remembers; two of one slot take turns. */
const MAX_SLOTS = 1 << 16;
const SMALLEST_FRAME = 14 + 20 + 8;
const TCP_CONTROL = TCP_SYN | TCP_FIN | TCP_RST | TCP_ACK;

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
    if (link.rxHandler === undefined && !ipConfOf(link).forwarding) return false;
    const { bytes, start } = packet;
    if (!isPlain(packet)) return false;
    const mac0 = u32(bytes, start) | 0;
    const mac1 = u32(bytes, start + 4) | 0;
    const mac2 = u32(bytes, start + 8) | 0;
    const source = u32(bytes, start + 26) | 0;
    const destination = u32(bytes, start + 30) | 0;
    const ports = u32(bytes, start + 34) | 0;
    const protocol = bytes[start + 23]!;
    const { mark } = packet;
    const flow = this.#slots[hash(source, destination, ports) & (this.#slots.length - 1)];
    if (
      flow !== undefined &&
      flow.ports === ports &&
      flow.source === source &&
      flow.destination === destination &&
      flow.input === link &&
      flow.protocol === protocol &&
      flow.mac0 === mac0 &&
      flow.mac1 === mac1 &&
      flow.mac2 === mac2 &&
      flow.mark === mark &&
      flow.generation === this.#ns.generation &&
      this.#holds(flow, packet)
    ) {
      this.#send(flow, packet);
      return true;
    }
    if ((mac0 & 0x01000000) !== 0) return false;
    const key = { input: link, mark, mac0, mac1, mac2, source, destination, ports, protocol };
    this.#recording.begin(packet, key, this.#ns.generation);
    return false;
  }

  /** Whether the slow path would decide the same now; what it would learn from the packet is learnt here. */
  #holds(
    { maxLength, rewrite, effects, connection, connectionStatus, connectionMark, isReply }: Flow,
    packet: Packet,
  ): boolean {
    const { bytes, start, end } = packet;
    if (end - start - 14 > maxLength || bytes[start + 22]! <= rewrite.hops) return false;
    if (!packet.checksumsGood && headerSum(bytes, start + 14) !== 0xffff) return false;
    const { conntrack, neighbours, softirq } = this.#ns;
    const { now } = softirq;
    const { towards, learnt } = effects;
    for (let i = 0; i < towards.length; i++) if (!isFresh(towards[i]!, now)) return false;
    if (connection !== undefined) {
      packet.l3 = start + 14;
      packet.l4 = start + 34;
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

  #send({ input, effects, rewrite, output, outputMark }: Flow, packet: Packet): void {
    this.hits++;
    account(input, packet);
    const length = packet.end - packet.start;
    count(effects, length);
    const { bytes, start } = packet;
    putU32(bytes, start, rewrite.mac0);
    putU32(bytes, start + 4, rewrite.mac1);
    putU32(bytes, start + 8, rewrite.mac2);
    bytes[start + 22] = bytes[start + 22]! - rewrite.hops;
    if (rewrite.headerDelta !== 0) addToChecksum(bytes, start + 24, rewrite.headerDelta);
    putU32(bytes, start + 26, rewrite.source);
    putU32(bytes, start + 30, rewrite.destination);
    if (rewrite.transportDelta !== 0) this.#translate(packet, rewrite.ports, rewrite.transportDelta);
    packet.l3 = start + 14;
    packet.l4 = start + 34;
    packet.mark = outputMark;
    output.transmit(packet);
  }

  #translate({ bytes, start }: Packet, ports: number, delta: number): void {
    putU32(bytes, start + 34, ports);
    if (bytes[start + 23] === PROTO_TCP) return addToChecksum(bytes, start + 50, delta);
    if (u16(bytes, start + 40) === 0) return;
    addToChecksum(bytes, start + 40, delta);
    // RFC 768: no checksum is written as 0, so a sum of 0 is written as its other form.
    if (u16(bytes, start + 40) === 0) putU16(bytes, start + 40, 0xffff);
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

/** A whole TCP or UDP packet over IPv4 without options or padding; of TCP neither the beginning nor the end. */
function isPlain({ bytes, start, end, connection, route }: Packet): boolean {
  if (connection !== undefined || route !== undefined || end - start < SMALLEST_FRAME) return false;
  if (u16(bytes, start + 12) !== ETH_IPV4 || bytes[start + 14] !== 0x45) return false;
  if (u16(bytes, start + 16) !== end - start - 14 || (u16(bytes, start + 20) & 0x3fff) !== 0) return false;
  const protocol = bytes[start + 23];
  if (protocol === PROTO_UDP) return true;
  return protocol === PROTO_TCP && end - start >= 54 && (bytes[start + 47]! & TCP_CONTROL) === TCP_ACK;
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
