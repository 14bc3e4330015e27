import { u32 } from '../bytes.ts';
import { fold } from '../checksum.ts';
import type { IpVersion } from '../ip-address.ts';
import type { Counters } from '../iptables/chain.ts';
import type { FdbEntry } from '../link/bridge-fdb.ts';
import type { Link } from '../link/link.ts';
import type { Neighbour } from '../neigh/neighbour.ts';
import { CT_UNTRACKED, type Packet } from '../packet.ts';
import { PROTO_TCP } from '../protocol-numbers.ts';
import type { Flow, FlowEffects, FlowKey, FlowRewrite, Walk } from './flow.ts';

const L3 = 14;
/** Words of a frame from its IP header on that may matter: IPv6's header and TCP's. */
const MOST_WORDS = 15;

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
  readonly #before = new Int32Array(MOST_WORDS);
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
    readWords(this.#before, packet.bytes, start + L3, WORDS[key.layout.version], key.protocol);
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
    if (entry.kind === 'learnt') this.#effects.learnt.push(entry);
  }

  towards(entry: FdbEntry): void {
    if (entry.kind === 'learnt') this.#effects.towards.push(entry);
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
    const { layout } = this.#key!;
    if (
      connection === undefined
        ? ns.conntrack.tracks(layout.version) && ctInfo !== CT_UNTRACKED
        : !connection.isSteady()
    )
      return;
    const rewrite = this.#rewrite(packet);
    if (rewrite === undefined) return;
    const effects = this.#effects;
    this.#effects = new Effects();
    this.#keep({
      ...this.#key!,
      upper: pick(this.#before, WORDS[layout.version].upper),
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
    const { protocol, layout } = this.#key!;
    if (end - start !== this.#length || l3 !== start + L3) return undefined;
    const words = WORDS[layout.version];
    readWords(after, bytes, l3, words, protocol);
    const hops = words.hopsOf(before) - words.hopsOf(after);
    if ((hops !== 0 && hops !== 1) || !restIsEqual(before, after, words, protocol)) return undefined;
    const ports = after[words.l4]!;
    const oldPorts = before[words.l4]!;
    const transport =
      translationDelta(before, after, words.source, oldPorts >>> 16, ports >>> 16) +
      translationDelta(before, after, words.destination, oldPorts & 0xffff, ports & 0xffff);
    return {
      mac0: u32(bytes, start) | 0,
      mac1: u32(bytes, start + 4) | 0,
      mac2: u32(bytes, start + 8) | 0,
      source: after[words.source.at(-1)!]!,
      destination: after[words.destination.at(-1)!]!,
      upper: pick(after, words.upper),
      ports,
      hops,
      headerDelta: layout.version === 4 ? fold(ipv4HeaderDelta(before, after, hops)) : 0,
      transportDelta: fold(transport),
    };
  }
}

const after = new Int32Array(MOST_WORDS);

/** Which words of a frame, from its IP header on, are what in a version of IP. */
interface WordPlaces {
  /** Words of the header that nothing may change, and of which bits. */
  readonly fixed: readonly (readonly [number, number])[];
  readonly source: readonly number[];
  readonly destination: readonly number[];
  /** Of the addresses, all but the last of each. */
  readonly upper: readonly number[];
  readonly l4: number;
  hopsOf(words: Int32Array): number;
}

/** The word with TTL, protocol and header checksum (RFC 791 §3.1). */
const IPV4_TTL = 2;
/** The word with payload length, next header and hop limit (RFC 8200 §3). */
const IPV6_HOPS = 1;

const WORDS: Readonly<Record<IpVersion, WordPlaces>> = {
  4: {
    fixed: [
      [0, -1],
      [1, -1],
      [IPV4_TTL, 0x00ff0000],
    ],
    source: [3],
    destination: [4],
    upper: [],
    l4: 5,
    hopsOf: (words) => words[IPV4_TTL]! >>> 24,
  },
  6: {
    fixed: [
      [0, -1],
      [IPV6_HOPS, ~0xff],
    ],
    source: [2, 3, 4, 5],
    destination: [6, 7, 8, 9],
    upper: [2, 3, 4, 6, 7, 8],
    l4: 10,
    hopsOf: (words) => words[IPV6_HOPS]! & 0xff,
  },
};

/** Words of a transport header that nothing may change, from its first: all but ports and checksum. */
const TCP_FIXED: WordPlaces['fixed'] = [
  [1, -1],
  [2, -1],
  [3, -1],
  [4, 0x0000ffff],
];
const UDP_FIXED: WordPlaces['fixed'] = [[1, 0xffff0000 | 0]];

const fixedOf = (protocol: number): WordPlaces['fixed'] => (protocol === PROTO_TCP ? TCP_FIXED : UDP_FIXED);

function pick(words: Int32Array, places: readonly number[]): readonly number[] {
  return places.length === 0 ? places : places.map((place) => words[place]!);
}

function readWords(
  into: Int32Array,
  bytes: Uint8Array,
  l3: number,
  { l4 }: WordPlaces,
  protocol: number,
): void {
  const count = l4 + 1 + fixedOf(protocol).length;
  for (let i = 0; i < count; i++) into[i] = u32(bytes, l3 + 4 * i);
}

/** Whether nothing changed but hops, checksums, addresses and ports. */
function restIsEqual(a: Int32Array, b: Int32Array, { fixed, l4 }: WordPlaces, protocol: number): boolean {
  const isSame = (from: number, [word, mask]: readonly [number, number]): boolean =>
    ((a[from + word]! ^ b[from + word]!) & mask) === 0;
  return fixed.every((each) => isSame(0, each)) && fixedOf(protocol).every((each) => isSame(l4, each));
}

function ipv4HeaderDelta(before: Int32Array, now: Int32Array, hops: 0 | 1): number {
  const ttl = hops === 0 ? 0 : (~(before[IPV4_TTL]! >>> 16) & 0xffff) + (now[IPV4_TTL]! >>> 16);
  const { source, destination } = WORDS[4];
  return [...source, ...destination].reduce((sum, i) => sum + wordDelta(before[i]!, now[i]!), ttl);
}

/** The terms of RFC 1624 for a changed word of an address: none if it is as before, else both of its halves. */
function wordDelta(before: number, now: number): number {
  if (before === now) return 0;
  return (~(before >>> 16) & 0xffff) + (now >>> 16) + (~before & 0xffff) + (now & 0xffff);
}

/**
 * What one translation adds to the complement of a transport checksum. The port's terms count even if it kept
 * its value, as in nat-translate.ts: the two forms of zero stay the same then.
 */
function translationDelta(
  before: Int32Array,
  now: Int32Array,
  address: readonly number[],
  oldPort: number,
  port: number,
): number {
  if (port === oldPort && address.every((i) => before[i] === now[i])) return 0;
  const words = address.reduce((sum, i) => sum + wordDelta(before[i]!, now[i]!), 0);
  return words + (~oldPort & 0xffff) + port;
}
