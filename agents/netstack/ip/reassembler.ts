import type { Netns } from '../netns.ts';
import type { Packet } from '../packet.ts';

/** net.ipv4.ipfrag_time, and the packets that may be incomplete at once; the oldest gives way. */
const TIMEOUT_MS = 30_000;
const MAX_PACKETS = 256;

/** How the pieces of a packet say so, in one version of IP. Of one that is no fragment only `isFragment` is asked. */
export interface FragmentFormat {
  /** The longest that pieces can be together. */
  readonly maxBody: number;
  isFragment(packet: Packet): boolean;
  /** The same for the pieces of one packet, and for them alone. */
  keyOf(packet: Packet): string;
  /** Where a piece belongs, in bytes. */
  offsetOf(packet: Packet): number;
  sizeOf(packet: Packet): number;
  hasMore(packet: Packet): boolean;
  /** The whole packet of `size` bytes; `pieces` are in order and without a gap. */
  join(pieces: readonly Packet[], size: number): Packet;
}

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
  readonly #format: FragmentFormat;
  readonly #pending = new Map<string, Pending>();

  constructor(ns: Netns, format: FragmentFormat) {
    this.#ns = ns;
    this.#format = format;
  }

  /** The whole packet if `packet` completes one or is whole itself, else undefined. */
  add(packet: Packet): Packet | undefined {
    const format = this.#format;
    if (!format.isFragment(packet)) return packet;
    const pending = this.#pendingFor(packet);
    const start = format.offsetOf(packet);
    const end = start + format.sizeOf(packet);
    const more = format.hasMore(packet);
    const isImpossible = end > format.maxBody || (more && end % 8 !== 0) || contradicts(pending, end, more);
    const place = isImpossible ? 'overlap' : insert(pending.runs, start, end);
    if (place === 'duplicate') return void this.#ns.drop(packet, 'FRAG_DUPLICATE');
    pending.pieces.push(packet);
    if (place === 'overlap') return this.#discard(pending, 'FRAG_INVALID');
    if (!more) pending.total = end;
    const have = pending.pieces.reduce((sum, piece) => sum + format.sizeOf(piece), 0);
    if (pending.total !== have) return undefined;
    this.#release(pending);
    const pieces = pending.pieces.sort((one, other) => format.offsetOf(one) - format.offsetOf(other));
    const whole = format.join(pieces, have);
    const first = pieces[0]!;
    whole.type = first.type;
    whole.mark = first.mark;
    whole.input = first.input;
    whole.route = first.route;
    whole.trace = first.trace;
    whole.checksumsGood = pieces.every((piece) => piece.checksumsGood);
    return whole;
  }

  /** Lets go of the pieces that came of the packet that this is one of. */
  forget(packet: Packet): void {
    const pending = this.#pending.get(this.#format.keyOf(packet));
    if (pending) this.#discard(pending, 'FRAG_INVALID');
  }

  close(): void {
    for (const pending of [...this.#pending.values()]) this.#release(pending);
  }

  #pendingFor(packet: Packet): Pending {
    const key = this.#format.keyOf(packet);
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
    this.#release(pending);
    for (const piece of pending.pieces) this.#ns.drop(piece, reason);
  }

  #release(pending: Pending): void {
    this.#ns.clock.clearTimeout(pending.timer);
    this.#pending.delete(pending.key);
  }
}

/** Whether a piece says of the end of the packet what others have not (ip_frag_queue, net/ipv4/ip_fragment.c). */
function contradicts({ runs, total }: Pending, end: number, more: boolean): boolean {
  if (more) return total !== undefined && end > total;
  return (total !== undefined && end !== total) || runs.some((run) => run.end > end);
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
