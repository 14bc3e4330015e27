import { u32 } from '../bytes.ts';
import { seqLess } from '../tcp/sequence.ts';
import type { TcpSegment } from './tcp-segment.ts';
import { BE_LIBERAL, SACK_PERMITTED, type TcpSide, WINDOW_SCALE } from './tcp-tracking.ts';

const END = 0;
const NO_OPERATION = 1;
const SCALE = 3;
const PERMITTED = 4;
const SACK = 5;
/** RFC 7323 §2.3. */
const MAX_SCALE = 14;
const SACK_BLOCK = 8;

/** The place of the first option at or behind `at`, or -1 if there is none, or one whose length lies. */
function optionAt({ bytes, optionsEnd }: TcpSegment, at: number): number {
  let i = at;
  while (i < optionsEnd && bytes[i] === NO_OPERATION) i++;
  if (i + 1 >= optionsEnd || bytes[i] === END) return -1;
  const length = bytes[i + 1]!;
  return length < 2 || i + length > optionsEnd ? -1 : i;
}

/** Takes what a SYN offers; one without any option leaves what an earlier one offered (tcp_options). */
export function takeOffers(side: TcpSide, segment: TcpSegment): void {
  const { bytes, options, optionsEnd } = segment;
  if (options === optionsEnd) return;
  side.scale = 0;
  side.flags &= BE_LIBERAL;
  for (let i = optionAt(segment, options); i >= 0; i = optionAt(segment, i + bytes[i + 1]!)) {
    if (bytes[i] === PERMITTED && bytes[i + 1] === 2) side.flags |= SACK_PERMITTED;
    if (bytes[i] !== SCALE || bytes[i + 1] !== 3) continue;
    side.scale = Math.min(bytes[i + 2]!, MAX_SCALE);
    side.flags |= WINDOW_SCALE;
  }
}

/** The furthest that a segment acknowledges, if its first SACK option's blocks count (RFC 2018, tcp_sack). */
export function sackEdge(segment: TcpSegment): number {
  const { bytes, options } = segment;
  let edge = segment.ack;
  for (let i = optionAt(segment, options); i >= 0; i = optionAt(segment, i + bytes[i + 1]!)) {
    const length = bytes[i + 1]! - 2;
    if (bytes[i] !== SACK || length < SACK_BLOCK || length % SACK_BLOCK !== 0) continue;
    for (let block = i + 2; block < i + 2 + length; block += SACK_BLOCK) {
      const right = u32(bytes, block + 4) | 0;
      if (seqLess(edge, right)) edge = right;
    }
    return edge;
  }
  return edge;
}
