import { u16, u32 } from '../bytes.ts';
import {
  TCP_ACK,
  TCP_FIN,
  TCP_HEADER,
  TCP_RST,
  TCP_SYN,
  TCP_URG,
  tcpFlags,
  tcpHeaderLength,
} from '../header/tcp-header.ts';
import type { Packet } from '../packet.ts';

/** enum tcp_bit_set. */
export type SegmentKind = 'syn' | 'synack' | 'fin' | 'ack' | 'rst' | 'none';

/**
 * What tracking reads of a segment; one object serves all packets. Sequence numbers are signed, so that they
 * stay small integers: only their differences mean anything.
 */
export class TcpSegment {
  kind: SegmentKind = 'none';
  flags = 0;
  sequence = 0;
  ack = 0;
  /** The sequence number behind the segment's last; SYN and FIN have one each. */
  end = 0;
  window = 0;
  bytes: Uint8Array = NO_BYTES;
  options = 0;
  optionsEnd = 0;
}

const NO_BYTES = new Uint8Array();

/** Combinations of flags that TCP knows; PSH, ECE and CWR may stand beside any (tcp_valid_flags). */
const VALID_FLAGS: ReadonlySet<number> = new Set([
  TCP_SYN,
  TCP_SYN | TCP_URG,
  TCP_SYN | TCP_ACK,
  TCP_RST,
  TCP_RST | TCP_ACK,
  TCP_FIN | TCP_ACK,
  TCP_FIN | TCP_ACK | TCP_URG,
  TCP_ACK,
  TCP_ACK | TCP_URG,
]);
const JUDGED_FLAGS = TCP_SYN | TCP_ACK | TCP_FIN | TCP_RST | TCP_URG;

function kindOf(flags: number): SegmentKind {
  if (flags & TCP_RST) return 'rst';
  if (flags & TCP_SYN) return flags & TCP_ACK ? 'synack' : 'syn';
  if (flags & TCP_FIN) return 'fin';
  return flags & TCP_ACK ? 'ack' : 'none';
}

/** False for what can be of no connection: a header that is not whole, flags that do not go together (tcp_error). */
export function readSegment(segment: TcpSegment, { bytes, l4, end }: Packet): boolean {
  if (l4 + TCP_HEADER > end) return false;
  const header = tcpHeaderLength(bytes, l4);
  if (header < TCP_HEADER || l4 + header > end) return false;
  const flags = tcpFlags(bytes, l4);
  if (!VALID_FLAGS.has(flags & JUDGED_FLAGS)) return false;
  segment.flags = flags;
  segment.kind = kindOf(flags);
  segment.sequence = u32(bytes, l4 + 4) | 0;
  segment.ack = u32(bytes, l4 + 8) | 0;
  const numbered = end - l4 - header + (flags & TCP_SYN ? 1 : 0) + (flags & TCP_FIN ? 1 : 0);
  segment.end = (segment.sequence + numbered) | 0;
  segment.window = u16(bytes, l4 + 14);
  segment.bytes = bytes;
  segment.options = l4 + TCP_HEADER;
  segment.optionsEnd = l4 + header;
  return true;
}
