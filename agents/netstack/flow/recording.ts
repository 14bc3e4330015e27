import { u32 } from '../bytes.ts';
import { fold } from '../checksum.ts';
import type { Counters } from '../iptables/chain.ts';
import type { FdbEntry } from '../link/bridge-fdb.ts';
import type { Link } from '../link/link.ts';
import type { Neighbour } from '../neigh/neighbour.ts';
import { CT_UNTRACKED, type Packet } from '../packet.ts';
import { PROTO_TCP } from '../protocol-numbers.ts';
import type { Flow, FlowEffects, FlowKey, FlowRewrite, Walk } from './flow.ts';

/** Words of a frame from the IPv4 header on: 20 bytes of it, 20 of TCP or 8 of UDP. */
const TCP_WORDS = 10;
const UDP_WORDS = 7;
const L3 = 14;

/** Gathers a packet's effects. A flow that is kept takes it along. */
class Effects implements FlowEffects {
  readonly received: Link[] = [];
  readonly sent: Link[] = [];
  readonly counters: Counters[] = [];
  readonly walks: Walk[] = [];
  readonly learnt: FdbEntry[] = [];
  readonly towards: FdbEntry[] = [];
  readonly neighbours: Neighbour[] = [];

  clear(): void {
    const { received, sent, counters, walks, learnt, towards, neighbours } = this;
    received.length = sent.length = counters.length = walks.length = 0;
    learnt.length = towards.length = neighbours.length = 0;
  }
}

/**
 * Follows one packet along the slow path. Each layer says what it counted and what its decision rests on; one
 * that decided by what the flow's packets do not share clears `packet.recording`, and nothing is kept. The frame
 * that leaves tells the rest.
 */
export class FlowRecording {
  /** The packet followed; a recording that another packet still points to is not its own. */
  #packet: Packet | undefined;
  #key: FlowKey | undefined;
  #generation = 0;
  readonly #before = new Int32Array(TCP_WORDS);
  #length = 0;
  #mtu = 0;
  #effects = new Effects();
  readonly #keep: (flow: Flow) => void;

  constructor(keep: (flow: Flow) => void) {
    this.#keep = keep;
  }

  begin(packet: Packet, key: FlowKey, generation: number): void {
    const { start, end } = packet;
    this.#packet = packet;
    this.#key = key;
    this.#generation = generation;
    this.#length = end - start;
    readWords(this.#before, packet.bytes, start + L3, key.protocol);
    this.#mtu = Number.POSITIVE_INFINITY;
    this.#effects.clear();
    packet.recording = this;
  }

  received(link: Link): void {
    if (link !== this.#key!.input) this.#effects.received.push(link);
  }

  counted(counters: Counters): void {
    this.#effects.counters.push(counters);
  }

  walked(evaluator: { walked: number }, rules: number): void {
    if (rules > 0) this.#effects.walks.push({ evaluator, rules });
  }

  learnt(entry: FdbEntry): void {
    if (!entry.permanent) this.#effects.learnt.push(entry);
  }

  towards(entry: FdbEntry): void {
    if (!entry.permanent) this.#effects.towards.push(entry);
  }

  neighbour(neighbour: Neighbour): void {
    this.#effects.neighbours.push(neighbour);
  }

  /** A packet longer than this goes another way from here. */
  fits(mtu: number): void {
    this.#mtu = Math.min(this.#mtu, mtu);
  }

  /** The packet is about to leave by `link`: on with it inside the namespace, or the end of its way here. */
  sent(packet: Packet, link: Link): void {
    if (packet !== this.#packet) return;
    if (link.kind === 'bridge' && !link.tapped) {
      this.#effects.sent.push(link);
      return;
    }
    packet.recording = undefined;
    this.#packet = undefined;
    const leaves = link.kind === 'veth' || link.kind === 'ether' || link.kind === 'vxlan';
    if (leaves && this.#effects.received.every((each) => !each.tapped)) this.#finish(packet, link);
  }

  #finish(packet: Packet, output: Link): void {
    const { connection, ctInfo } = packet;
    const { ns } = output;
    if (ns.generation !== this.#generation || this.#effects.received.some((each) => each.ns !== ns)) return;
    if (connection === undefined ? ns.conntrack.tracks(4) && ctInfo !== CT_UNTRACKED : !connection.isSteady())
      return;
    const rewrite = this.#rewrite(packet);
    if (rewrite === undefined) return;
    const effects = this.#effects;
    this.#effects = new Effects();
    this.#keep({
      ...this.#key!,
      generation: this.#generation,
      rewrite,
      effects,
      output,
      outputMark: packet.mark,
      maxLength: this.#mtu,
      connection,
      connectionStatus: connection?.status ?? 0,
      connectionMark: connection?.mark ?? 0,
      isReply: packet.ctReply,
    });
  }

  /** Undefined if the frame changed in a way that not every packet of the flow would. */
  #rewrite({ bytes, start, end, l3 }: Packet): FlowRewrite | undefined {
    const before = this.#before;
    const { protocol } = this.#key!;
    if (end - start !== this.#length || l3 !== start + L3) return undefined;
    readWords(after, bytes, l3, protocol);
    const hops = (before[TTL]! >>> 24) - (after[TTL]! >>> 24);
    if ((hops !== 0 && hops !== 1) || !restIsEqual(before, after, protocol)) return undefined;
    const source = after[SOURCE]!;
    const destination = after[DESTINATION]!;
    const ports = after[PORTS]!;
    const ttl = hops === 0 ? 0 : (~(before[TTL]! >>> 16) & 0xffff) + (after[TTL]! >>> 16);
    const addresses = wordDelta(before[SOURCE]!, source) + wordDelta(before[DESTINATION]!, destination);
    const transport =
      translationDelta(before[SOURCE]!, source, before[PORTS]! >>> 16, ports >>> 16) +
      translationDelta(before[DESTINATION]!, destination, before[PORTS]! & 0xffff, ports & 0xffff);
    return {
      mac0: u32(bytes, start) | 0,
      mac1: u32(bytes, start + 4) | 0,
      mac2: u32(bytes, start + 8) | 0,
      source,
      destination,
      ports,
      hops,
      headerDelta: fold(addresses + ttl),
      transportDelta: fold(transport),
    };
  }
}

const after = new Int32Array(TCP_WORDS);
/** Indices of words: TTL, protocol and header checksum; addresses; ports; the transport's checksum. */
const TTL = 2;
const SOURCE = 3;
const DESTINATION = 4;
const PORTS = 5;
const UDP_CHECKSUM = 6;
const TCP_CHECKSUM = 9;

function readWords(into: Int32Array, bytes: Uint8Array, l3: number, protocol: number): void {
  const count = protocol === PROTO_TCP ? TCP_WORDS : UDP_WORDS;
  for (let i = 0; i < count; i++) into[i] = u32(bytes, l3 + 4 * i);
}

/** Whether nothing changed but TTL, checksums, addresses and ports. */
function restIsEqual(a: Int32Array, b: Int32Array, protocol: number): boolean {
  const isTcp = protocol === PROTO_TCP;
  const same = (word: number, mask: number): boolean => ((a[word]! ^ b[word]!) & mask) === 0;
  if (!same(0, -1) || !same(1, -1) || !same(TTL, 0x00ff0000)) return false;
  if (!isTcp) return same(UDP_CHECKSUM, 0xffff0000);
  return same(6, -1) && same(7, -1) && same(8, -1) && same(TCP_CHECKSUM, 0x0000ffff);
}

/** The terms of RFC 1624 for a changed address: none if it is as before, else both of its halves. */
function wordDelta(before: number, now: number): number {
  if (before === now) return 0;
  return (~(before >>> 16) & 0xffff) + (now >>> 16) + (~before & 0xffff) + (now & 0xffff);
}

/**
 * What one translation adds to the complement of a transport checksum. The port's terms count even if it kept
 * its value, as in nat-translate.ts: the two forms of zero stay the same then.
 */
function translationDelta(oldAddress: number, address: number, oldPort: number, port: number): number {
  if (address === oldAddress && port === oldPort) return 0;
  return wordDelta(oldAddress, address) + (~oldPort & 0xffff) + port;
}
