import type { Connection } from '../conntrack/connection.ts';
import type { Counters } from '../iptables/chain.ts';
import type { FdbEntry } from '../link/bridge-fdb.ts';
import type { Link } from '../link/link.ts';
import type { Neighbour } from '../neigh/neighbour.ts';
import type { FrameLayout } from './frame-layout.ts';

/** Words of addresses that do not fit into one, in the order of `FrameLayout.upper`. */
type UpperWords = ArrayLike<number>;

/** What tells the packets of one flow from all others, in words as they stand in the frame. */
export interface FlowKey {
  readonly input: Link;
  readonly layout: FrameLayout;
  readonly mark: number;
  /** The twelve bytes of the Ethernet addresses. */
  readonly mac0: number;
  readonly mac1: number;
  readonly mac2: number;
  readonly source: number;
  readonly destination: number;
  /** Source port in the high half. */
  readonly ports: number;
  readonly protocol: number;
}

/** What a packet becomes on its way: the frame of one that left, against itself as it came in. */
export interface FlowRewrite {
  readonly mac0: number;
  readonly mac1: number;
  readonly mac2: number;
  readonly source: number;
  readonly destination: number;
  readonly upper: UpperWords;
  readonly ports: number;
  /** 1 if it was routed, 0 if it was bridged. */
  readonly hops: 0 | 1;
  /** To be added to the complement of the IPv4 header's checksum (RFC 1624; none of IPv6), and of the transport's. */
  readonly headerDelta: number;
  readonly transportDelta: number;
}

/** Rules that a kernel would have walked in one table, for each packet. */
export interface Walk {
  readonly evaluator: { walked: number };
  readonly rules: number;
}

/** What happened on the way of a packet besides its own changes, and what that rests on. */
export interface FlowEffects {
  /** Devices between the first and the last that count the frame. */
  readonly received: readonly Link[];
  readonly sent: readonly Link[];
  readonly counters: readonly Counters[];
  readonly walks: readonly Walk[];
  /** Bridge entries that its source address keeps alive, and those that its way depends on. */
  readonly learnt: readonly FdbEntry[];
  readonly towards: readonly FdbEntry[];
  readonly neighbours: readonly Neighbour[];
}

/**
 * One flow's way through a namespace, as the slow path decided it for the packet before. It holds while the
 * namespace's generation and the connection's state are what they were.
 */
export interface Flow extends FlowKey {
  readonly upper: UpperWords;
  readonly generation: number;
  readonly rewrite: FlowRewrite;
  readonly effects: FlowEffects;
  readonly output: Link;
  readonly outputMark: number;
  /** The largest packet, in bytes, that goes this way whole. */
  readonly maxLength: number;
  readonly connection: Connection | undefined;
  readonly connectionStatus: number;
  readonly connectionMark: number;
  /** Which of the connection's directions it is. */
  readonly isReply: boolean;
}
