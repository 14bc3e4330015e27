import type { SegmentKind } from './tcp-segment.ts';
import { TCP_NONE } from './tcp-state.ts';

/** Of one side of a connection (IP_CT_TCP_FLAG_*). */
export const WINDOW_SCALE = 0x01;
export const SACK_PERMITTED = 0x02;
/** It sent the first FIN. */
export const CLOSE_INIT = 0x04;
/** What is out of its window passes nevertheless: the connection was picked up in its middle. */
export const BE_LIBERAL = 0x08;
export const DATA_UNACKNOWLEDGED = 0x10;
export const MAX_ACK_SET = 0x20;
/** Of `lastFlags`: the other side may answer with a challenge ACK (RFC 5961 §4); both sides sent a SYN. */
export const EXPECT_CHALLENGE_ACK = 0x40;
export const SIMULTANEOUS_OPEN = 0x80;

/**
 * What one side has sent and may send (struct ip_ct_tcp_state). All are 32-bit words kept as signed numbers;
 * `maxWindow` is read unsigned.
 */
export class TcpSide {
  /** Behind the last byte that it has sent. */
  end = 0;
  /** What the other side lets it send up to. */
  maxEnd = 0;
  /** The largest window that it has offered; 0 until its first segment. */
  maxWindow = 0;
  /** The furthest that it has acknowledged, if MAX_ACK_SET. */
  maxAck = 0;
  scale = 0;
  flags = 0;

  /** As if it had not spoken yet. */
  forget(): void {
    this.end = this.maxEnd = this.maxWindow = this.maxAck = this.scale = 0;
    this.flags &= BE_LIBERAL;
  }
}

/** A TCP connection as tracking knows it (struct ip_ct_tcp); `last…` is of the last segment noted. */
export class TcpTracking {
  /** An index into TCP_STATES. */
  state = TCP_NONE;
  readonly original = new TcpSide();
  readonly reply = new TcpSide();
  lastIsReply = false;
  lastKind: SegmentKind = 'none';
  lastSequence = 0;
  lastAck = 0;
  lastEnd = 0;
  lastWindow = 0;
  lastScale = 0;
  lastFlags = 0;
  /** How often the last ACK has come again. */
  retransmissions = 0;

  side(isReply: boolean): TcpSide {
    return isReply ? this.reply : this.original;
  }
}
