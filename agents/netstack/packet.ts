import { u16 } from './bytes.ts';
import type { Connection } from './conntrack/connection.ts';
import type { Route } from './fib/route.ts';
import type { FlowRecording } from './flow/recording.ts';
import type { IpvsConnection } from './ipvs/ipvs-connection.ts';
import type { Link } from './link/link.ts';
import type { Mac } from './mac.ts';
import type { TraceSink } from './trace.ts';

/** Room for VXLAN's outer headers (14 + 20 + 8 + 8) before a frame, rounded up. */
export const HEADROOM = 64;

/** To whom the link layer addressed a frame (include/uapi/linux/if_packet.h). */
export const PACKET_HOST = 0;
export const PACKET_BROADCAST = 1;
export const PACKET_MULTICAST = 2;
export const PACKET_OTHERHOST = 3;

/** A packet's relation to its connection (enum ip_conntrack_info); replies add IS_REPLY. */
export const CT_NONE = 0;
export const CT_NEW = 1;
export const CT_ESTABLISHED = 2;
export const CT_RELATED = 3;
export const CT_INVALID = 4;
export const CT_UNTRACKED = 5;

/** What a packet that was put together came in. */
export interface FragmentHistory {
  /** Of the pieces' bodies, in order; undefined once somebody has made one of them (skb_linearize). */
  readonly lengths: readonly number[] | undefined;
  /** Of the longest piece with its headers. */
  readonly longest: number;
  /** It leaves in fragments again, even if it would fit (frag_max_size); IP forgets that when it gets it anew. */
  readonly isBinding: boolean;
}

/**
 * A frame on its way through a node, as Linux's sk_buff: one buffer with head room, offsets into it, and
 * what the layers have learnt so far. `start` is the Ethernet header once there is one; `l3` and `l4` are
 * absolute offsets. A packet has one owner: who keeps it past a call must have been given it.
 */
export class Packet {
  bytes: Uint8Array;
  start: number;
  end: number;
  l3: number;
  l4: number;
  /** The protocol at `l4` of an IPv6 packet; IPv4 has it in its header. */
  nextHeader = 0;
  type = PACKET_HOST;
  mark = 0;
  /** The device that the packet came in by; undefined for one made here. */
  input: Link | undefined = undefined;
  /** Set by routing, kept over the loopback device (skb_dst); taken away by a hook after which it no longer fits. */
  route: Route | undefined = undefined;
  connection: Connection | undefined = undefined;
  ctInfo = CT_NONE;
  ctReply = false;
  /** IPVS has seen to the packet, as one of this connection (ipvs_property of sk_buff). */
  ipvs: IpvsConnection | undefined = undefined;
  /** The checksums were made or verified inside this process; the wire sets it to false. */
  checksumsGood = false;
  /** If it was put together from fragments on its way through. */
  fragments: FragmentHistory | undefined = undefined;
  /** Set while bridge netfilter leads the packet through the IP hooks. */
  bridged: BridgedState | undefined = undefined;
  trace: TraceSink | undefined = undefined;
  /** Follows the packet for the fast path; cleared by whoever decides about this packet alone. */
  recording: FlowRecording | undefined = undefined;

  constructor(bytes: Uint8Array, start: number, end: number) {
    this.bytes = bytes;
    this.start = start;
    this.end = end;
    this.l3 = start;
    this.l4 = start;
  }

  /** Wraps a received frame without copying it. */
  static fromFrame(frame: Uint8Array): Packet {
    return new Packet(frame, 0, frame.length);
  }

  /** An empty packet with head room for every header the stack may put before `length` bytes of layer 3. */
  static allocate(length: number): Packet {
    const packet = new Packet(new Uint8Array(HEADROOM + 14 + length), HEADROOM + 14, HEADROOM + 14 + length);
    packet.checksumsGood = true;
    return packet;
  }

  get length(): number {
    return this.end - this.start;
  }

  get etherType(): number {
    return u16(this.bytes, this.start + 12);
  }

  /** The frame's own bytes, a view. */
  frame(): Uint8Array {
    return this.bytes.subarray(this.start, this.end);
  }

  /** Moves `start` back by `size`, into a larger buffer if the head room is used up (skb_cow_head). */
  push(size: number): void {
    if (this.start < size) this.#grow(size);
    this.start -= size;
  }

  /** A deep copy, for flooding: the clones may be rewritten apart. */
  clone(): Packet {
    this.recording = undefined;
    const copy = new Packet(new Uint8Array(this.bytes.length), this.start, this.end);
    copy.bytes.set(this.bytes);
    copy.l3 = this.l3;
    copy.l4 = this.l4;
    copy.nextHeader = this.nextHeader;
    copy.type = this.type;
    copy.mark = this.mark;
    copy.input = this.input;
    copy.route = this.route;
    copy.connection = this.connection;
    copy.ctInfo = this.ctInfo;
    copy.ctReply = this.ctReply;
    copy.ipvs = this.ipvs;
    copy.checksumsGood = this.checksumsGood;
    copy.fragments = this.fragments;
    copy.bridged = this.bridged && { ...this.bridged };
    copy.trace = this.trace;
    return copy;
  }

  /** Forgets what a node knew about the packet (skb_scrub_packet); the mark survives inside a namespace. */
  scrub(crossesNamespace: boolean): void {
    this.type = PACKET_HOST;
    this.route = undefined;
    this.connection = undefined;
    this.ctInfo = CT_NONE;
    this.ctReply = false;
    this.ipvs = undefined;
    this.bridged = undefined;
    if (crossesNamespace) this.mark = 0;
  }

  #grow(size: number): void {
    const extra = size - this.start + HEADROOM;
    const bytes = new Uint8Array(extra + this.end);
    bytes.set(this.bytes.subarray(0, this.end), extra);
    this.bytes = bytes;
    this.start += extra;
    this.end += extra;
    this.l3 += extra;
    this.l4 += extra;
  }
}

/** What bridge netfilter remembers of a packet (struct nf_bridge_info). */
export interface BridgedState {
  physicalInput: Link;
  physicalOutput: Link | undefined;
  wasOtherHost: boolean;
  /** The bridge has shown it to PREROUTING, and IP has not got it since. */
  metPrerouting: boolean;
  /** It waits for the address of its new destination; then it goes on as the frame that it was (bridged_dnat). */
  redirected: { readonly source: Mac } | undefined;
}
