import type { Netns } from '../netns.ts';
import type { Packet } from '../packet.ts';
import type { Connection, TupleNode } from './connection.ts';
import { TCP_CLOSE, TCP_TIME_WAIT } from './tcp-state.ts';

/**
 * The connections that a rule has met and that are still there, each direction of one by itself
 * (net/netfilter/nf_conncount.c). Bounded by conntrack's table: what has left it is forgotten at the next look.
 */
export class ConnectionCount {
  readonly #ns: Netns;
  #met: TupleNode[] = [];

  constructor(ns: Netns) {
    this.#ns = ns;
  }

  get size(): number {
    return this.#met.length;
  }

  /** How many there are with the packet's own; undefined for a packet of which no tuple can be read. */
  with(packet: Packet): number | undefined {
    const own = this.#ns.conntrack.nodeOf(packet);
    if (own === undefined) return undefined;
    this.forgetClosed(own);
    if (own === 'untracked') return this.#met.length + 1;
    if (!this.#met.includes(own)) this.#met.push(own);
    return this.#met.length;
  }

  /** A packet's own connection counts even when it has just closed. */
  forgetClosed(own?: TupleNode | 'untracked'): void {
    const { conntrack } = this.#ns;
    const counts = (node: TupleNode): boolean =>
      conntrack.has(node.connection) && (node === own || !isClosed(node.connection));
    if (!this.#met.every(counts)) this.#met = this.#met.filter(counts);
  }
}

/** already_closed. */
const isClosed = ({ tcp }: Connection): boolean => tcp?.state === TCP_TIME_WAIT || tcp?.state === TCP_CLOSE;
