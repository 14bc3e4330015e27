import { fold, internetChecksum, pseudoHeaderSum } from '../../agents/netstack/checksum.ts';
import { parseIp } from '../../agents/netstack/ip-address.ts';
import { hex, u16 } from './describe-frame.ts';
import type { Out } from './host.ts';
import { ipFrame } from './plain-frames.ts';

/** The ends of a connection, from the side of its scripted peer. */
export interface PeerEnds {
  readonly mac: string;
  readonly address: string;
  readonly port: number;
  readonly nodeMac: string;
  readonly nodeAddress: string;
  readonly nodePort: number;
}

/** A segment of the peer's: numbers are told from what would be right. */
export interface PeerSegment {
  readonly flags: number;
  readonly sequence: number;
  readonly acknowledgment: number;
  readonly window: number;
  readonly size: number;
  readonly options: readonly number[];
  readonly urgent: number;
}

const [FIN, SYN, RST, PSH, ACK] = [1, 2, 4, 8, 16];
const FLAG_LETTERS = ['F', 'S', 'R', 'P', 'A', 'U', 'E', 'C'];
/** What the peer numbers its SYN with, and what it acknowledges of a node that has said nothing. */
export const PEER_START = 0x1000_0000;
const UNKNOWN = 0x2000_0000;

const add = (sequence: number, count: number): number => (sequence + count) >>> 0;
const isAfter = (a: number, b: number): boolean => ((a - b) | 0) > 0;

/** The peer of one connection in one world: it knows what the node has said so far. */
export class TcpPeer {
  readonly #ends: PeerEnds;
  #nodeStart: number | undefined;
  #nodeNext = UNKNOWN;
  /** What the node has acknowledged, else what it has been told. */
  #own = PEER_START;

  constructor(ends: PeerEnds) {
    this.#ends = ends;
  }

  frame(segment: PeerSegment): Uint8Array {
    const { mac, address, port, nodeMac, nodeAddress, nodePort } = this.#ends;
    const { flags, window, size, options, urgent } = segment;
    const body = new Uint8Array(20 + options.length + size);
    const view = new DataView(body.buffer);
    view.setUint16(0, port);
    view.setUint16(2, nodePort);
    view.setUint32(4, add(this.#own, segment.sequence));
    view.setUint32(8, flags & ACK ? add(this.#nodeNext, segment.acknowledgment) : 0);
    view.setUint16(12, ((20 + options.length) << 10) | flags);
    view.setUint16(14, window);
    view.setUint16(18, urgent);
    body.set(options, 20);
    for (let i = 0; i < size; i++) body[20 + options.length + i] = i;
    const way = { from: mac, to: nodeMac, source: address, destination: nodeAddress };
    return ipFrame(way, 6, body, 16);
  }

  /**
   * What the node says to this peer, in words that are the same in both worlds; the peer learns from it. PSH is not
   * among them: it tells where a program's writes ended.
   */
  hear(out: readonly Out[]): string[] {
    return out.flatMap(({ frame }) => {
      const said = this.#describe(frame);
      return said === undefined ? [] : [said];
    });
  }

  /** Whether a frame is a segment for this peer. */
  isSpokenTo(frame: Uint8Array): boolean {
    const six = u16(frame, 12) === 0x86dd;
    return frame[14 + (six ? 6 : 9)] === 6 && u16(frame, 14 + (six ? 40 : 20) + 2) === this.#ends.port;
  }

  #describe(frame: Uint8Array): string | undefined {
    if (!this.isSpokenTo(frame)) return undefined;
    const six = u16(frame, 12) === 0x86dd;
    const header = six ? 40 : 20;
    const length = six ? header + u16(frame, 18) : u16(frame, 16);
    const body = frame.subarray(14 + header, 14 + length);
    const view = new DataView(body.buffer, body.byteOffset);
    const [sequence, acknowledgment] = [view.getUint32(4), view.getUint32(8)];
    const flags = body[13]!;
    const data = body.subarray((body[12]! >> 4) * 4);
    this.#learn(sequence, acknowledgment, flags, data.length);
    const ip = six
      ? `tc ${hex(frame.subarray(14, 18))} hops ${frame[21]}`
      : `tos ${frame[15]} frag ${u16(frame, 20).toString(16)} ttl ${frame[22]}`;
    const letters = FLAG_LETTERS.filter((_, i) => flags & ~PSH & (1 << i)).join('');
    const window = view.getUint16(14);
    return [
      ip,
      letters,
      `seq ${this.#relative(sequence, flags)} ack ${flags & ACK ? this.#relativeToOwn(acknowledgment) : acknowledgment}`,
      `win ${window === 0 ? 0 : 'open'} urg ${view.getUint16(18)}`,
      `options ${hex(body.subarray(20, (body[12]! >> 4) * 4))} data ${data.length} ${hex(data)}`,
      this.#sum(body),
    ].join(' ');
  }

  #learn(sequence: number, acknowledgment: number, flags: number, size: number): void {
    if (flags & SYN) this.#nodeStart = sequence;
    const next = add(sequence, size + (flags & SYN ? 1 : 0) + (flags & FIN ? 1 : 0));
    if (flags & RST) return;
    if (flags & SYN || isAfter(next, this.#nodeNext)) this.#nodeNext = next;
    if (flags & ACK) this.#own = acknowledgment;
  }

  #relative(sequence: number, flags: number): string {
    if (this.#nodeStart === undefined || (flags & RST && sequence === 0)) return `${sequence}`;
    return `+${(sequence - this.#nodeStart) | 0}`;
  }

  #relativeToOwn = (acknowledgment: number): string => `+${(acknowledgment - PEER_START) | 0}`;

  /** Right, or left to the device with the sum of the pseudo header (CHECKSUM_PARTIAL). */
  #sum(body: Uint8Array): string {
    const [source, destination] = [parseIp(this.#ends.nodeAddress)!, parseIp(this.#ends.address)!];
    const pseudo = pseudoHeaderSum(source, destination, 6, body.length);
    const isGood = internetChecksum(body, 0, body.length, pseudo) === 0 || u16(body, 16) === fold(pseudo);
    return isGood ? 'good sum' : 'bad sum';
  }
}
