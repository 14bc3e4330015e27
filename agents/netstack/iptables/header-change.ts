import { putU16, u16 } from '../bytes.ts';
import { patchChecksum16 } from '../checksum.ts';
import { isVersion6 } from '../header/ip-header.ts';
import type { Packet } from '../packet.ts';
import type { HeaderTarget } from './header-target.ts';

/** ECN's bits are not the code point's (RFC 3168 §5). */
const CODE_POINT_MASK = 0xfc;

/** DSCP and TOS (net/netfilter/xt_DSCP.c), TTL and HL (net/netfilter/xt_HL.c). */
export function compileHeaderChange(
  target: Exclude<HeaderTarget, { kind: 'TCPMSS' }>,
): (packet: Packet) => void {
  switch (target.kind) {
    case 'DSCP':
      return (packet) => changeTrafficClass(packet, CODE_POINT_MASK, target.value << 2);
    case 'TOS':
      return (packet) => changeTrafficClass(packet, target.mask, target.value);
    case 'TTL':
    case 'HL':
      return (packet) => changeHops(packet, target);
  }
}

/** class = (class & ~mask) ^ value. */
function changeTrafficClass({ bytes, l3 }: Packet, mask: number, value: number): void {
  const before = u16(bytes, l3);
  const shift = isVersion6(bytes, l3) ? 4 : 0;
  const after = (before & ~(mask << shift)) ^ (value << shift);
  putU16(bytes, l3, after);
  if (shift === 0) patchChecksum16(bytes, l3 + 10, before, after);
}

function changeHops(
  { bytes, l3 }: Packet,
  { operation, value }: Extract<HeaderTarget, { kind: 'TTL' | 'HL' }>,
): void {
  const six = isVersion6(bytes, l3);
  const at = six ? l3 + 7 : l3 + 8;
  const hops = bytes[at]!;
  const by = operation === 'inc' ? value : -value;
  const after = operation === 'set' ? value : Math.max(0, Math.min(0xff, hops + by));
  bytes[at] = after;
  if (!six) patchChecksum16(bytes, l3 + 10, hops << 8, after << 8);
}
