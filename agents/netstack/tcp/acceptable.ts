import { seqAdd, seqLess, seqLessEqual } from './sequence.ts';

/**
 * Whether a segment of these sequence numbers, SYN and FIN counted, is one that may be meant (tcp_sequence,
 * net/ipv4/tcp_input.c), where all before `acknowledged` has been acknowledged and the window ends at `edge`: wider than RFC 9293 §3.10.7.4, because old data is no fault before it has been acknowledged.
 */
export function isAcceptable(
  start: number,
  end: number,
  isFin: boolean,
  acknowledged: number,
  edge: number,
): boolean {
  if (seqLess(end, acknowledged)) return false;
  if (seqLessEqual(end, edge) || (isFin && seqLessEqual(seqAdd(end, -1), edge))) return true;
  return seqLessEqual(start, edge);
}

/** The same of who has only a window to compare with (tcp_in_window, net/ipv4/tcp_minisocks.c). */
export function isInWindow(start: number, end: number, from: number, to: number): boolean {
  if (start === from || (seqLess(from, end) && seqLess(start, to))) return true;
  return start === to && start === end;
}
