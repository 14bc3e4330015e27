import { SCTP_NONE } from './sctp-state.ts';

/** An SCTP association as tracking knows it (struct ip_ct_sctp). */
export class SctpTracking {
  /** An index into SCTP_STATES. */
  state = SCTP_NONE;
  /** What packets of each direction carry; 0 while nobody has said. */
  originalTag = 0;
  replyTag = 0;
  /** Whether a direction has had an INIT that no COOKIE ACK has followed. */
  originalBegan = false;
  replyBegan = false;
  /** A heartbeat had another tag, and came by `lastIsReply`: the answer may tell that the tags are others now. */
  heartbeatFailed = false;
  lastIsReply = false;

  tag(isReply: boolean): number {
    return isReply ? this.replyTag : this.originalTag;
  }

  hasBegun(isReply: boolean): boolean {
    return isReply ? this.replyBegan : this.originalBegan;
  }

  /** An INIT of one side, when both have had theirs, begins all anew. */
  begin(isReply: boolean): void {
    if (this.originalBegan && this.replyBegan) this.originalBegan = this.replyBegan = false;
    if (isReply) this.replyBegan = true;
    else this.originalBegan = true;
  }

  setTag(isReply: boolean, tag: number): void {
    if (isReply) this.replyTag = tag;
    else this.originalTag = tag;
  }
}
