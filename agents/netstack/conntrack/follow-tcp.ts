import { seqLess } from '../tcp/sequence.ts';
import { type Connection, IPS_ASSURED, IPS_SEEN_REPLY } from './connection.ts';
import { takeOffers } from './tcp-options.ts';
import type { TcpSegment } from './tcp-segment.ts';
import {
  nextTcpState,
  TCP_CLOSE,
  TCP_ESTABLISHED,
  TCP_FIN_WAIT,
  TCP_IGNORE,
  TCP_INVALID,
  TCP_LAST_ACK,
  TCP_NONE,
  TCP_SYN_RECV,
  TCP_SYN_SENT,
  TCP_SYN_SENT2,
  TCP_TIME_WAIT,
} from './tcp-state.ts';
import {
  BE_LIBERAL,
  CLOSE_INIT,
  EXPECT_CHALLENGE_ACK,
  MAX_ACK_SET,
  SACK_PERMITTED,
  SIMULTANEOUS_OPEN,
  TcpSide,
  TcpTracking,
  WINDOW_SCALE,
} from './tcp-tracking.ts';
import { moveWindow, passWindow } from './tcp-window.ts';
import type { TrackingSettings } from './tracking-settings.ts';

/**
 * What becomes of a segment and its connection. `ok`: the connection lives on from now. `ignored`: it passes, but
 * the connection gets no older for it. `doubted`: invalid, and so is an end that the other side has announced:
 * the connection may not live as long any more. `reopen`: a SYN on a finished connection starts a new one in its
 * place. `kill`: the only answer was a reset.
 */
export type TcpOutcome = 'ok' | 'ignored' | 'invalid' | 'doubted' | 'reopen' | 'kill';

/** tcp_new: what a first segment begins; undefined if it cannot. It is then followed as any other. */
export function openTcp(segment: TcpSegment, { tcpLoose }: TrackingSettings): TcpTracking | undefined {
  const state = nextTcpState(TCP_NONE, segment.kind, false);
  if (state === TCP_INVALID || (state !== TCP_SYN_SENT && !tcpLoose)) return undefined;
  const tcp = new TcpTracking();
  const { original, reply } = tcp;
  original.end = original.maxEnd = segment.end;
  original.maxWindow = segment.window || 1;
  if (state === TCP_SYN_SENT) takeOffers(original, segment);
  else {
    original.maxEnd = (segment.end + original.maxWindow) | 0;
    original.flags = reply.flags = SACK_PERMITTED | BE_LIBERAL;
  }
  return tcp;
}

/** nf_conntrack_tcp_packet: moves the connection on. */
export function followTcp(
  connection: Connection,
  segment: TcpSegment,
  isReply: boolean,
  settings: TrackingSettings,
): TcpOutcome {
  const tcp = connection.tcp!;
  const { kind } = segment;
  let before = tcp.state;
  let after = nextTcpState(before, kind, isReply);
  if (after === TCP_INVALID) return 'invalid';
  if (after === TCP_SYN_SENT && before >= TCP_TIME_WAIT) {
    if (isOver(tcp, isReply)) return 'reopen';
    after = TCP_IGNORE;
  }
  if (after === TCP_IGNORE) {
    if (!answersIgnoredSyn(tcp, segment, isReply)) {
      noteIgnored(tcp, segment, isReply);
      return 'ignored';
    }
    before = TCP_SYN_SENT;
    after = TCP_SYN_RECV;
    resumeFromIgnoredSyn(tcp);
  }
  if (after === TCP_TIME_WAIT && isChallengeAck(tcp, segment, isReply)) {
    tcp.lastFlags &= ~EXPECT_CHALLENGE_ACK;
    return 'ignored';
  }
  if (after === TCP_SYN_SENT2) tcp.lastFlags |= SIMULTANEOUS_OPEN;
  if (after === TCP_SYN_RECV && isReply && kind === 'ack' && (tcp.lastFlags & SIMULTANEOUS_OPEN) !== 0)
    after = TCP_ESTABLISHED;
  const reset = kind === 'rst' ? judgeReset(connection, segment, isReply, settings) : 'in the window';
  if (reset === 'invalid') return 'invalid';
  if (reset === 'challenged' || reset === 'challenged, answers') after = before;
  if (reset === 'in the window' || reset === 'challenged') {
    const outcome = passWindow(tcp, segment, isReply, settings.tcpBeLiberal);
    if (outcome === 'ignored') return 'ignored';
    if (outcome === 'invalid') return doubt(connection, segment, isReply);
  }
  tcp.lastKind = kind;
  tcp.lastIsReply = isReply;
  tcp.state = after;
  if (before !== after && after === TCP_FIN_WAIT) tcp.side(isReply).flags |= CLOSE_INIT;
  return settle(connection, kind, before, after);
}

/** What followTcp does with a plain ACK that isInsideWindow, in the middle of a connection. */
export function followSteady(tcp: TcpTracking, segment: TcpSegment, isReply: boolean): void {
  moveWindow(tcp, segment, isReply);
  tcp.lastKind = 'ack';
  tcp.lastIsReply = isReply;
}

/** What the state says of the connection's life. */
function settle(connection: Connection, kind: TcpSegment['kind'], before: number, after: number): TcpOutcome {
  if ((connection.status & IPS_SEEN_REPLY) === 0) {
    if (kind === 'rst') return 'kill';
    // Who only asks again keeps no entry alive.
    return kind === 'syn' && before === TCP_SYN_SENT ? 'ignored' : 'ok';
  }
  if (after === TCP_ESTABLISHED && (before === TCP_SYN_RECV || before === TCP_ESTABLISHED))
    connection.status |= IPS_ASSURED;
  return 'ok';
}

/** Closed by both, or broken off by the side that now begins again. */
function isOver({ original, reply, lastIsReply, lastKind }: TcpTracking, isReply: boolean): boolean {
  return (
    ((original.flags | reply.flags) & CLOSE_INIT) !== 0 || (lastIsReply === isReply && lastKind === 'rst')
  );
}

/** A SYN-ACK to a SYN that was ignored: both sides know of a connection that we do not. */
const answersIgnoredSyn = (tcp: TcpTracking, { kind, ack }: TcpSegment, isReply: boolean): boolean =>
  kind === 'synack' && tcp.lastKind === 'syn' && tcp.lastIsReply !== isReply && ack === tcp.lastEnd;

function resumeFromIgnoredSyn(tcp: TcpTracking): void {
  const asked = tcp.side(tcp.lastIsReply);
  asked.end = asked.maxEnd = tcp.lastEnd;
  asked.maxWindow = tcp.lastWindow || 1;
  asked.scale = tcp.lastScale;
  tcp.lastFlags &= ~EXPECT_CHALLENGE_ACK;
  asked.flags = tcp.lastFlags;
  tcp.side(!tcp.lastIsReply).forget();
}

const offers = new TcpSide();

/** What an ignored segment said, for what may come in answer to it. */
function noteIgnored(tcp: TcpTracking, segment: TcpSegment, isReply: boolean): void {
  tcp.lastKind = segment.kind;
  tcp.lastIsReply = isReply;
  tcp.lastSequence = segment.sequence;
  tcp.lastEnd = segment.end;
  tcp.lastWindow = segment.window;
  if (segment.kind === 'syn' && !isReply) {
    offers.forget();
    takeOffers(offers, segment);
    tcp.lastScale = offers.scale;
    tcp.lastFlags = offers.flags & (WINDOW_SCALE | SACK_PERMITTED);
    if (tcp.state === TCP_LAST_ACK) tcp.lastFlags |= EXPECT_CHALLENGE_ACK;
  }
  if (segment.kind === 'ack' && isReply && tcp.state === TCP_SYN_SENT) tcp.lastAck = segment.ack;
}

/** An ACK that answers a stray SYN (RFC 5961 §4) is not the one that ends the connection. */
function isChallengeAck(tcp: TcpTracking, { kind }: TcpSegment, isReply: boolean): boolean {
  return (
    tcp.state === TCP_LAST_ACK &&
    kind === 'ack' &&
    tcp.lastIsReply !== isReply &&
    tcp.lastKind === 'syn' &&
    (tcp.lastFlags & EXPECT_CHALLENGE_ACK) !== 0
  );
}

/**
 * `challenged`: its receiver may answer it instead of believing it, so the connection stays. `answers`: it is
 * about a segment that was ignored, whose windows nobody knows.
 */
type Reset = 'in the window' | 'challenged' | 'answers' | 'challenged, answers' | 'invalid';

function judgeReset(
  connection: Connection,
  { sequence, ack }: TcpSegment,
  isReply: boolean,
  { tcpIgnoreInvalidRst }: TrackingSettings,
): Reset {
  const tcp = connection.tcp!;
  const { status } = connection;
  // The tuple of a connection that is ending may be in use again.
  if (tcp.state >= TCP_FIN_WAIT && tcp.state <= TCP_CLOSE) return 'answers';
  const receiver = tcp.side(!isReply);
  const isAssured = (status & IPS_ASSURED) !== 0;
  let isChallenged = false;
  // A SYN that was let through may have begun other numbers.
  if ((receiver.flags & MAX_ACK_SET) !== 0 && tcp.lastKind !== 'syn') {
    const isEstablished = tcp.state === TCP_ESTABLISHED && isAssured;
    if (sequence === 0 && !isEstablished) return 'in the window';
    if (seqLess(sequence, receiver.maxAck) && !tcpIgnoreInvalidRst) return 'invalid';
    if (!isEstablished || sequence === receiver.maxAck) return 'in the window';
    if (tcp.lastKind === 'ack' && tcp.lastIsReply === isReply && sequence === tcp.lastEnd)
      return 'in the window';
    isChallenged = true;
  }
  const isAnswered = (status & IPS_SEEN_REPLY) !== 0;
  const wasIgnored =
    (isAnswered && tcp.lastKind === 'syn' && tcp.lastIsReply !== isReply) ||
    (!isAssured && tcp.lastKind === 'ack');
  const answersChallenge =
    tcp.state === TCP_SYN_SENT && tcp.lastKind === 'ack' && tcp.lastIsReply && sequence === tcp.lastAck;
  if ((wasIgnored && ack === tcp.lastEnd) || answersChallenge)
    return isChallenged ? 'challenged, answers' : 'answers';
  return isChallenged ? 'challenged' : 'in the window';
}

/**
 * Ends out of the window from both sides: the connection is over, though we cannot tell
 * (nf_tcp_handle_invalid).
 */
function doubt({ status, tcp }: Connection, { kind }: TcpSegment, isReply: boolean): TcpOutcome {
  if ((status & IPS_ASSURED) === 0 || (kind !== 'rst' && kind !== 'fin')) return 'invalid';
  const wasEnd = tcp!.lastKind === 'fin' || tcp!.lastKind === 'rst';
  if (wasEnd && tcp!.lastIsReply !== isReply) return 'doubted';
  tcp!.lastKind = kind;
  tcp!.lastIsReply = isReply;
  return 'invalid';
}
