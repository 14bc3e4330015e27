import { putU16, u16, u32 } from '../bytes.ts';
import {
  IPV4_DF,
  IPV4_MF,
  ipv4FragmentOffset,
  ipv4HeaderLength,
  isIpv4Fragment,
  writeIpv4Checksum,
} from '../header/ipv4-header.ts';
import type { Netns } from '../netns.ts';
import { Packet } from '../packet.ts';

/** net.ipv4.ipfrag_time, and the packets that may be incomplete at once; the oldest gives way. */
const TIMEOUT_MS = 30_000;
const MAX_PACKETS = 256;
const MAX_BODY = 65_515;

/** Bytes that came one after the other without a gap. */
interface Run {
  readonly start: number;
  end: number;
}

interface Pending {
  readonly key: string;
  readonly pieces: Packet[];
  readonly runs: Run[];
  /** Known once the last fragment is here. */
  total: number | undefined;
  timer: unknown;
}

/**
 * Puts fragments together (RFC 815, net/ipv4/ip_fragment.c). One that came before is ignored; one that overlaps
 * others in any other way voids the packet (RFC 5722).
 */
export class Reassembler {
  readonly #ns: Netns;
  readonly #pending = new Map<string, Pending>();

  constructor(ns: Netns) {
    this.#ns = ns;
  }

  /** The whole packet if `packet` completes one or is whole itself, else undefined. */
  add(packet: Packet): Packet | undefined {
    const { bytes, l3 } = packet;
    if (!isIpv4Fragment(bytes, l3)) return packet;
    const pending = this.#pendingFor(packet);
    const start = ipv4FragmentOffset(bytes, l3);
    const end = start + packet.end - packet.l4;
    const more = (u16(bytes, l3 + 6) & IPV4_MF) !== 0;
    const place = end > MAX_BODY || (more && end % 8 !== 0) ? 'overlap' : insert(pending.runs, start, end);
    if (place === 'duplicate') return void this.#ns.drop(packet, 'FRAG_DUPLICATE');
    pending.pieces.push(packet);
    if (place === 'overlap') return this.#discard(pending, 'FRAG_INVALID');
    if (!more) pending.total = end;
    const have = pending.pieces.reduce((sum, piece) => sum + sizeOf(piece), 0);
    if (pending.total !== have) return undefined;
    this.#forget(pending);
    return join(pending.pieces, have);
  }

  close(): void {
    for (const pending of [...this.#pending.values()]) this.#forget(pending);
  }

  #pendingFor({ bytes, l3 }: Packet): Pending {
    const key = `${u32(bytes, l3 + 12)}>${u32(bytes, l3 + 16)}/${u16(bytes, l3 + 4)}/${bytes[l3 + 9]}`;
    const known = this.#pending.get(key);
    if (known) return known;
    if (this.#pending.size >= MAX_PACKETS)
      this.#discard(this.#pending.values().next().value!, 'FRAG_TOO_MANY');
    const pending: Pending = { key, pieces: [], runs: [], total: undefined, timer: undefined };
    pending.timer = this.#ns.clock.setTimeout(() => this.#discard(pending, 'FRAG_REASM_TIMEOUT'), TIMEOUT_MS);
    this.#pending.set(key, pending);
    return pending;
  }

  #discard(pending: Pending, reason: 'FRAG_INVALID' | 'FRAG_TOO_MANY' | 'FRAG_REASM_TIMEOUT'): undefined {
    this.#forget(pending);
    for (const piece of pending.pieces) this.#ns.drop(piece, reason);
  }

  #forget(pending: Pending): void {
    this.#ns.clock.clearTimeout(pending.timer);
    this.#pending.delete(pending.key);
  }
}

/**
 * Where a piece belongs (inet_frag_queue_insert, net/ipv4/inet_fragment.c): a piece lengthens the last run only,
 * so what a duplicate is depends on the order in which pieces came.
 */
function insert(runs: Run[], start: number, end: number): 'new' | 'duplicate' | 'overlap' {
  const last = runs.reduce<Run | undefined>((a, b) => (a && a.start > b.start ? a : b), undefined);
  if (last?.end === start) {
    last.end = end;
    return 'new';
  }
  const met = runs.find((run) => start < run.end && run.start < end);
  if (met) return start >= met.start && end <= met.end ? 'duplicate' : 'overlap';
  runs.push({ start, end });
  return 'new';
}

const offsetOf = (piece: Packet): number => ipv4FragmentOffset(piece.bytes, piece.l3);
const sizeOf = (piece: Packet): number => piece.end - piece.l4;

/** The longest piece said so, which makes its length a measure of the path (IPSKB_FRAG_PMTU). */
function mayNotBeCut(pieces: readonly Packet[]): boolean {
  const longest = Math.max(...pieces.map(sizeOf));
  return pieces.some(
    (piece) => sizeOf(piece) === longest && (u16(piece.bytes, piece.l3 + 6) & IPV4_DF) !== 0,
  );
}

function join(pieces: Packet[], size: number): Packet {
  pieces.sort((a, b) => offsetOf(a) - offsetOf(b));
  const first = pieces[0]!;
  const headerLength = ipv4HeaderLength(first.bytes, first.l3);
  const whole = Packet.allocate(headerLength + size);
  whole.l3 = whole.start;
  whole.l4 = whole.start + headerLength;
  whole.bytes.set(first.bytes.subarray(first.l3, first.l4), whole.l3);
  for (const piece of pieces)
    whole.bytes.set(piece.bytes.subarray(piece.l4, piece.end), whole.l4 + offsetOf(piece));
  putU16(whole.bytes, whole.l3 + 2, headerLength + size);
  putU16(whole.bytes, whole.l3 + 6, mayNotBeCut(pieces) ? IPV4_DF : 0);
  writeIpv4Checksum(whole.bytes, whole.l3);
  whole.type = first.type;
  whole.mark = first.mark;
  whole.input = first.input;
  whole.route = first.route;
  whole.trace = first.trace;
  whole.fragments = { lengths: pieces.map(sizeOf), isBinding: true };
  whole.checksumsGood = pieces.every((piece) => piece.checksumsGood);
  return whole;
}
