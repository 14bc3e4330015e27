import { TCP_ACK, TCP_FIN, TCP_RST, TCP_SYN, type TcpHeader } from '../header/tcp-header.ts';
import { isInWindow } from './acceptable.ts';
import { seqAdd, seqLess } from './sequence.ts';

export type LateDecision =
  | 'acknowledge'
  | 'acknowledge and wait anew'
  | 'wait anew'
  | 'close'
  | 'refuse and close'
  | 'ignore'
  | 'reopen';

/** tcp_timewait_state_process, net/ipv4/tcp_minisocks.c: what a segment does to a connection in TIME_WAIT. */
export function decideTimeWait(next: number, segment: TcpHeader, length: number): LateDecision {
  const { sequence, flags } = segment;
  const isReset = (flags & TCP_RST) !== 0;
  if (sequence === next && (length === 0 || isReset)) return isReset ? 'close' : 'wait anew';
  const isBareSyn = (flags & (TCP_SYN | TCP_ACK | TCP_RST)) === TCP_SYN;
  // RFC 9293 §3.10.7.4, MAY-2.
  if (isBareSyn && seqLess(next, sequence)) return 'reopen';
  if (isReset) return 'ignore';
  return flags & TCP_ACK ? 'acknowledge and wait anew' : 'acknowledge';
}

/** The same of one in FIN_WAIT_2 whose owner has gone: only the peer's FIN is still of use. */
export function decideFinWait2(
  next: number,
  window: number,
  { sequence, flags }: TcpHeader,
  length: number,
): LateDecision {
  const end = seqAdd(sequence, length);
  if (!isInWindow(sequence, end, next, seqAdd(next, window))) return 'acknowledge';
  if (flags & TCP_RST) return 'close';
  if (flags & TCP_SYN && !seqLess(sequence, next)) return 'refuse and close';
  if ((flags & TCP_ACK) === 0 || !seqLess(next, end) || length === 0) return 'ignore';
  const isFin = (flags & TCP_FIN) !== 0 && end === seqAdd(next, 1);
  return isFin ? 'acknowledge and wait anew' : 'refuse and close';
}
