import { u32 } from '../bytes.ts';
import type { Packet } from '../packet.ts';
import { type Connection, IPS_ASSURED, IPS_CONFIRMED } from './connection.ts';
import { chunkTypes, firstChunk, hasChunk, initTag, nextChunk } from './sctp-chunks.ts';
import {
  CHUNK_ABORT,
  CHUNK_COOKIE_ACK,
  CHUNK_COOKIE_ECHO,
  CHUNK_DATA,
  CHUNK_HEARTBEAT,
  CHUNK_HEARTBEAT_ACK,
  CHUNK_INIT,
  CHUNK_INIT_ACK,
  CHUNK_SHUTDOWN_ACK,
  CHUNK_SHUTDOWN_COMPLETE,
  nextSctpState,
  SCTP_CLOSED,
  SCTP_ESTABLISHED,
  SCTP_INVALID,
  SCTP_NONE,
} from './sctp-state.ts';
import { SctpTracking } from './sctp-tracking.ts';

/** `ignored`: it passes, but the association gets no older for it. */
export type SctpOutcome = 'ok' | 'ignored' | 'invalid';

const TAG = 4;
/** The sender of a chunk has no association, and took the tag from what it answers (RFC 9260 §8.5.1). */
const FLAG_T = 1;

/** Chunks with rules of their own about tags. */
const SPECIAL = [
  CHUNK_INIT,
  CHUNK_SHUTDOWN_COMPLETE,
  CHUNK_COOKIE_ECHO,
  CHUNK_ABORT,
  CHUNK_SHUTDOWN_ACK,
  CHUNK_HEARTBEAT,
  CHUNK_HEARTBEAT_ACK,
];
/** Chunks that begin nothing (RFC 9260 §8.4). */
const STRAY = [CHUNK_ABORT, CHUNK_SHUTDOWN_COMPLETE, CHUNK_COOKIE_ACK];

/** sctp_new: what a first packet begins; undefined if it cannot. It is then followed as any other. */
export function openSctp(packet: Packet): SctpTracking | undefined {
  const chunks = chunkTypes(packet);
  if (chunks === 0 || STRAY.some((type) => hasChunk(chunks, type))) return undefined;
  const sctp = new SctpTracking();
  const tag = u32(packet.bytes, packet.l4 + TAG);
  for (let at = firstChunk(packet); at >= 0; at = nextChunk(packet, at)) {
    const type = packet.bytes[at]!;
    const state = nextSctpState(SCTP_NONE, type, false);
    if (state === SCTP_NONE || state === SCTP_INVALID) return undefined;
    if (type === CHUNK_INIT) {
      const wanted = initTag(packet, at);
      if (tag !== 0 || wanted === undefined) return undefined;
      sctp.replyTag = wanted;
      sctp.begin(false);
    } else if (type === CHUNK_HEARTBEAT) sctp.originalTag = tag;
    // A SHUTDOWN COMPLETE will answer with the same tag (RFC 9260 §8.4).
    else if (type === CHUNK_SHUTDOWN_ACK) sctp.replyTag = tag;
  }
  return sctp;
}

/** nf_conntrack_sctp_packet: moves the association on, chunk by chunk, as far as they are right. */
export function followSctp(connection: Connection, packet: Packet, isReply: boolean): SctpOutcome {
  const sctp = connection.sctp!;
  const isConfirmed = (connection.status & IPS_CONFIRMED) !== 0;
  const chunks = chunkTypes(packet);
  if (chunks === 0) return 'invalid';
  const tag = u32(packet.bytes, packet.l4 + TAG);
  const isSpecial = SPECIAL.some((type) => hasChunk(chunks, type));
  if (!isSpecial && tag !== sctp.tag(isReply)) return 'invalid';
  let isIgnored = false;
  for (let at = firstChunk(packet); at >= 0; at = nextChunk(packet, at)) {
    const type = packet.bytes[at]!;
    const tagged = checkTag(sctp, packet, at, tag, isReply, isIgnored || hasChunk(chunks, CHUNK_DATA));
    if (tagged === 'wrong') return 'invalid';
    if (tagged === 'doubtful') {
      isIgnored = true;
      continue;
    }
    if (type === CHUNK_COOKIE_ACK) sctp.originalBegan = sctp.replyBegan = false;
    const before = sctp.state;
    const after = nextSctpState(before, type, isReply);
    if (after === SCTP_INVALID) return 'invalid';
    if ((type === CHUNK_INIT || type === CHUNK_INIT_ACK) && !noteInit(sctp, packet, at, isReply))
      return 'invalid';
    // Who only asks again keeps no entry alive.
    if (type === CHUNK_INIT && before === SCTP_CLOSED && after === SCTP_CLOSED && isConfirmed)
      isIgnored = true;
    sctp.state = after;
    if (before !== after && after === SCTP_ESTABLISHED) connection.status |= IPS_ASSURED;
  }
  return isIgnored ? 'ignored' : 'ok';
}

/** RFC 9260 §8.5.1. `doubtful`: a heartbeat with another tag passes, as a first sign that tags have changed. */
function checkTag(
  sctp: SctpTracking,
  { bytes }: Packet,
  at: number,
  tag: number,
  isReply: boolean,
  isStrict: boolean,
): 'right' | 'wrong' | 'doubtful' {
  switch (bytes[at]) {
    case CHUNK_INIT:
      return tag === 0 ? 'right' : 'wrong';
    case CHUNK_ABORT:
    case CHUNK_SHUTDOWN_COMPLETE: {
      const isReflected = (bytes[at + 1]! & FLAG_T) !== 0;
      return tag === sctp.tag(isReflected ? !isReply : isReply) ? 'right' : 'wrong';
    }
    case CHUNK_COOKIE_ECHO:
      return tag === sctp.tag(isReply) ? 'right' : 'wrong';
    case CHUNK_HEARTBEAT:
    case CHUNK_HEARTBEAT_ACK:
      return checkHeartbeat(sctp, bytes[at] === CHUNK_HEARTBEAT_ACK, tag, isReply, isStrict);
    default:
      return 'right';
  }
}

function checkHeartbeat(
  sctp: SctpTracking,
  isAnswer: boolean,
  tag: number,
  isReply: boolean,
  isStrict: boolean,
): 'right' | 'wrong' | 'doubtful' {
  const known = sctp.tag(isReply);
  if (known === 0) {
    sctp.setTag(isReply, tag);
    return 'right';
  }
  if (tag === known) {
    sctp.heartbeatFailed = false;
    return 'right';
  }
  if (isStrict) return 'wrong';
  if (!isAnswer) {
    sctp.heartbeatFailed = true;
    sctp.lastIsReply = isReply;
    return 'doubtful';
  }
  if (!sctp.heartbeatFailed || sctp.lastIsReply === isReply) return 'wrong';
  sctp.heartbeatFailed = false;
  sctp.setTag(isReply, tag);
  sctp.setTag(!isReply, 0);
  return 'right';
}

/** Notes the tag that the other side shall use; false if there is none, or another than agreed. */
function noteInit(sctp: SctpTracking, packet: Packet, at: number, isReply: boolean): boolean {
  const wanted = initTag(packet, at);
  if (wanted === undefined) return false;
  if (packet.bytes[at] === CHUNK_INIT) {
    // One that comes again says nothing new.
    if (sctp.tag(!isReply) !== wanted) sctp.begin(isReply);
  } else if (!isWantedTag(sctp, wanted, isReply)) return false;
  sctp.setTag(!isReply, wanted);
  return true;
}

/** Whether an INIT ACK may ask for a tag: what was agreed stays, unless the other side alone has begun anew. */
function isWantedTag(sctp: SctpTracking, wanted: number, isReply: boolean): boolean {
  const agreed = sctp.tag(!isReply);
  if (agreed === wanted) return true;
  return sctp.hasBegun(!isReply) ? !sctp.hasBegun(isReply) : agreed === 0;
}
