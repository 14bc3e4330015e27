import { TCP_ACK, TCP_RST, TCP_SYN, type TcpHeader } from '../header/tcp-header.ts';
import { isInWindow } from './acceptable.ts';
import { seqAdd } from './sequence.ts';

/** What a connection is of which there has been a SYN only. */
export interface Request {
  /** The sequence number after the peer's SYN and after our own, and how much may come. */
  readonly next: number;
  readonly ownNext: number;
  readonly window: number;
}

export type RequestDecision =
  | 'answer again'
  | 'refuse'
  | 'acknowledge'
  | 'ignore'
  | 'refuse and forget'
  | 'forget'
  | 'establish';

/** tcp_check_req, net/ipv4/tcp_minisocks.c: what a segment makes of a request; `length` is that of all it numbers. */
export function decideRequest(request: Request, segment: TcpHeader, length: number): RequestDecision {
  const { sequence, acknowledgment } = segment;
  const flags = segment.flags & (TCP_SYN | TCP_ACK | TCP_RST);
  const isSameSyn = sequence === seqAdd(request.next, -1);
  if (flags === TCP_SYN && isSameSyn) return 'answer again';
  const isReset = (flags & TCP_RST) !== 0;
  if (!isReset && flags & TCP_ACK && acknowledgment !== request.ownNext) return 'refuse';
  const end = seqAdd(sequence, length);
  if (!isInWindow(sequence, end, request.next, seqAdd(request.next, request.window)))
    return isReset ? 'ignore' : 'acknowledge';
  // RFC 5961 §3.2.
  if (isReset) return sequence === request.next ? 'forget' : 'acknowledge';
  if (flags & TCP_SYN && !isSameSyn) return 'refuse and forget';
  return flags & TCP_ACK ? 'establish' : 'ignore';
}
