import { TCP_ACK, TCP_SYN } from '../header/tcp-header.ts';
import { seqLess } from '../tcp/sequence.ts';
import { sackEdge, takeOffers } from './tcp-options.ts';
import type { TcpSegment } from './tcp-segment.ts';
import { TCP_SYN_RECV, TCP_SYN_SENT } from './tcp-state.ts';
import {
  BE_LIBERAL,
  DATA_UNACKNOWLEDGED,
  MAX_ACK_SET,
  SACK_PERMITTED,
  type TcpSide,
  type TcpTracking,
  WINDOW_SCALE,
} from './tcp-tracking.ts';

/** An acknowledgment may be this far behind at least (MAXACKWINCONST). */
const MAX_ACK_WINDOW = 66_000;

/** Where a segment lies. What is over by less than a window, or all before it, passes but tells nothing. */
type Place = 'inside' | 'over a little' | 'over' | 'before';
export type WindowOutcome = 'ok' | 'ignored' | 'invalid';

/**
 * tcp_in_window: whether a segment fits what both sides have sent and acknowledged; if it does, it moves the
 * windows. The four checks are those of G. van Rooij, "Real Stateful TCP Packet Filtering in IP Filter".
 */
export function passWindow(
  tcp: TcpTracking,
  segment: TcpSegment,
  isReply: boolean,
  beLiberal: boolean,
): WindowOutcome {
  const sender = tcp.side(isReply);
  const receiver = tcp.side(!isReply);
  const isSyn = (segment.flags & TCP_SYN) !== 0;
  let { sequence, end, ack } = segment;
  let sack = edgeOf(segment, receiver);
  if (sender.maxWindow === 0) {
    if (isSyn) {
      begin(sender, receiver, segment, isReply);
      if (segment.kind === 'syn') return 'ok';
    } else pickUp(sender, receiver, segment, sack);
  } else if (
    isSyn &&
    seqLess(sender.end, end) &&
    (tcp.state === TCP_SYN_SENT || tcp.state === TCP_SYN_RECV)
  ) {
    begin(sender, receiver, segment, isReply);
    if (isReply && segment.kind === 'syn') return 'ok';
  }
  const hasAck = (segment.flags & TCP_ACK) !== 0;
  // Some stacks set ACK in a reset without a number to acknowledge.
  if (!hasAck || (segment.kind === 'rst' && ack === 0)) ack = sack = receiver.end;
  // The answer to a SYN by who has nothing to number.
  if (segment.kind === 'rst' && sequence === 0 && tcp.state === TCP_SYN_SENT) sequence = end = sender.end;
  const place = placeOf(sender, receiver, sequence, end, sack);
  if (place === 'inside') {
    advance(tcp, segment, isReply, sequence, end, ack, sack);
    return 'ok';
  }
  if (place === 'over a little') {
    sender.end = end;
    sender.flags |= DATA_UNACKNOWLEDGED;
  }
  if (beLiberal || (sender.flags & BE_LIBERAL) !== 0) return 'ok';
  return place === 'over' ? 'invalid' : 'ignored';
}

/** Whether a plain ACK of a connection whose sides have both begun is inside the windows. Changes nothing. */
export function isInsideWindow(tcp: TcpTracking, segment: TcpSegment, isReply: boolean): boolean {
  const sender = tcp.side(isReply);
  const receiver = tcp.side(!isReply);
  if (sender.maxWindow === 0) return false;
  const { sequence, end } = segment;
  return placeOf(sender, receiver, sequence, end, edgeOf(segment, receiver)) === 'inside';
}

/** Moves the windows by a segment that isInsideWindow. */
export function moveWindow(tcp: TcpTracking, segment: TcpSegment, isReply: boolean): void {
  const { sequence, end, ack } = segment;
  advance(tcp, segment, isReply, sequence, end, ack, edgeOf(segment, tcp.side(!isReply)));
}

const edgeOf = (segment: TcpSegment, { flags }: TcpSide): number =>
  (flags & SACK_PERMITTED) !== 0 && segment.options !== segment.optionsEnd ? sackEdge(segment) : segment.ack;

/** A side's SYN (tcp_init_sender). Windows are scaled if both sides offer it (RFC 7323 §2.2). */
function begin(sender: TcpSide, receiver: TcpSide, segment: TcpSegment, isReply: boolean): void {
  sender.end = sender.maxEnd = segment.end;
  sender.maxWindow = segment.window || 1;
  takeOffers(sender, segment);
  if (isReply && (sender.flags & receiver.flags & WINDOW_SCALE) === 0) sender.scale = receiver.scale = 0;
}

/** A side's first segment that we see, from its middle. */
function pickUp(sender: TcpSide, receiver: TcpSide, { end, window }: TcpSegment, sack: number): void {
  sender.end = end;
  sender.maxWindow = window << sender.scale || 1;
  sender.maxEnd = (end + sender.maxWindow) | 0;
  if (receiver.maxWindow === 0) receiver.end = receiver.maxEnd = sack;
  // The answer to a keep-alive.
  else if (sack === ((receiver.end + 1) | 0)) receiver.end = sack;
}

function placeOf(sender: TcpSide, receiver: TcpSide, sequence: number, end: number, sack: number): Place {
  const allowed = Math.max(sender.maxWindow >>> 0, MAX_ACK_WINDOW);
  const isAckInReach = seqLess(receiver.end - allowed - 1, sack);
  const isAckSent = seqLess(sack, receiver.end + 1);
  const window = receiver.maxWindow >>> 0;
  const reachesWindow = seqLess(sender.end - window - 1, end);
  if (!seqLess(sequence, sender.maxEnd + 1)) {
    const overshot = (end - sender.maxEnd + 1) >>> 0;
    const isLittle = window !== 0 && reachesWindow && isAckInReach && overshot <= window && isAckSent;
    return isLittle ? 'over a little' : 'over';
  }
  if (!isAckSent) return 'over';
  return (window === 0 || reachesWindow) && isAckInReach ? 'inside' : 'before';
}

/** What a segment that fits tells of both sides. */
function advance(
  tcp: TcpTracking,
  { flags, kind, window: offered }: TcpSegment,
  isReply: boolean,
  sequence: number,
  end: number,
  ack: number,
  sack: number,
): void {
  const sender = tcp.side(isReply);
  const receiver = tcp.side(!isReply);
  const window = (flags & TCP_SYN) !== 0 ? offered : offered << sender.scale;
  const reach = (window + (sack - ack)) | 0;
  if (sender.maxWindow >>> 0 < reach >>> 0) sender.maxWindow = reach;
  if (seqLess(sender.end, end)) {
    sender.end = end;
    sender.flags |= DATA_UNACKNOWLEDGED;
  }
  if ((flags & TCP_ACK) !== 0 && ((sender.flags & MAX_ACK_SET) === 0 || seqLess(sender.maxAck, ack))) {
    sender.maxAck = ack;
    sender.flags |= MAX_ACK_SET;
  }
  if (receiver.maxWindow !== 0 && seqLess(sender.maxEnd, end))
    receiver.maxWindow = (receiver.maxWindow + (end - sender.maxEnd)) | 0;
  if (seqLess(receiver.maxEnd - 1, sack + window))
    receiver.maxEnd = (sack + window + (window === 0 ? 1 : 0)) | 0;
  if (ack === receiver.end) receiver.flags &= ~DATA_UNACKNOWLEDGED;
  if (kind === 'ack') countRetransmission(tcp, isReply, sequence, end, ack, offered);
}

function countRetransmission(
  tcp: TcpTracking,
  isReply: boolean,
  sequence: number,
  end: number,
  ack: number,
  window: number,
): void {
  if (
    tcp.lastIsReply === isReply &&
    tcp.lastSequence === sequence &&
    tcp.lastAck === ack &&
    tcp.lastEnd === end &&
    tcp.lastWindow === window
  ) {
    tcp.retransmissions = (tcp.retransmissions + 1) & 0xff;
    return;
  }
  tcp.lastIsReply = isReply;
  tcp.lastSequence = sequence;
  tcp.lastAck = ack;
  tcp.lastEnd = end;
  tcp.lastWindow = window;
  tcp.retransmissions = 0;
}
